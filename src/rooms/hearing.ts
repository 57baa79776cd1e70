import { positionAt, type Timeline } from '../protocol/index.js';

/** Of a track that is not longer than this nobody says that it was played. */
const LEAST_SECONDS = 30;
/** So much is enough of any track. */
const ENOUGH_SECONDS = 240;

/** How much of one queue item was heard since it began. */
export interface Hearing {
  /** Seconds of music, whatever part of the track they were of. */
  readonly seconds: number;
  /** So many make it a play; undefined when nothing does. */
  readonly enough: number | undefined;
  readonly isCounted: boolean;
  /** Where the music was when this was looked at last, and that moment of the server clock. */
  readonly timeline: Timeline;
  readonly until_us: number;
}

/**
 * How much of a track has to be heard for it to be played: half of it or four minutes, whichever is less; undefined when it is too short, or
 * a stream. [PC1]
 */
export function enoughOf(durationSeconds: number | undefined): number | undefined {
  if (durationSeconds === undefined || !(durationSeconds > LEAST_SECONDS)) return undefined;
  return Math.min(durationSeconds / 2, ENOUGH_SECONDS);
}

/**
 * An item became the current one. What lies before the place where it begins was heard: elsewhere, or before the server looked. `elsewhere`:
 * then it was counted there, if it was enough.
 */
export function begun(
  timeline: Timeline,
  nowUs: number,
  durationSeconds: number | undefined,
  elsewhere: boolean,
): Hearing {
  const enough = enoughOf(durationSeconds);
  const seconds = positionAt(timeline, nowUs, durationSeconds);
  const isCounted = elsewhere && enough !== undefined && seconds >= enough;
  return { seconds, enough, isCounted, timeline, until_us: nowUs };
}

/** The same, up to a later moment, and where the music goes on from there. A seek is neither heard nor taken back. */
export function heard(
  before: Hearing,
  nowUs: number,
  durationSeconds: number | undefined,
  timeline = before.timeline,
): Hearing {
  const place = (us: number): number => positionAt(before.timeline, us, durationSeconds);
  const seconds = before.seconds + Math.max(0, place(nowUs) - place(before.until_us));
  return { ...before, seconds, timeline, until_us: nowUs };
}

/** Whether it is to be counted as played now. */
export function isPlay({ seconds, enough, isCounted }: Hearing): boolean {
  return !isCounted && enough !== undefined && seconds >= enough;
}
