import { percentile, spread, type Spread } from '../figures.js';

/** `TUTTI_BENCH_SMALL=1`: a tenth of the clients and of the time, to see that a case runs. Its figures say nothing. */
const SMALL = process.env['TUTTI_BENCH_SMALL'] !== undefined;

/** Clients, runs, connects. */
export function many(count: number): number {
  return SMALL ? Math.ceil(count / 10) : count;
}

/** Repetitions, and seconds: enough to have a middle. */
export function times(count: number): number {
  return SMALL ? Math.min(count, 2) : count;
}

/** The same percentile of each repetition. */
export function at(runs: readonly (readonly number[])[], p: number): Spread {
  return spread(runs.map((run) => percentile(run, p)));
}

/** The middle of the ratios of neighbouring windows: what else the machine does weighs less. */
export function ratioOf(ours: readonly number[], beside: readonly number[]): number {
  return percentile(
    ours.map((one, index) => one / (beside[index] ?? Number.NaN)),
    0.5,
  );
}
