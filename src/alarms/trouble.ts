import { dateOf, dayAt, weekdayOf, type OffsetAt } from '../base/index.js';
import type { Alarm } from '../protocol/index.js';
import type { Store } from '../state/index.js';

/** By hand, because what a program asks of `Intl` costs 8 MB of memory. */
const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

interface Trouble {
  readonly what: 'missed' | 'failed' | 'cut-short';
  /** For people. */
  readonly reason: string;
  /** How often in a row; once by default. */
  readonly times?: number;
}

export interface House {
  readonly store: Pick<Store, 'state'>;
  readonly local: { readonly offsetAt: OffsetAt };
}

/** What to tell people who slept on: which alarm first, because a phone has one line, then when, where and why. */
export function troubleWith(
  { name, time, last_at, room_id }: Alarm,
  { what, reason, times = 1 }: Trouble,
  { store, local: { offsetAt } }: House,
): NonNullable<Alarm['notice']> {
  const room = store.state.rooms.get(room_id)?.kept.name;
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

function dayText(atMs: number, offsetAt: OffsetAt): string {
  const day = dayAt(atMs, offsetAt);
  const [, month = 1, date = 1] = dateOf(day).split('-').map(Number);
  return `${WEEKDAYS[weekdayOf(day)]} ${date} ${MONTHS[month - 1]}`;
}
