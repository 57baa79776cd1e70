import type { Alarm } from '../../src/protocol/alarm.js';
import type { Player } from '../../src/protocol/player.js';
import type { Playback } from '../../src/protocol/room.js';
import type { SystemState } from '../../src/protocol/system.js';
import type { PlainView } from './route.js';

/** The one line under the title: the most urgent thing to know about this room. */
export interface Notice {
  readonly kind: 'info' | 'warning';
  readonly text: string;
  readonly action?: 'take-over';
  /** Where more is said, and what can be done about it. */
  readonly to?: PlainView | 'settings';
}

export function noticeOf(
  playback: Playback | undefined,
  players: readonly Player[],
  system: SystemState | undefined,
  alarms: readonly Alarm[] | undefined,
  admin: boolean,
): Notice | undefined {
  const foreign = players.find((player) => player.controlled_elsewhere);
  if (foreign) return { kind: 'warning', text: foreignText(foreign), action: 'take-over' };
  const slept = sleptOn(alarms)[0]?.notice;
  if (slept) return { kind: 'warning', text: slept.message, to: 'alarms' };
  const away = players.find((player) => player.link !== 'online');
  if (away?.link === 'offline')
    return { kind: 'warning', text: `${away.name} is offline${away.problem ? `: ${away.problem}` : ''}` };
  if (playback?.problem !== undefined) return { kind: 'warning', text: playback.problem };
  if (away) return { kind: 'info', text: `Connecting to ${away.name}…` };
  if (playback?.stream_title !== undefined) return { kind: 'info', text: playback.stream_title };
  const notices = houseNotices(system, admin);
  const told = notices.find((notice) => notice.level !== 'info') ?? notices[0];
  if (!told) return undefined;
  const to = (admin ? mendedAt(told.notice_id) : undefined) ?? 'settings';
  return { kind: told.level === 'info' ? 'info' : 'warning', text: told.message, to };
}

type HouseNotice = SystemState['notices'][number];

/** What there is to know about the server: its settings are for who manages it. */
export function houseNotices(system: SystemState | undefined, admin: boolean): readonly HouseNotice[] {
  return (system?.notices ?? []).filter(({ notice_id }) => admin || mendedAt(notice_id) === undefined);
}

/** The page on which who manages the house mends what a notice says, if there is one. */
export function mendedAt(notice_id: string): 'house-settings' | 'inputs' | undefined {
  if (notice_id.startsWith('settings-')) return 'house-settings';
  return notice_id.startsWith('header-') ? 'inputs' : undefined;
}

/** Alarms that did not ring, the one that was due last first. */
export function sleptOn(alarms: readonly Alarm[] | undefined): readonly Alarm[] {
  return (alarms ?? [])
    .filter(({ notice }) => notice)
    .sort((one, other) => ((one.last_at ?? '') < (other.last_at ?? '') ? 1 : -1));
}

/** What somebody else plays there, as far as the player says. */
export function foreignText({ name, foreign }: Player): string {
  if (!foreign || foreign.title === '') return `${name} is controlled elsewhere`;
  return `Controlled elsewhere: ${foreign.title}${foreign.artist === '' ? '' : ` by ${foreign.artist}`}`;
}

/** Something without an end plays. */
export function isLive(playback: Playback | undefined): boolean {
  return playback?.track?.url !== undefined && playback.duration_seconds === undefined;
}

export function canSeek(playback: Playback | undefined, players: readonly Player[]): boolean {
  return (
    playback?.duration_seconds !== undefined && players.some((player) => player.capabilities.includes('seek'))
  );
}

export function hasVolume(players: readonly Player[]): boolean {
  return players.length === 0 || players.some((player) => player.capabilities.includes('volume'));
}
