import type { QuietHours } from '../protocol/index.js';

/**
 * Whether quiet hours are on at a minute of the day: from `from` until just before `to`, over midnight when `to` is earlier, all day when
 * both are the same. The wall clock of the room counts, whatever summer time or a set clock does to it.
 */
export function isQuietAt(hours: QuietHours | undefined, minute: number): boolean {
  if (!hours) return false;
  const [from, to] = [minuteOf(hours.from), minuteOf(hours.to)];
  if (from === to) return true;
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}
