import type { Ground } from './ground.js';
import type { Row } from './result.js';
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
