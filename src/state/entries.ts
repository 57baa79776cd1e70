import type { RoomRecord, State } from './model.js';

export function withEntry<V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> {
  if (map.get(key) === value) return map;
  return new Map(map).set(key, value);
}

export function withoutEntry<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}

/** The state with one room changed; the same state when there is no such room or nothing changed. */
export function updateRoom(state: State, roomId: string, change: (room: RoomRecord) => RoomRecord): State {
  const room = state.rooms.get(roomId);
  if (!room) return state;
  const next = change(room);
  return next === room ? state : { ...state, rooms: withEntry(state.rooms, roomId, next) };
}
