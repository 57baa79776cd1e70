import { useState } from 'preact/hooks';
import { settingTitle } from '../../src/protocol/setting-titles.js';
import type { Setting, Settings } from '../../src/protocol/settings.js';
import { AskSheet } from '../components/ask-sheet.js';
import { Button, IconButton } from '../components/buttons.js';
import { Icon } from '../components/icon.js';
import { isAdmin } from '../state/door.js';
import { matches, originWords, purposeOf, valueWords } from '../state/setting-words.js';
import { useStore } from '../state/store.js';
import '../styles/pipeline.css';
import '../styles/settings-house.css';
import { BackHeader, Failed } from './collections.js';
import { useLoaded } from './hooks.js';
import { OnlyAdmins } from './not-for-you.js';
import { Switch } from './schedules.js';
import { SettingSheet } from './setting-sheet.js';

/** Every setting of the server: what it is, who set it, and the way to change it. */
export function HouseSettingsView() {
  const store = useStore();
  const admin = isAdmin(store);
  return (
    <section class="view pipeline house-settings" aria-label="Server settings">
      <BackHeader title="Server settings" />
      {admin ? <Everything /> : <OnlyAdmins />}
    </section>
  );
}

function Everything() {
  const { client, house } = useStore();
  const [round, setRound] = useState(0);
  const [query, setQuery] = useState('');
  const [editing, setEditing] = useState<string>();
  // A config file that somebody changed is told by the notices.
  const told = JSON.stringify(house.system.value?.notices);
  const { value, failed } = useLoaded(
    () => client.send('settings:list', {}),
    [round, told, house.live.value],
  );
  const next = (): void => setRound((now) => now + 1);
  if (!value) return failed ? <Failed what="The settings" /> : null;
  const found = value.settings.filter((setting) => matches(setting, query.trim()));
  const edited = value.settings.find(({ key }) => key === editing);
  return (
    <>
      <label class="search-field">
        <Icon name="search" size={20} />
        <span class="visually-hidden">Search settings</span>
        <input
          type="search"
          placeholder="Search settings"
          enterkeyhint="search"
          value={query}
          onInput={(event) => setQuery(event.currentTarget.value)}
        />
      </label>
      <div class="scroller">
        <Standing settings={value} />
        {found.length === 0 && <p class="empty">No setting is called so.</p>}
        {groupsOf(found).map(([group, settings]) => (
          <Group
            key={group}
            group={group}
            settings={settings}
            open={query.trim() !== ''}
            onEdit={setEditing}
            onChanged={next}
          />
        ))}
        <p class="dim page-end">{sourceWords(value)}</p>
      </div>
      {edited && (
        <SettingSheet
          setting={edited}
          onClose={() => {
            setEditing(undefined);
            next();
          }}
        />
      )}
    </>
  );
}

function groupsOf(settings: readonly Setting[]): [string, readonly Setting[]][] {
  const names = [...new Set(settings.map(({ group }) => group))];
  return names.map((name) => [name, settings.filter(({ group }) => group === name)]);
}

function sourceWords({ file, file_used }: Settings): string {
  if (file === undefined) return 'The settings of this server are fixed.';
  return file_used
    ? `What stands in ${file} or in the environment wins over this page.`
    : `There is no config file; one at ${file} would win over this page.`;
}

/** What is wrong, and what waits for a restart. */
function Standing({ settings: { settings, problems, notes, restartable } }: { settings: Settings }) {
  const { client } = useStore();
  const [asking, setAsking] = useState(false);
  const waiting = settings.filter((setting) => setting.waiting);
  return (
    <>
      <ul class="notices" aria-label="About the settings">
        {problems.length > 0 && (
          <li class="error">
            <Icon name="warning" size={20} />
            <span role="alert">
              The config file was not taken, the former settings count.
              {problems.map((problem) => (
                <span key={problem} class="setting-problem">
                  {problem}
                </span>
              ))}
            </span>
          </li>
        )}
        {waiting.length > 0 && (
          <li class="warning">
            <Icon name="redo" size={20} />
            <span role="status">
              Restart Tutti to apply: {waiting.map(({ key }) => settingTitle(key)).join(', ')}.
              {!restartable && (
                <span class="setting-problem">
                  On the server: <code>sudo systemctl restart tutti</code>
                </span>
              )}
            </span>
            {restartable && <Button label="Restart" onClick={() => setAsking(true)} />}
          </li>
        )}
        {notes.map((note) => (
          <li key={note} class="info">
            <Icon name="warning" size={20} />
            <span class="path">{note}</span>
          </li>
        ))}
      </ul>
      {asking && (
        <AskSheet
          title="Restart Tutti?"
          icon="redo"
          yes="Restart"
          run={() => client.send('settings:restart', {})}
          onClose={() => setAsking(false)}
        >
          <p>It is back within seconds. Players play on; who listens on a phone hears a pause.</p>
        </AskSheet>
      )}
    </>
  );
}

interface GroupProps {
  readonly group: string;
  readonly settings: readonly Setting[];
  /** Somebody searches: what was found is seen. */
  readonly open: boolean;
  readonly onEdit: (key: string) => void;
  readonly onChanged: () => void;
}

function Group({ group, settings, open, onEdit, onChanged }: GroupProps) {
  const own = settings.filter(({ from }) => from !== 'default').length;
  return (
    <details class="setting-group" open={open}>
      <summary>
        <span>{group}</span>
        <span class="row-sub">{own === 0 ? 'as by default' : `${own} set`}</span>
      </summary>
      <ul class="cards" aria-label={group}>
        {settings.map((setting) => (
          <Row key={setting.key} setting={setting} onEdit={() => onEdit(setting.key)} onChanged={onChanged} />
        ))}
      </ul>
    </details>
  );
}

function Row({
  setting,
  onEdit,
  onChanged,
}: {
  setting: Setting;
  onEdit: () => void;
  onChanged: () => void;
}) {
  const store = useStore();
  const { key, kind, locked, waiting, from, value } = setting;
  const title = settingTitle(setting.key);
  const change = async (on: boolean): Promise<void> => {
    if (await store.ask('settings:set', { key, value: on })) onChanged();
  };
  const reset = async (): Promise<void> => {
    if (await store.ask('settings:reset', { key })) onChanged();
  };
  return (
    <li class={`card ${waiting ? 'waits' : ''}`}>
      <div class="row-text">
        <span class="row-title">{title}</span>
        <span class="row-sub">{purposeOf(setting)}</span>
        {(locked || kind !== 'switch') && <span class="row-line path">{valueWords(setting)}</span>}
        <span class="row-sub path">
          {waiting && 'Waits for a restart. '}
          {originWords(setting)}
        </span>
      </div>
      {!locked && (
        <div class="card-actions spread">
          {kind === 'switch' && (
            <Switch label={title} value={value === true} onInput={(on) => void change(on)} />
          )}
          {from === 'page' && (
            <IconButton icon="undo" label={`As by default: ${title}`} onClick={() => void reset()} />
          )}
          {kind !== 'switch' && <Button label="Change" about={title} onClick={onEdit} />}
        </div>
      )}
    </li>
  );
}
