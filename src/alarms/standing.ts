import { isShared, plays, type RoomRecord, type State } from '../state/index.js';

/**
 * How a room stands to the music of an alarm. `heard`: a player says that it plays. `waits`: it should play and does not. `broken`: what was
 * chosen cannot be played. `held`: an announcement is heard over it. `ended`: it is over. `by-hand`: somebody stopped it, or plays something else. `gone`: there is no such room.
 */
export type Standing = 'heard' | 'held' | 'waits' | 'broken' | 'ended' | 'by-hand' | 'gone';

export function standingOf(state: State, roomId: string, ours: ReadonlySet<string>): Standing {
  const room = state.rooms.get(roomId);
  if (!room) return 'gone';
  const { intent, item_id } = room.kept;
  switch (intent) {
    case 'paused':
      return 'by-hand';
    case 'stopped':
      return stoppedAs(room);
    case 'playing':
      if (item_id !== undefined && !ours.has(item_id)) return 'by-hand';
      if (announces(state, roomId)) return 'held';
      return isHeard(state, room) ? 'heard' : 'waits';
    default:
      return intent satisfies never;
  }
}

/** At its end a queue has no current item; somebody who stops it leaves it where it is. */
function stoppedAs({ kept, live, queue }: RoomRecord): Standing {
  if (live.problem !== undefined) return 'broken';
  return queue.items.length > 0 && kept.item_id === undefined ? 'ended' : 'by-hand';
}

/** Whether a player of a room plays what is not in its queue: a clip. */
export function announces(state: State, roomId: string): boolean {
  const room = state.rooms.get(roomId);
  return (room?.kept.player_ids ?? []).some((id) => {
    const player = state.players.get(id);
    const ref = plays(player) ? player?.live.ref : undefined;
    return ref !== undefined && !room?.queue.items.some(({ item_id }) => item_id === ref);
  });
}

/** A shared room says of itself that it plays before anybody is heard. */
function isHeard(state: State, room: RoomRecord): boolean {
  const members = room.kept.player_ids.map((id) => state.players.get(id));
  if (!members.some(plays)) return false;
  return isShared(room) || room.live.state === 'playing';
}

/** Members of a room that cannot ring now. */
export function missingIn(state: State, roomId: string): string[] {
  const ids = state.rooms.get(roomId)?.kept.player_ids ?? [];
  return ids.filter((id) => state.players.get(id)?.live.link !== 'online');
}

export function namesOf(state: State, playerIds: readonly string[]): string {
  return playerIds.map((id) => state.players.get(id)?.kept.name ?? id).join(', ');
}
