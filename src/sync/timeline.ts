import type { Timeline } from '../protocol/index.js';

/** Seconds into the item at `nowUs` of the server clock; never before 0, never beyond a known end. */
export function positionAt(timeline: Timeline, nowUs: number, durationSeconds?: number): number {
  const moved = timeline.position_seconds + ((nowUs - timeline.at_us) / 1e6) * timeline.rate;
  return Math.max(0, durationSeconds === undefined ? moved : Math.min(moved, durationSeconds));
}
