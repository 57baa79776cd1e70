import { positionAt, type PlaybackStatus } from '../protocol/index.js';
import { playbackView, type PlayerRecord } from '../state/index.js';
import type { Asking, MpdCommands } from './asking.js';
import { ACK, parseUnsigned, Refusal } from './wire.js';

const STATES: Readonly<Record<PlaybackStatus, string>> = {
  stopped: 'stop',
  loading: 'play',
  playing: 'play',
  paused: 'pause',
};

/** What is: the room, its players, the house. */
export const statusCommands: MpdCommands = {
  status: { min: 0, max: 0, access: 'room', handle: status },
  currentsong: {
    min: 0,
    max: 0,
    access: 'room',
    async handle(asking) {
      await asking.house.parts.catalog.ready();
      const { item_id } = asking.room.kept;
      const place = item_id === undefined ? undefined : asking.view.placeOfItem(item_id);
      if (place !== undefined) asking.item(place);
    },
  },
  stats: { min: 0, max: 0, access: 'browse', handle: stats },
  clearerror: { min: 0, max: 0, access: 'control', handle: () => undefined },
  replay_gain_status: {
    min: 0,
    max: 0,
    access: 'room',
    handle: ({ out }) => out.pair('replay_gain_mode', 'off'),
  },
  idle: { min: 0, max: -1, access: 'room', handle: () => undefined },
  outputs: {
    min: 0,
    max: 0,
    access: 'room',
    handle(asking) {
      for (const [at, { kept, live }] of playersOf(asking).entries()) {
        asking.out.pair('outputid', at);
        asking.out.pair('outputname', kept.name);
        asking.out.pair('plugin', kept.kind);
        asking.out.pair('outputenabled', live.muted ? 0 : 1);
      }
    },
  },
  enableoutput: { min: 1, max: 1, access: 'control', handle: (asking) => mute(asking, () => false) },
  disableoutput: { min: 1, max: 1, access: 'control', handle: (asking) => mute(asking, () => true) },
  toggleoutput: {
    min: 1,
    max: 1,
    access: 'control',
    handle: (asking) => mute(asking, ({ live }) => !live.muted),
  },
  /** Brings a player of another room into this one. */
  moveoutput: {
    min: 1,
    max: 1,
    access: 'control',
    async handle(asking) {
      const { players } = asking.house.parts.store.state;
      const found = [...players.values()].find(({ kept }) => kept.name === asking.arg(0));
      if (!found) throw new Refusal(ACK.not_found, 'No such output');
      const { player_id } = found.kept;
      await asking.run('room:group', { room_id: asking.client.roomId, player_ids: [player_id] });
    },
  },
};

/** The players of the room are its outputs: one that is switched off is muted, and goes on with the others. */
function playersOf(asking: Asking): PlayerRecord[] {
  const { players } = asking.house.parts.store.state;
  return asking.room.kept.player_ids.flatMap((id) => players.get(id) ?? []);
}

async function mute(asking: Asking, wanted: (player: PlayerRecord) => boolean): Promise<void> {
  const player = playersOf(asking)[parseUnsigned(asking.arg(0))];
  if (!player) throw new Refusal(ACK.not_found, 'No such audio output');
  const { player_id } = player.kept;
  await asking.run('player:mute', { player_id, muted: wanted(player) });
}

function status(asking: Asking): void {
  const { out, house, client, view } = asking;
  const playback = playbackView(asking.room);
  const { state, repeat, current_index, problem } = playback;
  out.pair('volume', playback.muted ? 0 : Math.round(playback.volume * 100));
  out.pair('repeat', repeat === 'off' ? 0 : 1);
  out.pair('random', playback.shuffle ? 1 : 0);
  out.pair('single', repeat === 'one' ? 1 : 0);
  out.pair('consume', 0);
  out.pair('partition', client.roomId);
  out.pair('playlist', view.version);
  out.pair('playlistlength', playback.queue_length);
  out.pair('mixrampdb', 0);
  out.pair('state', STATES[state]);
  if (current_index !== undefined) {
    const place = (key: string, at: number): void => {
      out.pair(key, at);
      out.pair(`${key}id`, view.idOf(view.queue[at]?.item_id ?? ''));
    };
    place('song', current_index);
    if (state !== 'stopped') elapsed(asking);
    const next = nextPlace(current_index, playback.queue_length, repeat);
    if (next !== undefined) place('nextsong', next);
  }
  const { parts } = house;
  if (parts.store.state.library.scan.state === 'running') out.pair('updating_db', house.scans);
  if (problem !== undefined) out.pair('error', problem);
}

function elapsed({ out, house, room }: Asking): void {
  const { timeline, duration_seconds = 0 } = room.live;
  const seconds = positionAt(timeline, house.parts.clock.nowUs(), duration_seconds || Infinity);
  out.pair('time', `${Math.floor(seconds)}:${Math.round(duration_seconds)}`);
  out.pair('elapsed', seconds.toFixed(3));
  if (duration_seconds > 0) out.pair('duration', duration_seconds.toFixed(3));
}

function nextPlace(index: number, length: number, repeat: 'off' | 'all' | 'one'): number | undefined {
  if (repeat === 'one') return index;
  if (index + 1 < length) return index + 1;
  return repeat === 'all' ? 0 : undefined;
}

function stats({ out, house, client }: Asking): void {
  const { store, clock } = house.parts;
  const { library } = store.state;
  const nowUs = clock.nowUs();
  out.pair('uptime', Math.floor((nowUs - house.startedUs) / 1e6));
  out.pair('playtime', house.room(client.roomId).view.playedSeconds(nowUs));
  out.pair('artists', library.artist_count);
  out.pair('albums', library.album_count);
  out.pair('songs', library.track_count);
  out.pair('db_playtime', Math.round(library.duration_seconds));
  const finished = Date.parse(library.scan.finished_at ?? '');
  if (!Number.isNaN(finished)) out.pair('db_update', Math.floor(finished / 1000));
}
