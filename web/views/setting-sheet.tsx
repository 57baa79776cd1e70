import { useState } from 'preact/hooks';
import { settingTitle } from '../../src/protocol/setting-titles.js';
import type { Setting } from '../../src/protocol/settings.js';
import { Field, SheetForm } from '../components/form.js';
import { Sheet } from '../components/sheet.js';
import { explain } from '../state/explain.js';
import { asText, fromText, purposeOf, refusalWords, wordsOf } from '../state/setting-words.js';
import { useStore } from '../state/store.js';

/** One setting, to be changed. */
export function SettingSheet({ setting, onClose }: { setting: Setting; onClose: () => void }) {
  const { client, toasts } = useStore();
  const { key, kind, choices, fallback, live } = setting;
  const [text, setText] = useState(asText(setting.value));
  const title = settingTitle(key);
  const run = async (): Promise<string | undefined> => {
    const read = fromText(setting, text);
    if (read !== 'default' && 'problem' in read) return read.problem;
    try {
      if (read === 'default') await client.send('settings:reset', { key });
      else await client.send('settings:set', { key, value: read.value });
    } catch (error) {
      return refusalWords(key, explain(error));
    }
    const done = read === 'default' ? 'as by default' : 'changed';
    toasts.show(live ? `${title} is ${done}` : `${title} is ${done} with the next start`, {
      kind: 'success',
    });
    onClose();
    return undefined;
  };
  return (
    <Sheet title={title} onClose={onClose}>
      <SheetForm icon="check" submit="Save" disabled={kind === 'choice' && text === ''} run={run}>
        <p class="sheet-about">{purposeOf(setting)}</p>
        {kind === 'choice' ? (
          <fieldset class="choices">
            <legend>{title}</legend>
            {choices.map((choice) => (
              <label key={choice}>
                <input type="radio" name={key} checked={text === choice} onChange={() => setText(choice)} />
                <span>{choice}</span>
              </label>
            ))}
          </fieldset>
        ) : (
          <Field
            label={kind === 'list' ? `${title}, with commas` : title}
            keys={kind === 'number' ? 'numeric' : 'url'}
            value={text}
            onInput={setText}
            longest={kind === 'number' ? 20 : 4000}
            first
          />
        )}
        <p class="dim">
          {rangeWords(setting)}
          {fallback === undefined ? '' : `By default: ${wordsOf(fallback)}. `}
          {live ? 'It counts at once.' : 'It counts from the next start.'}
        </p>
      </SheetForm>
    </Sheet>
  );
}

function rangeWords({ minimum, maximum }: Setting): string {
  return minimum === undefined || maximum === undefined ? '' : `From ${minimum} to ${maximum}. `;
}
