import { useState } from 'preact/hooks';
import type { TrashEntry } from '../../src/protocol/pipeline/upkeep.js';
import { AskSheet } from '../components/ask-sheet.js';
import { Button, IconButton } from '../components/buttons.js';
import { isAdmin } from '../state/door.js';
import { count } from '../state/format.js';
import { ago } from '../state/job-words.js';
import { bytes, fromNow, MOVING, TRASH_WORDS } from '../state/pipeline-words.js';
import { useStore } from '../state/store.js';
import '../styles/pipeline.css';
import { BackHeader, Failed } from './collections.js';
import { useNow } from './follow.js';
import { useLoaded } from './hooks.js';
import { OnlyAdmins } from './not-for-you.js';

const MOST = 200;

/** What was taken out of the library and can be brought back. */
export function TrashView() {
  const store = useStore();
  const admin = isAdmin(store);
  const [round, setRound] = useState(0);
  const [removing, setRemoving] = useState<TrashEntry>();
  const [coming, setComing] = useState<string>();
  const now = useNow(30_000);
  const generation = store.house.library.value?.generation;
  const { value, failed } = useLoaded(
    () => (admin ? store.client.send('trash:list', { limit: MOST }) : Promise.resolve(undefined)),
    [admin, round, generation, store.house.live.value],
  );
  const again = (): void => setRound((n) => n + 1);
  const restore = async ({ trash_id, title, reason }: TrashEntry): Promise<void> => {
    setComing(trash_id);
    try {
      await store.client.send('trash:restore', { trash_id }, MOVING);
      store.toasts.show(reason === 'rejected' ? `${title} waits for review again` : `${title} is back`, {
        kind: 'success',
      });
    } catch (error) {
      store.fail(error);
    }
    setComing(undefined);
    again();
  };
  return (
    <section class="view pipeline" aria-label="Trash">
      <BackHeader title="Trash" />
      {!admin && <OnlyAdmins />}
      {admin && failed && !value && <Failed what="The trash" />}
      {value && (
        <div class="scroller">
          {value.total === 0 && (
            <p class="empty">
              The trash is empty. What is deleted, replaced or not taken waits here for a while.
            </p>
          )}
          <ul class="cards" aria-label="Trash">
            {value.items.map((entry) => (
              <TrashRow
                key={entry.trash_id}
                entry={entry}
                now={now}
                coming={entry.trash_id === coming}
                onRestore={() => void restore(entry)}
                onRemove={() => setRemoving(entry)}
              />
            ))}
          </ul>
          {value.total > value.items.length && (
            <p class="dim page-end">and {count(value.total - value.items.length, 'more album')}</p>
          )}
        </div>
      )}
      {removing && (
        <AskSheet
          title={`Remove ${removing.title} for good?`}
          icon="trash"
          yes="Remove for good"
          no="Keep it"
          run={async () => {
            await store.client.send('trash:remove', { trash_id: removing.trash_id }, MOVING);
            again();
          }}
          onClose={() => setRemoving(undefined)}
        >
          <p>
            {count(removing.file_count, 'file')} ({bytes(removing.size_bytes)}) of {removing.artist} are then
            gone from the disk. Nobody can bring them back.
          </p>
        </AskSheet>
      )}
    </section>
  );
}

interface TrashRowProps {
  readonly entry: TrashEntry;
  readonly now: number;
  /** It is on its way back. */
  readonly coming: boolean;
  readonly onRestore: () => void;
  readonly onRemove: () => void;
}

function TrashRow({ entry, now, coming, onRestore, onRemove }: TrashRowProps) {
  const { title, artist, reason, file_count, size_bytes, username, trashed_at, expires_at } = entry;
  const by = username === undefined || username === 'household' ? '' : ` by ${username}`;
  return (
    <li class="card">
      <div class="row-text">
        <span class="row-title">{title}</span>
        <span class="row-line">{artist}</span>
        <span class="row-sub">
          {TRASH_WORDS[reason]}
          {by}, {ago(trashed_at, now)} · {count(file_count, 'file')} · {bytes(size_bytes)}
        </span>
        <span class="row-sub">
          {expires_at === undefined
            ? 'Stays until somebody removes it'
            : `Goes for good ${fromNow(expires_at, now)}`}
        </span>
      </div>
      <div class="card-actions">
        <Button
          icon="undo"
          label={coming ? 'Comes back…' : 'Bring back'}
          about={title}
          disabled={coming}
          onClick={onRestore}
        />
        <IconButton icon="trash" label={`Remove ${title} for good`} onClick={onRemove} />
      </div>
    </li>
  );
}
