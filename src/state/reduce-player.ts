import { positionAt } from '../protocol/index.js';
import type { Change } from './changes.js';
import type { PlayerReport } from './player-report.js';
import {
  isShared,
  leaderOf,
  newPlayer,
  plays,
  type PlayerRecord,
  type RoomRecord,
  type State,
} from './model.js';
import { updateRoom, withEntry } from './entries.js';
import { entered, movedPlayer, removedPlayer } from './membership.js';
import { levelled } from './levels.js';

type PlayerChange = Extract<Change, { type: `player/${string}` }>;

/** A re-anchor that agrees with the timeline to this many seconds is no news. Far below what an ear or a progress bar notices. */
const SAME_POSITION_SECONDS = 0.04;
/** Of a player that knows to the millisecond what is heard: browsers play along with it. */
const SAME_EXACT_SECONDS = 0.002;

export function reducePlayer(state: State, change: PlayerChange): State {
  if (change.type === 'player/known') return known(state, change);
  const player = state.players.get(change.player_id);
  if (!player) return state;
  switch (change.type) {
    case 'player/removed':
      return removedPlayer(state, player, change.at_us);
    case 'player/moved':
      return movedPlayer(state, player, change);
    case 'player/latency':
      return withPlayer(state, { ...player, kept: { ...player.kept, latency_ms: change.latency_ms } });
    case 'player/renamed':
      return withPlayer(state, { ...player, kept: { ...player.kept, name: change.name } });
    case 'player/before':
      return withPlayer(state, { ...player, kept: { ...player.kept, before: change.before } });
    case 'player/limit':
      return withPlayer(state, { ...player, kept: { ...player.kept, volume_limit: change.volume_limit } });
    case 'player/link':
      return levelledWith(linked(state, player, change), player);
    case 'player/fact':
      return followedByRoom(
        withPlayer(state, reported(player, change.fact)),
        player.kept.player_id,
        change.fact,
      );
    default:
      return change satisfies never;
  }
}

function known(state: State, change: Extract<Change, { type: 'player/known' }>): State {
  const { player } = change;
  const before = state.players.get(player.player_id);
  const record = before
    ? { ...before, kept: { ...player, memory: before.kept.memory, before: before.kept.before } }
    : newPlayer(player, change.sync_class, change.capabilities);
  return entered(withPlayer(state, record), player.room_id, change.room_name, player.player_id);
}

function linked(state: State, player: PlayerRecord, change: Extract<Change, { type: 'player/link' }>): State {
  const { link, problem } = change;
  const live = { ...player.live, link, problem };
  if (link !== 'online')
    Object.assign(live, {
      ref: undefined,
      status: 'stopped',
      heard: undefined,
      elsewhere: false,
      foreign: undefined,
    });
  const next = withPlayer(state, { ...player, live });
  if (link === 'online') return next;
  return updateRoom(next, player.kept.room_id, (room) => {
    const { player_ids } = room.kept;
    const goesOn = isShared(room) && (!plays(player) || player_ids.some((id) => plays(next.players.get(id))));
    if (room.live.timeline.rate === 0 || goesOn) return room;
    return frozen(room, positionAt(room.live.timeline, change.at_us), change.at_us);
  });
}

/** Nobody knows where the music is while the link is down: the timeline stands, and the room says that it waits. */
function frozen(room: RoomRecord, position: number, atUs: number): RoomRecord {
  return {
    ...room,
    kept: { ...room.kept, position_seconds: position },
    live: { ...room.live, state: 'loading', timeline: { position_seconds: position, at_us: atUs, rate: 0 } },
  };
}

