import type { Logger, WallClock } from '../base/index.js';
import type { Config } from '../config/index.js';
import type { Closers } from './closers.js';

/** What every part of the app is opened with. */
export interface Base {
  readonly config: Config;
  readonly clock: WallClock;
  readonly log: Logger;
  readonly closers: Closers;
}
