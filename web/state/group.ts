import type { Player } from '../../src/protocol/player.js';
import type { Room } from '../../src/protocol/room.js';

/** The players of a room in the room's order. */
export function membersOf(room: Room | undefined, players: readonly Player[] | undefined): Player[] {
  return (room?.player_ids ?? []).flatMap((id) => players?.find(({ player_id }) => player_id === id) ?? []);
}

/** `Kitchen + Living room`, `Kitchen + 3 more`: who plays together. */
export function groupText(members: readonly Player[]): string {
  const names = members.map(({ name }) => name);
  return names.length > 3 ? `${names[0]} + ${names.length - 1} more` : names.join(' + ');
}
