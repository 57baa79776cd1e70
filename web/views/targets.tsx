import { useState } from 'preact/hooks';
import type { CommandReply } from '../../src/protocol/commands.js';
import type { Target } from '../../src/protocol/pipeline/upkeep.js';
import { AskSheet } from '../components/ask-sheet.js';
import { Button, IconButton } from '../components/buttons.js';
import { Icon } from '../components/icon.js';
import { Menu } from '../components/menu.js';
import { isAdmin } from '../state/door.js';
import { explain } from '../state/explain.js';
import { count } from '../state/format.js';
import { ago } from '../state/job-words.js';
import { isTrouble, SCAN_WORDS, TARGET_WORDS } from '../state/pipeline-words.js';
import { useStore } from '../state/store.js';
import '../styles/pipeline.css';
import { BackHeader } from './collections.js';
import { useList, useNow } from './follow.js';
import { OnlyAdmins } from './not-for-you.js';
import { Switch } from './schedules.js';
import { TargetSheet } from './target-sheet.js';

type Open =
  { readonly kind: 'add' } | { readonly kind: 'menu' | 'edit' | 'remove'; readonly target_id: string };

/** Other music servers that are told what changed. */
export function TargetsView() {
  const store = useStore();
  const admin = isAdmin(store);
  const targets = useList('targets', admin);
  const [open, setOpen] = useState<Open>();
  const now = useNow(30_000);
  const close = (): void => setOpen(undefined);
  const about = targets?.find(({ target_id }) => open && 'target_id' in open && target_id === open.target_id);
  return (
    <section class="view pipeline" aria-label="Music servers">
      <BackHeader title="Music servers" />
      {!admin ? (
        <OnlyAdmins />
      ) : (
        <>
          <div class="scroller">
            {targets?.length === 0 && (
              <p class="empty">
                Plex, Jellyfin, Navidrome and others can be told at once what is new, instead of finding out
                themselves.
              </p>
            )}
            <ul class="cards" aria-label="Music servers">
              {targets?.map((target) => (
                <TargetRow
                  key={target.target_id}
                  target={target}
                  now={now}
                  onMore={() => setOpen({ kind: 'menu', target_id: target.target_id })}
                />
              ))}
            </ul>
          </div>
          <div class="decide">
            <Button
              icon="plus"
              kind="primary"
              label="Add a music server"
              onClick={() => setOpen({ kind: 'add' })}
            />
          </div>
        </>
      )}
      {open?.kind === 'add' && <TargetSheet onClose={close} />}
      {open?.kind === 'edit' && about && <TargetSheet target={about} onClose={close} />}
      {open?.kind === 'menu' && about && <TargetMenu target={about} onOpen={setOpen} onClose={close} />}
      {open?.kind === 'remove' && about && (
        <AskSheet
          title={`Remove ${about.name}?`}
          icon="trash"
          yes="Remove it"
          no="Keep it"
          run={() => store.client.send('target:remove', { target_id: about.target_id })}
          onClose={close}
        >
          <p>It is told nothing any more. Nothing in it is changed.</p>
        </AskSheet>
      )}
    </section>
  );
}

interface TargetMenuProps {
  readonly target: Target;
  readonly onOpen: (open: Open) => void;
  readonly onClose: () => void;
}

function TargetMenu({ target, onOpen, onClose }: TargetMenuProps) {
  const store = useStore();
  const { target_id, name } = target;
  const scan = async (): Promise<void> => {
    if (await store.ask('target:scan', { target_id }))
      store.toasts.show(`${name} is asked to look at everything`);
  };
  return (
    <Menu
      title={name}
      onClose={onClose}
      entries={[
        { icon: 'edit', label: 'Change…', run: () => onOpen({ kind: 'edit', target_id }) },
        { icon: 'scan', label: 'Have it look at everything', run: () => void scan() },
        { icon: 'trash', label: 'Remove…', run: () => onOpen({ kind: 'remove', target_id }) },
      ]}
    />
  );
}

type Answer = CommandReply<'target:test'>;

function TargetRow({ target, now, onMore }: { target: Target; now: number; onMore: () => void }) {
  const store = useStore();
  const { target_id, name, kind, url, enabled, waiting, last_result, last_message, last_at } = target;
  const [answer, setAnswer] = useState<Answer | string>();
  const [testing, setTesting] = useState(false);
  const trouble = last_result !== undefined && isTrouble(last_result);
  const failed = last_result === 'refused' || last_result === 'unreachable';
  const test = async (): Promise<void> => {
    setTesting(true);
    setAnswer(undefined);
    setAnswer(await store.client.send('target:test', { target_id }, { timeout_ms: 45_000 }).catch(explain));
    setTesting(false);
  };
  return (
    <li class={`card ${failed ? 'failed' : trouble ? 'waits' : ''}`}>
      <div class="row-text">
        <span class="row-title">{name}</span>
        <span class="row-sub path">
          {TARGET_WORDS[kind]} · {url}
        </span>
        <span class={`row-line ${trouble ? 'problem' : ''}`}>
          {trouble && <Icon name="warning" size={18} />}
          {last_result === undefined
            ? 'It was not told anything yet'
            : `${SCAN_WORDS[last_result]}${last_at === undefined ? '' : `, ${ago(last_at, now)}`}`}
        </span>
        {last_message !== undefined && <span class="row-sub">{last_message}</span>}
        {waiting > 0 && <span class="row-sub">{count(waiting, 'folder')} it has still to be told of</span>}
      </div>
      {(testing || answer !== undefined) && (
        <div class="test-answer" role="status">
          {testing ? <p>Asking {name}…</p> : <TestAnswer answer={answer} />}
        </div>
      )}
      <div class="card-actions spread">
        <Switch
          label={name}
          value={enabled}
          onInput={(on) => void store.ask('target:update', { target_id, enabled: on })}
        />
        <Button label="Test" about={name} disabled={testing} onClick={() => void test()} />
        <IconButton icon="more" label={`More for ${name}`} onClick={onMore} />
      </div>
    </li>
  );
}

/** What a music server answered, in words. */
function TestAnswer({ answer }: { answer: Answer | string | undefined }) {
  if (answer === undefined) return null;
  if (typeof answer === 'string') return <p class="problem">{answer}</p>;
  const { ok, message, version, sections, music_folder } = answer;
  return (
    <>
      <p class={ok ? 'good' : 'problem'}>
        <Icon name={ok ? 'check' : 'warning'} size={20} />
        <span>
          {message}
          {version === undefined ? '' : ` (version ${version})`}
        </span>
      </p>
      <p>
        {music_folder === undefined
          ? 'The folder pairs do not lead to our music there.'
          : `Our music is at ${music_folder} there.`}
      </p>
      {sections.length > 0 && (
        <ul class="test-sections" aria-label="Its music libraries">
          {sections.map(({ section, title, folders }) => (
            <li key={section}>
              {title} (number {section}): <span class="path">{folders.join(', ')}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
