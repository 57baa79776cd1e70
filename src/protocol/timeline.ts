import type { Timeline } from './room.js';

/**
 * What a timeline means: the position in seconds at server clock `nowUs`. Before `at_us` the music has not moved yet, and a known end
 * is never passed. [TL1]
 */
export function positionAt(timeline: Timeline, nowUs: number, durationSeconds = Infinity): number {
  const moved = timeline.position_seconds + (timeline.rate * Math.max(0, nowUs - timeline.at_us)) / 1e6;
  return Math.min(moved, Math.max(durationSeconds, timeline.position_seconds));
}
