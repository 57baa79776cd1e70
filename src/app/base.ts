import type { HouseTime, Logger, LogRing, WallClock } from '../base/index.js';
import type { Config } from '../config/index.js';
import type { HouseSettings } from '../settings/index.js';
import type { Closers } from './closers.js';

/** What every part of the app is opened with. */
export interface Base {
  /** What holds now: live settings change while the server runs, so nobody keeps a copy of one. */
  readonly config: Config;
  readonly settings: HouseSettings;
  readonly clock: WallClock;
  /** What acts at an hour of the day goes by this. */
  readonly local: HouseTime;
  readonly log: Logger;
  /** The last lines of that log. */
  readonly ring: LogRing;
  readonly closers: Closers;
  /** Ends this life of the server, for a reason, and has another begin. */
  restart(this: void, reason: string): void;
}
