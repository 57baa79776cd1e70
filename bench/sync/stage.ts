import type { Findings } from '../case.js';
import type { Spread } from '../figures.js';
import type { Ground } from '../ground.js';
import type { Row } from '../result.js';

/** Stock snapserver with two stock snapclients, in this run. */
export interface Anchor {
  readonly p95Ms: number;
}

export interface SyncStage {
  /** Of this scenario alone; closed after it. */
  readonly ground: Ground;
  /** Words before the command of everything that plays, stock programs and ours alike: `chrt -r 10`, or nothing. */
  readonly before: readonly string[];
  /** How long skew is measured once all is steady. */
  readonly steadySeconds: number;
  /** With `--show`: takes lines of what happened window by window. */
  readonly show?: (line: string) => void;
  /** Absent when the anchor did not run or failed. */
  readonly anchor?: Anchor;
}

export interface Scenario {
  /** What it is called by on the command line. */
  readonly key: string;
  readonly title: string;
  /** Nothing in it runs at real-time priority. */
  readonly ordinary?: true;
  run(stage: SyncStage): Promise<Findings & { readonly anchor?: Anchor }>;
}

/** A figure that was measured once. */
export function once(value: number): Spread {
  return { median: value, low: value, high: value, repetitions: 1 };
}

/** A row of one figure, with what it must not exceed. An undefined figure never happened and misses every target. */
export function row(measure: string, unit: string, value: number | undefined, most?: number): Row {
  const seen = value ?? Number.POSITIVE_INFINITY;
  return {
    measure,
    unit,
    ours: once(value ?? 0),
    ...(value === undefined && { never: true }),
    ...(most !== undefined && { target: { text: `<= ${most} ${unit}`, met: seen <= most } }),
  };
}
