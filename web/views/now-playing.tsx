import { Artwork } from '../components/artwork.js';
import { IconButton } from '../components/buttons.js';
import { Icon } from '../components/icon.js';
import { isAdmin } from '../state/door.js';
import { groupText } from '../state/group.js';
import { hasVolume, noticeOf } from '../state/notice.js';
import { hrefOf } from '../state/route.js';
import { useStore } from '../state/store.js';
import { syncBadge } from '../state/sync-badge.js';
import { useLoaded } from './hooks.js';
import { loadMore } from './later.js';
import { SeekBar } from './seek-bar.js';
import { VolumeBar } from './volume-bar.js';

export function NowPlaying() {
  const { house, control, guest } = useStore();
  const room = house.room.value;
  const members = house.roomPlayers.value;
  return (
    <section class="now-playing" aria-label="Now playing">
      <Cover />
      <div class="now-text">
        {room && members.length > 1 && <Together roomId={room.room_id} />}
        <Title />
        <NoticeLine />
      </div>
      <SeekBar />
      {guest.value ? <HostDecides /> : <Transport />}
      <VolumeBar
        control={control}
        name={room?.name ?? 'this room'}
        fixed={!hasVolume(members)}
        roomId={room?.room_id}
      />
    </section>
  );
}

/** Who plays here together, and how well. */
function Together({ roomId }: { roomId: string }) {
  const store = useStore();
  const members = store.house.roomPlayers.value;
  const { kind, text } = syncBadge(store.sync.now.value, members);
  return (
    <div class="together">
      <button
        type="button"
        class="together-who"
        aria-label={`Playing together: ${groupText(members)}`}
        onClick={() => (store.sheet.value = { kind: 'group', room_id: roomId })}
      >
        <Icon name="group" size={20} />
        <span>{groupText(members)}</span>
      </button>
      <a
        class={`sync-badge ${kind}`}
        href={hrefOf({ view: 'sync', id: roomId })}
        aria-label={`Sync: ${text}`}
      >
        <span>{text}</span>
      </a>
    </div>
  );
}

function Cover() {
  const { track } = useStore();
  const { value } = useLoaded(loadMore, []);
  const now = track.value;
  return (
    <div class="cover-space">
      <Artwork
        id={now?.artwork_id}
        size={640}
        icon={now?.url === undefined ? 'note' : 'radio'}
        class="cover"
        eager
      />
      {value && <value.SleepLine />}
    </div>
  );
}

function Title() {
  const { track, house } = useStore();
  const now = track.value;
  if (!now) {
    const waiting = house.playback.value === undefined;
    return (
      <div class="title">
        <h1>{waiting ? '\u00a0' : 'Nothing is playing'}</h1>
        <p>
          {waiting ? (
            '\u00a0'
          ) : (
            <a class="choose" href={hrefOf({ view: 'library', section: 'albums' })}>
              Choose some music
            </a>
          )}
        </p>
      </div>
    );
  }
  const by = [now.artist, now.album].filter(Boolean).join(' · ');
  return (
    <div class="title">
      <h1>{now.title}</h1>
      <p>
        {now.album_id === undefined ? (
          by || (now.url === undefined ? '\u00a0' : 'Radio')
        ) : (
          <a href={hrefOf({ view: 'album', id: now.album_id })}>{by}</a>
        )}
      </p>
    </div>
  );
}

/** One line that is always there, so that nothing moves when it has something to say. */
function NoticeLine() {
  const store = useStore();
  const { house } = store;
  const { playback, roomPlayers, system, lists } = house;
  const notice = noticeOf(
    playback.value,
    roomPlayers.value,
    system.value,
    lists.value.alarms,
    isAdmin(store),
  );
  return (
    <div class={`notice ${notice?.kind ?? 'none'}`} role="status">
      {notice && (
        <>
          {notice.kind === 'warning' && <Icon name="warning" size={18} />}
          {notice.to ? <a href={hrefOf({ view: notice.to })}>{notice.text}</a> : <span>{notice.text}</span>}
          {notice.action === 'take-over' && (
            <button
              type="button"
              class="button primary small"
              disabled={!house.live.value}
              onClick={() => void store.ask('room:take-over', { room_id: store.roomId })}
            >
              Take over
            </button>
          )}
        </>
      )}
    </div>
  );
}

/** For guests of a party, in place of the buttons that are the host's. */
function HostDecides() {
  const { house } = useStore();
  const host = house.doors.value?.host ?? 'The host';
  return (
    <div class="transport host-decides">
      <p>{host} decides what plays.</p>
      <a class="button primary" href={hrefOf({ view: 'party', id: house.roomId.value ?? '' })}>
        To the party
      </a>
    </div>
  );
}

const REPEAT_LABELS = { off: 'Repeat: off', all: 'Repeat: all', one: 'Repeat: this track' } as const;

function Transport() {
  const store = useStore();
  const { control, house } = store;
  const playing = control.playing.shown.value;
  const repeat = store.repeat.shown.value;
  const shuffle = store.shuffle.shown.value;
  const empty = house.items.value.length === 0;
  const waiting = !control.known.value;
  const loading = house.playback.value?.state === 'loading' || control.playing.pending.value;
  return (
    <div class="transport" role="group" aria-label="Playback">
      <IconButton
        icon="shuffle"
        label="Shuffle"
        class={shuffle ? 'on' : ''}
        pressed={shuffle}
        disabled={waiting}
        onClick={() => store.shuffle.set(!shuffle)}
      />
      <IconButton
        icon="backward"
        label="Previous"
        class="big"
        size={34}
        disabled={empty}
        onClick={() => void store.skip('room:previous')}
      />
      <IconButton
        icon={playing ? 'pause' : 'play'}
        label={playing ? 'Pause' : 'Play'}
        class={`play ${loading ? 'loading' : ''}`}
        size={40}
        disabled={empty && !playing}
        onClick={() => control.playing.set(!playing)}
      />
      <IconButton
        icon="forward"
        label="Next"
        class="big"
        size={34}
        disabled={empty}
        onClick={() => void store.skip('room:next')}
      />
      <IconButton
        icon="repeat"
        label={REPEAT_LABELS[repeat]}
        class={repeat === 'off' ? '' : 'on'}
        disabled={waiting}
        onClick={() => store.cycleRepeat()}
      >
        {repeat === 'one' && <span class="badge">1</span>}
      </IconButton>
    </div>
  );
}
