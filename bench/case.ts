import type { Ground } from './ground.js';
import type { CaseResult, Row } from './result.js';
import type { Shelf } from './shelf.js';

export interface Stage {
  /** Of this case alone; closed after it. */
  readonly ground: Ground;
  /** Libraries, made once for all cases. */
  readonly shelf: Shelf;
}

export interface Findings {
  readonly rows: readonly Row[];
  readonly notes?: readonly string[];
}

export interface BenchCase {
  /** What it is called by on the command line. */
  readonly key: string;
  readonly title: string;
  run(stage: Stage): Promise<Findings>;
}

/** Runs a case and closes its ground. What goes wrong is its result: the other cases go on. */
export async function runCase(one: BenchCase, stage: Stage, commit: string): Promise<CaseResult> {
  const begun = performance.now();
  const { key, title } = one;
  const head = { key, title, commit, date: new Date().toISOString() };
  const seconds = (): number => Math.round((performance.now() - begun) / 100) / 10;
  try {
    const { rows, notes = [] } = await one.run(stage);
    return { ...head, seconds: seconds(), rows: [...rows], notes: [...notes] };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return { ...head, seconds: seconds(), rows: [], notes: [], failure };
  } finally {
    await stage.ground.close();
  }
}
