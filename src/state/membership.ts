import { positionAt } from '../protocol/index.js';
import type { Change } from './changes.js';
import { updateRoom, withEntry, withoutEntry } from './entries.js';
import { levelled } from './levels.js';
import { newRoom, type PlayerRecord, type RoomRecord, type State } from './model.js';

type Moved = Extract<Change, { type: 'player/moved' }>;

/** A player goes from one room to another: it is always in exactly one. */
export function movedPlayer(state: State, player: PlayerRecord, change: Moved): State {
  const { player_id, room_id } = player.kept;
  const home_room_id = change.home ? change.room_id : player.kept.home_room_id;
  const kept = { ...player.kept, room_id: change.room_id, home_room_id };
  if (room_id === change.room_id) return withPlayer(state, { ...player, kept });
  const live: PlayerRecord['live'] = { ...player.live, ref: undefined, status: 'stopped', heard: undefined };
  const gone = left(state, room_id, player_id, change.at_us);
  return entered(withPlayer(gone, { kept, live }), change.room_id, change.room_name, player_id);
}

/** A player is forgotten, and with it the rooms that were only there for its sake. */
export function removedPlayer(state: State, player: PlayerRecord, atUs: number): State {
  const { player_id, room_id, home_room_id } = player.kept;
  const players = withoutEntry(state.players, player_id);
  const next = left({ ...state, players }, room_id, player_id, atUs);
  const abandoned = [room_id, home_room_id].filter((id) => next.rooms.get(id)?.kept.player_ids.length === 0);
  const homes = new Set([...players.values()].map(({ kept }) => kept.home_room_id));
  return abandoned.reduce((rest, id) => (homes.has(id) ? rest : withoutRoom(rest, id)), next);
}

export function removedRoom(state: State, roomId: string): State {
  return state.rooms.get(roomId)?.kept.player_ids.length === 0 ? withoutRoom(state, roomId) : state;
}

/** Puts a player into a room, which is made when it is not there; a player that is in it already stays as it is. */
export function entered(state: State, roomId: string, name: string, playerId: string): State {
  const room = state.rooms.get(roomId) ?? newRoom(roomId, name, []);
  const { player_ids } = room.kept;
  if (player_ids.includes(playerId)) return state;
  const next = { ...room, kept: { ...room.kept, player_ids: [...player_ids, playerId] } };
  return levelled({ ...state, rooms: withEntry(state.rooms, roomId, next) }, roomId);
}

/** Where nobody is left who could play, the music waits at its place. */
function left(state: State, roomId: string, playerId: string, atUs: number): State {
  const next = updateRoom(state, roomId, (room) => {
    const player_ids = room.kept.player_ids.filter((id) => id !== playerId);
    const rest = { ...room, kept: { ...room.kept, player_ids } };
    const heard = player_ids.some((id) => state.players.get(id)?.live.link === 'online');
    return heard ? rest : waiting(rest, atUs);
  });
  return levelled(next, roomId);
}

function waiting(room: RoomRecord, atUs: number): RoomRecord {
  const { kept, live } = room;
  const position_seconds = positionAt(live.timeline, atUs, live.duration_seconds);
  const intent = kept.intent === 'stopped' ? 'stopped' : 'paused';
  return {
    ...room,
    kept: { ...kept, intent, position_seconds },
    live: { ...live, state: intent, timeline: { position_seconds, at_us: atUs, rate: 0 } },
  };
}

function withoutRoom(state: State, roomId: string): State {
  return { ...state, rooms: withoutEntry(state.rooms, roomId) };
}

function withPlayer(state: State, player: PlayerRecord): State {
  return { ...state, players: withEntry(state.players, player.kept.player_id, player) };
}
