import type { Clock, Logger } from '../../src/base/index.js';
import type { Reporter } from '../../src/players/index.js';
import type { App } from './app.js';
import type { OwnAddress } from './media.js';
import type { Memory } from './memory.js';
import type { Pace, Reins } from './pace.js';
import type { Receiver } from './receiver.js';

export interface PlaybackParts {
  readonly app: App;
  readonly receiver: Receiver;
  readonly reporter: Reporter;
  readonly pace: (reins: Reins) => Pace;
  readonly clock: Clock;
  readonly log: Logger;
  readonly own: OwnAddress;
  readonly mark: string;
  readonly current: Memory['current'];
  /** What plays changed: write it down. */
  readonly remember: () => void;
  /** Runs after what was asked for before. */
  readonly later: (task: () => Promise<void>) => void;
}

/** When a status was true, and whether it answers a question of ours. */
export interface Moment {
  readonly at_us: number;
  readonly error_us: number;
  readonly looked: boolean;
}
