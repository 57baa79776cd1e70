import { useState } from 'preact/hooks';
import type { CommandReply } from '../../src/protocol/commands.js';
import { AskSheet } from '../components/ask-sheet.js';
import { Button, IconButton } from '../components/buttons.js';
import { Field, SheetForm } from '../components/form.js';
import { Icon } from '../components/icon.js';
import { Sheet } from '../components/sheet.js';
import { isAdmin } from '../state/door.js';
import { tidyAddress } from '../state/download-words.js';
import { count } from '../state/format.js';
import { ago } from '../state/job-words.js';
import { useStore } from '../state/store.js';
import '../styles/pipeline.css';
import { useAnswer } from './asked.js';
import { BackHeader, Failed } from './collections.js';
import { useNow } from './follow.js';
import { OnlyAdmins } from './not-for-you.js';

type Feed = CommandReply<'feed:list'>['feeds'][number];

/** Podcasts whose newest episodes come by themselves. */
export function FeedsView() {
  const store = useStore();
  const admin = isAdmin(store);
  return (
    <section class="view pipeline" aria-label="Podcasts">
      <BackHeader title="Podcasts" />
      {admin ? <Feeds /> : <OnlyAdmins />}
    </section>
  );
}

function Feeds() {
  const { client } = useStore();
  const [round, setRound] = useState(0);
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Feed>();
  const { value, failed } = useAnswer('feed:list', {}, round);
  const now = useNow(30_000);
  const again = (): void => setRound((n) => n + 1);
  return (
    <>
      <div class="scroller">
        {failed && !value && <Failed what="The list of podcasts" />}
        {value?.feeds.length === 0 && (
          <p class="empty">No podcast is followed. Its newest episodes are then fetched as they come.</p>
        )}
        <ul class="cards" aria-label="Podcasts">
          {value?.feeds.map((feed) => (
            <FeedRow key={feed.feed_id} feed={feed} now={now} onRemove={() => setRemoving(feed)} />
          ))}
        </ul>
      </div>
      <div class="decide">
        <Button icon="plus" kind="primary" label="Follow a podcast" onClick={() => setAdding(true)} />
      </div>
      {adding && (
        <FeedSheet
          onClose={() => {
            setAdding(false);
            again();
          }}
        />
      )}
      {removing && (
        <AskSheet
          title={`Follow ${removing.title} no longer?`}
          icon="trash"
          yes="No longer"
          no="Go on following"
          run={async () => {
            await client.send('feed:remove', { feed_id: removing.feed_id });
            again();
          }}
          onClose={() => setRemoving(undefined)}
        >
          <p>What was fetched stays.</p>
        </AskSheet>
      )}
    </>
  );
}

function FeedRow({ feed, now, onRemove }: { feed: Feed; now: number; onRemove: () => void }) {
  const { title, url, last_checked_at, episode_count, error } = feed;
  const checked =
    last_checked_at === undefined ? 'not looked at yet' : `looked at ${ago(last_checked_at, now)}`;
  return (
    <li class={`card ${error === undefined ? '' : 'failed'}`}>
      <div class="row-text">
        <span class="row-title">{title}</span>
        {error !== undefined && (
          <span class="row-line problem">
            <Icon name="warning" size={18} />
            {error}
          </span>
        )}
        <span class="row-sub">
          {count(episode_count, 'episode')} · {checked}
        </span>
        <span class="row-sub path">{url}</span>
      </div>
      <div class="card-actions">
        <IconButton icon="trash" label={`Follow ${title} no longer`} onClick={onRemove} />
      </div>
    </li>
  );
}

function FeedSheet({ onClose }: { onClose: () => void }) {
  const { client } = useStore();
  const [url, setUrl] = useState('');
  const [keep, setKeep] = useState('5');
  const run = async (): Promise<string | undefined> => {
    const episodes = Number(keep);
    if (!Number.isInteger(episodes) || episodes < 1 || episodes > 100)
      return 'Fetch between 1 and 100 episodes';
    await client.send('feed:add', { url: tidyAddress(url), keep: episodes }, { timeout_ms: 30_000 });
    onClose();
    return undefined;
  };
  return (
    <Sheet title="Follow a podcast" onClose={onClose}>
      <SheetForm icon="plus" submit="Follow" disabled={url.trim() === ''} run={run}>
        <Field
          label="Address of its feed"
          keys="url"
          value={url}
          onInput={setUrl}
          placeholder="https://…"
          required
          first
        />
        <Field
          label="How many of the newest episodes"
          keys="numeric"
          value={keep}
          onInput={setKeep}
          longest={3}
        />
      </SheetForm>
    </Sheet>
  );
}
