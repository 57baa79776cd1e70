import { positionAt } from '../../src/sync/timeline.js';
import type { Party, Participant } from '../../src/protocol/party.js';
import type { QueueItem } from '../../src/protocol/queue.js';
import { Artwork } from '../components/artwork.js';
import { Button, IconButton } from '../components/buttons.js';
import { Icon } from '../components/icon.js';
import { count } from '../state/format.js';
import { partyOf } from '../state/party.js';
import { voteState } from '../state/party-words.js';
import { hrefOf } from '../state/route.js';
import { useStore } from '../state/store.js';

/** More are in the view of the queue. */
const MOST_ROWS = 100;

interface PartyMusicProps {
  readonly party: Party;
  readonly me: Participant;
}

/** What plays, whether it should go on, and what comes. */
export function PartyMusic({ party, me }: PartyMusicProps) {
  return (
    <div class="scroller party-music">
      <Now me={me} />
      <Vote party={party} me={me} />
      <UpNext party={party} me={me} />
    </div>
  );
}

function Now({ me }: { me: Participant }) {
  const { track } = useStore();
  const now = track.value;
  return (
    <div class="party-now">
      <Artwork
        id={now?.artwork_id}
        size={320}
        icon={now?.url === undefined ? 'note' : 'radio'}
        class="party-cover"
        eager
      />
      <div class="row-text">
        <span class="party-title">{now?.title ?? 'Nothing is playing'}</span>
        <span class="row-sub">{now?.artist ?? '\u00a0'}</span>
        <span class="row-sub">{now && queuedBy(now, me)}</span>
      </div>
    </div>
  );
}

function queuedBy({ added_by }: QueueItem, me: Participant): string | undefined {
  if (!added_by) return undefined;
  return added_by.participant_id === me.participant_id ? 'Queued by you' : `Queued by ${added_by.name}`;
}

function Vote({ party, me }: PartyMusicProps) {
  const store = useStore();
  const { house } = store;
  const control = partyOf(store);
  const playback = house.playback.value;
  const item_id = playback?.item_id;
  const timeline = house.timeline.value ?? playback;
  const position_seconds = timeline ? positionAt(timeline, store.nowUs, playback?.duration_seconds) : 0;
  const voted = control.voted.value;
  const vetoed = control.vetoed.value;
  const { votes, needed, why } = voteState({ party, item_id, position_seconds, voted, vetoed });
  const room_id = store.roomId;
  return (
    <div class="vote">
      <div class="vote-line">
        <Button
          icon="forward"
          kind="primary"
          label="Vote to skip"
          disabled={why !== undefined}
          onClick={() => item_id !== undefined && void control.vote(room_id, item_id)}
        />
        <p class="vote-count">
          <strong>{votes}</strong> of {count(needed, 'vote')}
        </p>
      </div>
      <p class="vote-why dim">{why ?? 'Enough votes skip this track'}</p>
      {me.host && (
        <div class="host-line" role="group" aria-label="The host decides">
          <Button
            icon="forward"
            label="Skip now"
            disabled={item_id === undefined}
            onClick={() => void store.skip('room:next')}
          />
          <Button
            icon="check"
            label="Keep it"
            disabled={item_id === undefined || vetoed === item_id}
            onClick={() => void control.ask('room:veto', { room_id })}
          />
        </div>
      )}
    </div>
  );
}

function UpNext({ party, me }: PartyMusicProps) {
  const store = useStore();
  const items = store.queue.items.value;
  const current = items.findIndex(({ item_id }) => item_id === store.itemId.shown.value);
  const coming = items.slice(current + 1);
  const more = coming.length - MOST_ROWS;
  return (
    <>
      <div class="party-next">
        <div>
          <h3>Up next</h3>
          <p class="dim">{party.fair ? 'People take turns' : 'First come, first served'}</p>
        </div>
        <a class="button" href={hrefOf({ view: 'library', section: 'albums' })}>
          <Icon name="plus" size={20} />
          <span>Add music</span>
        </a>
      </div>
      {coming.length === 0 && <p class="empty">Nothing comes after this. Add something you like.</p>}
      <ul class="rows" aria-label="Up next">
        {coming.slice(0, MOST_ROWS).map((item) => (
          <NextRow key={item.item_id} item={item} me={me} />
        ))}
      </ul>
      {more > 0 && (
        <p class="page-end">
          <a class="choose" href={hrefOf({ view: 'queue' })}>
            and {count(more, 'more track')} in the queue
          </a>
        </p>
      )}
    </>
  );
}

function NextRow({ item, me }: { item: QueueItem; me: Participant }) {
  const store = useStore();
  const mine = item.added_by?.participant_id === me.participant_id;
  return (
    <li class="next-row">
      <Artwork
        id={item.artwork_id}
        size={96}
        icon={item.url === undefined ? 'note' : 'radio'}
        class="thumb"
      />
      <span class="row-text">
        <span class="row-title">{item.title}</span>
        <span class="row-sub">{item.problem ?? item.artist ?? '\u00a0'}</span>
      </span>
      {item.added_by && (
        <span class={`added-by ${mine ? 'mine' : ''}`}>{mine ? 'You' : item.added_by.name}</span>
      )}
      {(mine || me.host) && (
        <IconButton icon="close" label={`Remove ${item.title}`} onClick={() => void store.removeItem(item)} />
      )}
    </li>
  );
}
