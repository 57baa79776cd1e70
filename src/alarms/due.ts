import { DAY_MS, dateOf, dayAt, momentOf, weekdayOf, type OffsetAt } from '../base/index.js';
import { WEEKDAYS, type Alarm } from '../protocol/index.js';

/** When an alarm is due. */
export type Times = Pick<Alarm, 'time' | 'days'>;

/** One day on which an alarm is due. */
export interface Occurrence {
  readonly date: string;
  readonly at_ms: number;
}

/** What is remembered of an alarm. */
export interface Past {
  /** What was due until then has been dealt with. */
  readonly looked_ms: number;
  /** Days on which it rang, or was skipped: it does not ring on them again, however often clocks are set back. */
  readonly done: readonly string[];
}

export interface Verdict {
  readonly looked_ms: number;
  /** It is to ring now. */
  readonly rings: Occurrence | undefined;
  /** Too late. The oldest first. */
  readonly missed: readonly Occurrence[];
  /** Somebody wanted this one left out. */
  readonly skipped: Occurrence | undefined;
}

/** The wall clock is looked at so often at least. */
export const LOOK_MS = 15_000;
/** Later than this is made up, and not on time. */
export const PUNCTUAL_MS = 30_000;
/** Days that are remembered. */
export const MAX_DONE = 400;
const LONGEST_DAYS = 400;

/** The first time after a moment. */
export function nextAfter(times: Times, afterMs: number, offsetAt: OffsetAt): Occurrence | undefined {
  const first = dayAt(afterMs, offsetAt) - 1;
  for (let day = first; day < first + LONGEST_DAYS; day++) {
    const found = on(times, day, offsetAt);
    if (found && found.at_ms > afterMs) return found;
  }
  return undefined;
}

/** As `nextAfter`, without days on which it will not ring. */
export function nextRing(
  times: Times,
  past: Past,
  skipDate: string | undefined,
  offsetAt: OffsetAt,
): Occurrence | undefined {
  const passed = new Set([...past.done, skipDate]);
  let next = nextAfter(times, past.looked_ms, offsetAt);
  while (next && passed.has(next.date)) next = nextAfter(times, next.at_ms, offsetAt);
  return next;
}

/**
 * What to do about an alarm at a time of a wall clock that is to be believed. It rings once on each of its days: missed by less than
 * `graceMs` it is made up, whatever the reason (a step of the clock, a server that was off), and otherwise it is left out. Without days it is for
 * once: for the first day alone. [AL3]
 */
export function judge(
  times: Times,
  past: Past,
  nowMs: number,
  options: { readonly graceMs: number; readonly skipDate: string | undefined; readonly offsetAt: OffsetAt },
): Verdict {
  if (nowMs <= past.looked_ms) return { looked_ms: nowMs, rings: undefined, missed: [], skipped: undefined };
  const all = between(times, past.looked_ms, nowMs, options.offsetAt).filter(
    ({ date }) => !past.done.includes(date),
  );
  const due = times.days.length === 0 ? all.slice(0, 1) : all;
  const wanted = due.filter(({ date }) => date !== options.skipDate);
  const latest = wanted.at(-1);
  // The clock is looked at every 15 s: who is late because of that is not late.
  const inTime = latest && nowMs - latest.at_ms <= Math.max(PUNCTUAL_MS, options.graceMs + LOOK_MS);
  return {
    looked_ms: nowMs,
    rings: inTime ? latest : undefined,
    missed: inTime ? wanted.slice(0, -1) : wanted,
    skipped: due.find(({ date }) => date === options.skipDate),
  };
}

/** All times after one moment until another, as far as a year back. */
function between(times: Times, afterMs: number, untilMs: number, offsetAt: OffsetAt): Occurrence[] {
  const last = dayAt(untilMs, offsetAt) + 1;
  const first = Math.max(Math.floor(afterMs / DAY_MS) - 2, last - LONGEST_DAYS);
  const found: Occurrence[] = [];
  for (let day = first; day <= last; day++) {
    const one = on(times, day, offsetAt);
    if (one && one.at_ms > afterMs && one.at_ms <= untilMs) found.push(one);
  }
  return found;
}

function on({ time, days }: Times, day: number, offsetAt: OffsetAt): Occurrence | undefined {
  const weekday = WEEKDAYS[weekdayOf(day)];
  if (days.length > 0 && (weekday === undefined || !days.includes(weekday))) return undefined;
  const minute = Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
  const at_ms = momentOf(day, minute, offsetAt);
  return at_ms === undefined ? undefined : { date: dateOf(day), at_ms };
}
