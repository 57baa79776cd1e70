import type { Role } from '../../src/protocol/access.js';
import type { RoleLimits, Room } from '../../src/protocol/room.js';
import { isQuiet, type Cap } from './limits.js';

const percent = (volume: number): string => `${Math.round(volume * 100)}\u00a0%`;

/** The house's rules for a room's loudness, in words; undefined when there are none. */
export function limitText({ volume_limit, quiet_hours }: Room, minute: number): string | undefined {
  const lines: string[] = [];
  if (volume_limit < 1) lines.push(`Never louder than ${percent(volume_limit)}`);
  if (quiet_hours) {
    const { from, to, limit } = quiet_hours;
    const most = limit === 0 ? 'silent' : `no louder than ${percent(limit)}`;
    lines.push(
      isQuiet(quiet_hours, minute) ? `Quiet until ${to}: ${most}` : `Quiet from ${from} to ${to}: ${most}`,
    );
  }
  return lines.length === 0 ? undefined : lines.join('. ');
}

/** How loud the person at this phone may turn anything, in words; undefined when nobody holds them. */
export function ownText(role: Role | undefined, roles: RoleLimits | undefined): string | undefined {
  if (!roles || (role !== 'user' && role !== 'device')) return undefined;
  const limit = roles[role];
  const quiet = Math.min(limit, roles[`${role}_quiet`]);
  if (quiet === 1) return undefined;
  if (limit === 1) return `You may turn it up to ${percent(quiet)} in quiet hours`;
  const then = quiet < limit ? `, in quiet hours to ${percent(quiet)}` : '';
  return `You may turn it up to ${percent(limit)}${then}`;
}

/** Why a slider of a room, or of one player in it, goes no further. */
export function capText({ set, by }: Cap, { name, quiet_hours }: Room, player?: string): string {
  const most = percent(set);
  const until = quiet_hours ? ` until ${quiet_hours.to}` : '';
  switch (by) {
    case 'room':
      return `${name} is never louder than ${most}`;
    case 'quiet':
      return `Quiet${until}: ${name} is no louder than ${most}`;
    case 'player':
      return `${player ?? name} is never louder than ${most}`;
    case 'role':
      return `You may turn it up to ${most}`;
    case 'role-quiet':
      return `Quiet${until}: you may turn it up to ${most}`;
  }
}
