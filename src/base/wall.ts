import type { Clock } from './clock.js';

/** What happened to the wall clock that was not time going by. */
export interface WallTurn {
  /** How far `wallMs()` leapt, forward or back; 0 when only the trust changed. */
  readonly by_ms: number;
  readonly trusted: boolean;
}

/**
 * The clock of the server. Its wall clock is the best that is known: a machine without a battery for its clock starts somewhere in the
 * past, and a broken one years ahead. While the machine's own wall clock cannot be believed, `wallMs()` goes on from the last time that was
 * kept on disk, so that it never leads years away: nothing expires that has not, and nothing is valid again that was not.
 *
 * What only compares ages and ends with `wallMs()` (sessions, tokens, trash) needs nothing else. What acts at an hour of the day (alarms,
 * schedules, quiet hours) asks `trusted()` as well: while it is false the hour may be wrong, by the length of a power cut, and what should
 * happen at an hour waits. It does not wait for ever: see `judgeWall` for the rules.
 */
export interface WallClock extends Clock {
  /** The best that is known of the wall clock, milliseconds since 1970. It may leap when the machine's clock is set. */
  wallMs(): number;
  /** Whether an hour of the day may be acted on. */
  trusted(): boolean;
  /** Told within 15 s of the wall clock leaping by more than two seconds, or of the trust changing. Gives what ends this. */
  onTurn(listener: (turn: WallTurn) => void): () => void;
}

/** A clock that is always believed: for programs without a data folder, and for tests. Leaps are not told. */
export function believed(clock: Clock): WallClock {
  return {
    nowUs: () => clock.nowUs(),
    wallMs: () => clock.wallMs(),
    after: (ms, run) => clock.after(ms, run),
    every: (ms, run) => clock.every(ms, run),
    trusted: () => true,
    onTurn: () => () => undefined,
  };
}
