import { parse, validate } from 'node-cron';
import {
  AppError,
  DAY_MS,
  dayAt,
  MINUTE_MS,
  minuteOfDay,
  momentAfter,
  type OffsetAt,
} from '../../base/index.js';

/** When, by the clocks on the walls of the house; every field must fit. */
export interface Pattern {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: readonly number[];
  readonly months: readonly number[];
  readonly weekdays: readonly number[];
}

/** From one 29 February to the next may be eight years. */
const LONGEST_DAYS = 366 * 9;
/** A day with its hour of summer time, and one more. */
const CLOSE_MINUTES = 26 * 60;

/** Minute, hour, day of month, month, day of week. Throws ERR_INVALID for what is none of these, and for what never comes. */
export function readCron(text: string): Pattern {
  const wrong = (): AppError =>
    new AppError('ERR_INVALID', 'A time is five fields: minute, hour, day of month, month, day of week', {
      params: { cron: text.slice(0, 120) },
    });
  if (text.trim().split(/\s+/).length !== 5 || !validate(text)) throw wrong();
  const { minute, hour, dayOfMonth, month, dayOfWeek } = parse(text);
  const numbers = (values: readonly (number | string)[]): number[] => {
    // The page shows what stands here: words that only some programs know are not taken.
    if (values.some((value) => typeof value !== 'number')) throw wrong();
    return values.map(Number).sort((a, b) => a - b);
  };
  const pattern = {
    minutes: numbers(minute),
    hours: numbers(hour),
    days: numbers(dayOfMonth),
    months: numbers(month),
    weekdays: numbers(dayOfWeek),
  };
  if (nextAfter(pattern, Date.UTC(2024, 0, 1), () => 0) === undefined) throw wrong();
  return pattern;
}

/** Whether it comes in every hour, so that a clock which is hours wrong does no harm. */
export const isHourly = ({ hours }: Pattern): boolean => hours.length === 24;

/**
 * The next time after `afterMs`. A time that summer time leaves out comes an hour later; one that comes twice is the first of them, unless
 * every hour is meant.
 */
export function nextAfter(pattern: Pattern, afterMs: number, offsetAt: OffsetAt): number | undefined {
  if (isHourly(pattern)) {
    const close = nextMinute(pattern, afterMs, offsetAt);
    if (close !== undefined) return close;
  }
  const first = dayAt(afterMs, offsetAt);
  for (let day = first; day < first + LONGEST_DAYS; day++) {
    if (!fitsDay(pattern, day)) continue;
    const times = timesOf(pattern, day, offsetAt).filter((time) => time > afterMs);
    if (times.length > 0) return Math.min(...times);
  }
  return undefined;
}

function nextMinute(pattern: Pattern, afterMs: number, offsetAt: OffsetAt): number | undefined {
  const first = (Math.floor(afterMs / MINUTE_MS) + 1) * MINUTE_MS;
  for (let n = 0; n < CLOSE_MINUTES; n++) {
    const time = first + n * MINUTE_MS;
    const minute = minuteOfDay(time, offsetAt) % 60;
    if (pattern.minutes.includes(minute) && fitsDay(pattern, dayAt(time, offsetAt))) return time;
  }
  return undefined;
}

function fitsDay({ days, months, weekdays }: Pattern, day: number): boolean {
  const date = new Date(day * DAY_MS);
  return (
    months.includes(date.getUTCMonth() + 1) &&
    days.includes(date.getUTCDate()) &&
    weekdays.includes(date.getUTCDay())
  );
}

function timesOf({ hours, minutes }: Pattern, day: number, offsetAt: OffsetAt): number[] {
  return hours.flatMap((hour) => minutes.map((minute) => momentAfter(day, hour * 60 + minute, offsetAt)));
}
