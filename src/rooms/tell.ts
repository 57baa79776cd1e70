import { AppError, toError } from '../base/index.js';
import type { Outcome } from '../protocol/index.js';
import type { PlayerCommand } from '../players/index.js';
import { isShared, type PlayerRecord, type RoomRecord } from '../state/index.js';
import { membersOf, type RoomParts } from './parts.js';

/** Why a member of a shared room cannot take part just now; undefined = it can. */
export function hindrance({ kept: { player_id }, live }: PlayerRecord): Outcome | undefined {
  if (live.link !== 'online')
    return { player_id, outcome: 'queued', reason: 'it is not connected, and joins when it is back' };
  if (live.elsewhere) return { player_id, outcome: 'ignored', reason: 'somebody else plays on it' };
  return undefined;
}

/**
 * Tells every member of a room, at once. Throws when none accepted; otherwise each member's outcome tells the truth, and a member that is
 * away or taken does not hold up the others.
 */
export async function tellAll(
  parts: RoomParts,
  room: RoomRecord,
  command: (playerId: string) => PlayerCommand,
): Promise<Outcome[]> {
  requirePlayers(room);
  const errors: Error[] = [];
  const outcomes = await Promise.all(
    membersOf(parts, room).map(async (player): Promise<Outcome> => {
      const { player_id } = player.kept;
      const held = isShared(room) ? hindrance(player) : undefined;
      if (held) return held;
      try {
        await parts.players.execute(player_id, command(player_id));
        return { player_id, outcome: 'applied' };
      } catch (error) {
        errors.push(toError(error));
        return { player_id, outcome: 'failed', reason: toError(error).message };
      }
    }),
  );
  requireOne(outcomes, errors[0]);
  return outcomes;
}

/** A player that is to play something else falls silent first; what somebody else plays on it is left alone. */
export async function silence(parts: RoomParts, { kept: { player_id }, live }: PlayerRecord): Promise<void> {
  if (live.link !== 'online' || live.elsewhere || live.ref === undefined) return;
  try {
    await parts.players.execute(player_id, { type: 'stop' });
  } catch (error) {
    parts.log.warn({ player_id, error: toError(error).message }, 'a player did not stop');
  }
}

/** Throws when no member took a command, as a room with one player would. */
export function requireOne(outcomes: readonly Outcome[], error: Error | undefined): void {
  if (outcomes.some(({ outcome }) => outcome === 'applied')) return;
  if (error) throw error;
  if (outcomes.some(({ outcome }) => outcome === 'queued'))
    throw new AppError('ERR_PLAYER_OFFLINE', 'no player of this room is connected');
  throw new AppError('ERR_CONTROLLED_ELSEWHERE', 'all players of this room are controlled elsewhere');
}

export function requirePlayers(room: RoomRecord): void {
  if (room.kept.player_ids.length === 0)
    throw new AppError('ERR_ROOM_EMPTY', 'no player is in this room', {
      params: { room_id: room.kept.room_id },
    });
}

/** Refuses to touch players that somebody else drives; in a shared room only when it is all of them. */
export function requireOurs(parts: RoomParts, room: RoomRecord): void {
  requirePlayers(room);
  const members = membersOf(parts, room);
  const taken = members.find((player) => player.live.elsewhere);
  if (taken && members.every((player) => player.live.elsewhere))
    throw new AppError('ERR_CONTROLLED_ELSEWHERE', `${taken.kept.name} is controlled elsewhere`, {
      params: { player_id: taken.kept.player_id },
    });
}
