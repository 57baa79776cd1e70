import type { Alarm, AlarmSource, Sleep, Weekday } from '../../src/protocol/alarm.js';

export const DAYS: readonly { readonly day: Weekday; readonly short: string; readonly name: string }[] = [
  { day: 'mon', short: 'Mo', name: 'Monday' },
  { day: 'tue', short: 'Tu', name: 'Tuesday' },
  { day: 'wed', short: 'We', name: 'Wednesday' },
  { day: 'thu', short: 'Th', name: 'Thursday' },
  { day: 'fri', short: 'Fr', name: 'Friday' },
  { day: 'sat', short: 'Sa', name: 'Saturday' },
  { day: 'sun', short: 'Su', name: 'Sunday' },
];

/** `Every day`, `Monday to Friday`, `Mo, We, Fr`, `Once`. */
export function daysText(days: readonly Weekday[]): string {
  const chosen = DAYS.filter(({ day }) => days.includes(day));
  const key = chosen.map(({ day }) => day).join();
  if (chosen.length === 0) return 'Once';
  if (chosen.length === 7) return 'Every day';
  if (key === 'mon,tue,wed,thu,fri') return 'Monday to Friday';
  if (key === 'sat,sun') return 'Saturday and Sunday';
  if (chosen.length === 1) return `Every ${chosen[0]?.name ?? ''}`;
  return chosen.map(({ short }) => short).join(', ');
}

export function sourceText({ source, source_title }: Pick<Alarm, 'source' | 'source_title'>): string {
  if ('tone' in source) return 'The tone';
  if ('last' in source) return 'What was last in the queue';
  return source_title ?? ('url' in source ? (source.title ?? source.url) : 'Music');
}

/** `in 20 min`, `in 7 h 5 min`, `in 3 days`. */
export function untilText(iso: string, nowMs: number): string {
  const minutes = Math.max(0, Math.ceil((Date.parse(iso) - nowMs) / 60_000));
  if (minutes < 60) return `in ${minutes} min`;
  if (minutes < 24 * 60) return `in ${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const days = Math.round(minutes / 1440);
  return `in ${days} day${days === 1 ? '' : 's'}`;
}

/** One line below an alarm: when next, or why not. */
export function nextText(alarm: Alarm, nowMs: number): string {
  if (alarm.ring) return alarm.ring.state === 'ringing' ? 'Rings now' : 'Snoozed';
  if (!alarm.enabled) return 'Off';
  if (alarm.next_at === undefined) return 'On';
  const skipped = alarm.skip_date === undefined ? '' : ' · next one is left out';
  return `Rings ${untilText(alarm.next_at, nowMs)}${skipped}`;
}

const LAST = {
  rang: 'Rang',
  made_up: 'Rang late',
  skipped: 'Was left out',
  missed: 'Did not ring',
  failed: 'Failed',
} as const;

/** What came of it the last time; undefined when there is nothing to say. */
export function lastText({ last_result, last_message }: Alarm): string | undefined {
  if (last_result === undefined) return undefined;
  if (last_result === 'missed' && last_message !== undefined) return last_message;
  return last_message === undefined ? LAST[last_result] : `${LAST[last_result]}: ${last_message}`;
}

/** What an alarm says that has nowhere to ring. */
export const ROOMLESS = 'It cannot ring: its room is gone. Choose another one';

export const isTrouble = ({ last_result, ring }: Alarm): boolean =>
  last_result === 'missed' || last_result === 'failed' || ring?.problem !== undefined;

/** `12 min`, `45 s`: how long until a moment of the server clock. */
export function leftText(untilUs: number, nowUs: number): string {
  const seconds = Math.max(0, Math.ceil((untilUs - nowUs) / 1e6));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const ENDS = {
  time: '',
  track: 'after this track',
  album: 'after this album',
  queue: 'after the queue',
} as const;

/** `Silent in 12 min`, `Silent after this album`. */
export function sleepText(sleep: Sleep, nowUs: number): string {
  if (sleep.fading) return 'Falling silent';
  if (sleep.ends_at_us !== undefined && sleep.until === 'time')
    return `Silent in ${leftText(sleep.ends_at_us, nowUs)}`;
  if (sleep.ends_at_us !== undefined)
    return `Silent ${ENDS[sleep.until]}, ${leftText(sleep.ends_at_us, nowUs)}`;
  return `Silent ${ENDS[sleep.until]}`;
}

/** `Berlin`, `St Johns`; `UTC` as it is. */
export function placeText(zone: string): string {
  return (zone.split('/').at(-1) ?? zone).replaceAll('_', ' ');
}

/** Whether two sources are the same, to mark what is chosen. */
export function sameSource(one: AlarmSource, other: AlarmSource): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
