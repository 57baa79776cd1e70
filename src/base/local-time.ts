/** Minutes that clocks on walls are ahead of UTC at a moment. */
export type OffsetAt = (ms: number) => number;

/** The time zone of this machine. */
export const systemOffset: OffsetAt = (ms) => -new Date(ms).getTimezoneOffset();

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

/** What clocks on walls show, as milliseconds. */
function shown(ms: number, offsetAt: OffsetAt): number {
  return ms + offsetAt(ms) * MINUTE_MS;
}

/** Minutes since midnight, as clocks on walls show them. */
export function minuteOfDay(ms: number, offsetAt: OffsetAt): number {
  const inDay = shown(ms, offsetAt) % DAY_MS;
  return Math.floor((inDay < 0 ? inDay + DAY_MS : inDay) / MINUTE_MS);
}

/** The local day of a moment, counted from 1 January 1970. */
export function dayAt(ms: number, offsetAt: OffsetAt): number {
  return Math.floor(shown(ms, offsetAt) / DAY_MS);
}

/** `2027-03-28` of a day. */
export function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** 0 = Monday. */
export function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

/**
 * When it is a minute of a local day. Where clocks are set back over it, the first of both; where they are set forward over it, the first
 * moment after the gap. Undefined for a day that a place leaves out.
 */
export function momentOf(day: number, minute: number, offsetAt: OffsetAt): number | undefined {
  const local = day * DAY_MS + minute * MINUTE_MS;
  const times = momentsOf(local, offsetAt);
  if (times.length > 0) return Math.min(...times);
  const first = firstAfterGap(local, offsetAt);
  const leftOut = dayAt(first, offsetAt) > day && dayAt(first - 1, offsetAt) < day;
  return leftOut ? undefined : first;
}

/** When it is a minute of a local day; where clocks are set forward over it, as much later as they are set. */
export function momentAfter(day: number, minute: number, offsetAt: OffsetAt): number {
  const local = day * DAY_MS + minute * MINUTE_MS;
  const times = momentsOf(local, offsetAt);
  return times.length > 0 ? Math.min(...times) : local - offsetAt(local - DAY_MS) * MINUTE_MS;
}

/** When clocks show it; twice where they are set back over it, never where they are set forward. */
function momentsOf(local: number, offsetAt: OffsetAt): number[] {
  return [local - DAY_MS, local + DAY_MS]
    .map((near) => local - offsetAt(near) * MINUTE_MS)
    .filter((ms) => shown(ms, offsetAt) === local);
}

/** The first moment at which clocks show `local` or later. */
function firstAfterGap(local: number, offsetAt: OffsetAt): number {
  let [before, after] = [local - 2 * DAY_MS, local + 2 * DAY_MS];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (shown(middle, offsetAt) < local) before = middle;
    else after = middle;
  }
  return after;
}
