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
 * schedules) asks `trusted()` as well: while it is false the hour may be wrong, by the length of a power cut, and what should happen at an hour
 * waits. It does not wait for ever: `judgeWall` has the rules. Quiet hours begin and end by the best that is known.
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

/** No Tutti that knows of this line ran before: a clock that says so is wrong. */
export const EARLIEST_MS = Date.UTC(2026, 10, 1);
/** A clock that nothing speaks for is believed once it has gone on without a leap for so long: an alarm that may be late beats none. */
export const PATIENCE_MS = 10 * 60_000;
/** A leap ahead that is longer than any house is left alone. */
export const FAR_MS = 400 * 86_400_000;
/** A leap back, while the server runs, that is somebody setting the clock right; and how old what is on disk may be. */
const NEAR_MS = 3_600_000;
/** What two clocks may differ by without one of them having been set. */
export const SAME_MS = 2000;

/** What is known about the machine's wall clock at one moment. */
export interface WallEvidence {
  readonly machine_ms: number;
  /** What it should say: the last time that was believed, and what has gone by since. Undefined in a new data folder. */
  readonly known_ms: number | undefined;
  /** `known_ms` is from the disk, so it is too early by as long as the machine was off. */
  readonly at_start: boolean;
  /** What the program that sets the clock by the network says; undefined where none says anything. */
  readonly synchronized: boolean | undefined;
  /** The machine has been on for less than `PATIENCE_MS`, and what is known is from before. */
  readonly just_booted: boolean;
  /** The machine has a clock with a battery, and it says the same. */
  readonly battery: boolean;
  /** How long the machine's clock has gone on without a leap. */
  readonly steady_ms: number;
}

/**
 * Whether the machine's wall clock is to be believed. Never before `EARLIEST_MS`; at once when it was set by the network. Without that it has
 * to wait `PATIENCE_MS` when it is earlier than what is known, years later, or when a machine without a battery for its clock has just started
 * and the network is still to be asked. Where nobody says whether it was, a clock that goes on from where the machine went off is taken for one
 * that stood still meanwhile.
 */
export function judgeWall(evidence: WallEvidence): boolean {
  const { machine_ms, known_ms = machine_ms, at_start, synchronized, battery, steady_ms } = evidence;
  if (machine_ms < EARLIEST_MS) return false;
  if (synchronized === true || steady_ms >= PATIENCE_MS) return true;
  const leap = machine_ms - known_ms;
  if (leap > FAR_MS || leap < (at_start ? -SAME_MS : -NEAR_MS)) return false;
  if (!at_start || battery) return true;
  return synchronized === undefined && !(evidence.just_booted && leap < NEAR_MS);
}
