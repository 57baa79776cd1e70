import { dateOf, dayAt, type OffsetAt } from '../base/index.js';
import type { Alarm, SystemState } from '../protocol/index.js';
import type { AlarmOwn } from './kept.js';

export type AlarmNotices = SystemState['notices'];

/** Ids of notices about alarms: with the id of the alarm behind it. */
export const ALARM_NOTICES = 'alarm-';

const DAY = new Intl.DateTimeFormat('en-GB', {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  timeZone: 'UTC',
});

interface Trouble {
  readonly what: 'missed' | 'failed' | 'cut-short';
  /** For people. */
  readonly reason: string;
  /** How often in a row. */
  readonly times: number;
  /** As the room is called; undefined when it is gone. */
  readonly room: string | undefined;
  readonly offsetAt: OffsetAt;
}

/** What to tell people who slept on: which alarm first, because a phone has one line, then when, where and why. */
export function troubleWith(
  { name, time, last_at }: Alarm,
  { what, reason, times, room, offsetAt }: Trouble,
): NonNullable<AlarmOwn['notice']> {
  const alarm = `Alarm of ${time}${name === '' ? '' : ` (${name})`}`;
  const day = last_at === undefined ? '' : ` on ${dayText(Date.parse(last_at), offsetAt)}`;
  const did = {
    missed: times === 1 ? 'did not ring' : `did not ring ${times} times, last`,
    failed: 'failed',
    'cut-short': 'was cut short',
  }[what];
  const place = room === undefined ? '' : ` in ${room}`;
  const why = (reason.charAt(0).toLowerCase() + reason.slice(1)).replace(/\.?$/, '.');
  return { level: what === 'failed' ? 'error' : 'warning', message: `${alarm} ${did}${day}${place}: ${why}` };
}

/** Of all alarms, the one that was due last first. */
export function noticesOf(
  entries: readonly { readonly item: Alarm; readonly own: AlarmOwn }[],
): AlarmNotices {
  return entries
    .toSorted((one, other) => (other.item.last_at ?? '').localeCompare(one.item.last_at ?? ''))
    .flatMap(({ item, own }) =>
      own.notice ? [{ notice_id: `${ALARM_NOTICES}${item.alarm_id}`, ...own.notice }] : [],
    );
}

function dayText(atMs: number, offsetAt: OffsetAt): string {
  return DAY.format(new Date(`${dateOf(dayAt(atMs, offsetAt))}T00:00:00Z`));
}
