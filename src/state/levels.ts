import { updateRoom } from './entries.js';
import type { PlayerRecord, RoomRecord, State } from './model.js';

/** Levels are told and kept to this step: far finer than any player, coarse enough that a mean has no noise. */
const STEPS = 10_000;

export function roundLevel(level: number): number {
  return Math.round(level * STEPS) / STEPS;
}

/** Members whose volume counts for their room's: those that have one, without those that are away. */
export function heardMembers(state: State, room: RoomRecord): PlayerRecord[] {
  return room.kept.player_ids.flatMap((id) => {
    const player = state.players.get(id);
    return player?.live.volume !== undefined && player.live.link !== 'offline' ? [player] : [];
  });
}

/**
 * The state with a room as loud as the mean of its members, and muted when all are that can be. A room none of whose members says how loud
 * it is stays as it was. To be called whenever a member of a shared room comes, goes, or says how loud it is.
 */
export function levelled(state: State, roomId: string): State {
  return updateRoom(state, roomId, (room) => {
    const members = heardMembers(state, room);
    if (members.length === 0) return room;
    const sum = members.reduce((total, { live }) => total + (live.volume ?? 0), 0);
    const volume = roundLevel(sum / members.length);
    const mutable = members.filter(({ live }) => live.capabilities.includes('mute'));
    const muted = mutable.length > 0 && mutable.every(({ live }) => live.muted);
    if (volume === room.kept.volume && muted === room.kept.muted) return room;
    return { ...room, kept: { ...room.kept, volume, muted } };
  });
}

/** The loudest a player may be in this room, and why; `quiet` = its quiet hours are on. */
export function ceilingOf(
  player: PlayerRecord,
  room: RoomRecord,
  quiet: boolean,
): { readonly level: number; readonly reason: string } {
  const limits = [
    { level: player.kept.volume_limit, reason: 'its volume limit' },
    { level: room.kept.volume_limit, reason: 'the volume limit of the room' },
    ...(quiet && room.kept.quiet_hours
      ? [{ level: room.kept.quiet_hours.limit, reason: 'quiet hours' }]
      : []),
  ];
  return limits.reduce((lowest, limit) => (limit.level < lowest.level ? limit : lowest));
}