function reported(player: PlayerRecord, fact: PlayerReport): PlayerRecord {
  const live = (fields: Partial<PlayerRecord['live']>): PlayerRecord => ({
    ...player,
    live: { ...player.live, ...fields },
  });
  switch (fact.type) {
    case 'info':
      return live({
        version: fact.version,
        capabilities: fact.capabilities,
        sync_class: fact.sync_class ?? player.live.sync_class,
        lead_ms: fact.lead_ms ?? player.live.lead_ms,
      });
    case 'playback':
      return live({
        ref: fact.ref,
        status: fact.status,
        heard: { position_seconds: fact.position_seconds, at_us: fact.at_us, rate: fact.rate },
      });
    case 'volume':
      return live({ volume: fact.volume, muted: fact.muted });
    case 'outputs':
      return live({ outputs: fact.outputs });
    case 'control':
      return live({ elsewhere: fact.elsewhere, foreign: fact.foreign });
    case 'problem':
      return live({ problem: fact.message });
    case 'memory':
      return { ...player, kept: { ...player.kept, memory: fact.value } };
    case 'sync':
    case 'ended':
      return player;
    default:
      return fact satisfies never;
  }
}

function followedByRoom(state: State, playerId: string, fact: PlayerReport): State {
  const player = state.players.get(playerId);
  const roomId = player?.kept.room_id ?? '';
  const room = state.rooms.get(roomId);
  if (!player || !room) return state;
  if (fact.type === 'volume' && room.kept.player_ids.length > 1) return levelled(state, roomId);
  if (leaderOf(state, room) !== playerId) return state;
  if (fact.type === 'volume') {
    const volume = fact.volume ?? room.kept.volume;
    if (volume === room.kept.volume && fact.muted === room.kept.muted) return state;
    return updateRoom(state, roomId, (old) => ({ ...old, kept: { ...old.kept, volume, muted: fact.muted } }));
  }
  if (fact.type !== 'playback' || fact.ref === undefined) return state;
  if (isShared(room))
    return room.kept.item_id === fact.ref ? updateRoom(state, roomId, (old) => described(old, fact)) : state;
  if (!room.queue.items.some((item) => item.item_id === fact.ref)) return state;
  const exact = player.live.sync_class === 'locked' || player.live.sync_class === 'steered';
  const same = exact ? SAME_EXACT_SECONDS : SAME_POSITION_SECONDS;
  return updateRoom(state, roomId, (old) => anchored(old, fact, fact.ref, same));
}

/** A room that is shared is as loud as those of its members that are there. */
function levelledWith(state: State, { kept: { room_id } }: PlayerRecord): State {
  const shared = (state.rooms.get(room_id)?.kept.player_ids.length ?? 0) > 1;
  return shared ? levelled(state, room_id) : state;
}

/** In a shared room the leader only says more about what plays; where the music is, the room decides. */
function described(room: RoomRecord, fact: Extract<PlayerReport, { type: 'playback' }>): RoomRecord {
  const { live } = room;
  const duration_seconds = fact.duration_seconds ?? live.duration_seconds;
  if (live.duration_seconds === duration_seconds && live.stream_title === fact.stream_title) return room;
  return { ...room, live: { ...live, duration_seconds, stream_title: fact.stream_title } };
}

/** The leader plays, pauses or moves within one of our items: the room's timeline follows it. */
function anchored(
  room: RoomRecord,
  fact: Extract<PlayerReport, { type: 'playback' }>,
  ref: string | undefined,
  sameSeconds: number,
): RoomRecord {
  const { kept, live } = room;
  const sameItem = kept.item_id === ref;
  const steady = sameItem && live.state === fact.status && live.timeline.rate === fact.rate;
  const agrees =
    steady && Math.abs(positionAt(live.timeline, fact.at_us) - fact.position_seconds) < sameSeconds;
  const timeline = agrees
    ? live.timeline
    : { position_seconds: fact.position_seconds, at_us: fact.at_us, rate: fact.rate };
  const intent = fact.status === 'playing' || fact.status === 'paused' ? fact.status : kept.intent;
  const duration = fact.duration_seconds ?? (sameItem ? live.duration_seconds : undefined);
  const settled = intent === kept.intent && sameItem && (agrees || fact.status === 'playing');
  return {
    ...room,
    kept: settled ? kept : { ...kept, intent, item_id: ref, position_seconds: fact.position_seconds },
    live: {
      state: fact.status,
      timeline,
      duration_seconds: duration,
      stream_title: fact.stream_title,
      problem: fact.status === 'playing' && !sameItem ? undefined : live.problem,
    },
  };
}

function withPlayer(state: State, player: PlayerRecord): State {
  return { ...state, players: withEntry(state.players, player.kept.player_id, player) };
}
