import type { Role } from '../../src/protocol/access.js';
import type { Player } from '../../src/protocol/player.js';
import type { QuietHours, RoleLimits, Room } from '../../src/protocol/room.js';

const minutes = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** Whether a time of the day, in minutes, is within quiet hours; they may go over midnight, and last all day when both ends are the same. */
export function isQuiet({ from, to }: QuietHours, minute: number): boolean {
  const [start, end] = [minutes(from), minutes(to)];
  return start < end ? minute >= start && minute < end : minute >= start || minute < end;
}

/** Where a slider ends, 0..1, and by whose rule. */
export interface Cap {
  readonly level: number;
  /** What was set. Lower than the level where it stands louder already: it may stay there. */
  readonly set: number;
  readonly by: 'room' | 'quiet' | 'player' | 'role' | 'role-quiet';
}

/** What may lower the end of a slider, besides the room. */
export interface CapOptions {
  /** The slider of one player alone. */
  readonly player?: Player | undefined;
  readonly role?: Role | undefined;
  readonly roles?: RoleLimits | undefined;
}

/** The lowest of the limits that hold now for who turns a slider of this room. What stands louder already may stay. [VL3] [VL5] */
export function capNow(room: Room, minute: number, { player, role, roles }: CapOptions): Cap {
  const { quiet_hours: hours, volume_limit, volume } = room;
  const quiet = hours && isQuiet(hours, minute);
  const stands = player?.volume ?? volume;
  const caps: Cap[] = [];
  const add = (by: Cap['by'], set: number, least = 0): void =>
    void caps.push({ by, set, level: Math.max(set, least) });
  add('room', volume_limit);
  if (quiet) add('quiet', hours.limit);
  if (player) add('player', player.volume_limit);
  if (roles && (role === 'user' || role === 'device')) {
    add('role', roles[role], stands);
    if (quiet) add('role-quiet', roles[`${role}_quiet`], stands);
  }
  return caps.reduce((lowest, cap) => (cap.level < lowest.level ? cap : lowest));
}

export function minuteOfDay(now: Date = new Date()): number {
  return now.getHours() * 60 + now.getMinutes();
}
