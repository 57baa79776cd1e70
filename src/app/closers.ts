import { toError, within, type Clock, type Logger } from '../base/index.js';

interface Parts {
  readonly clock: Clock;
  readonly log: Logger;
}

/** What stands still for so long does so for good: a network disk that is gone, say. A queue that gives its work back needs the most. */
const PART_MS = 3_500;
/** For all together: systemd ends by force what is not gone after 8 s (TimeoutStopSec). */
const TOTAL_MS = 5_000;
/** What is closed after that gets so long to let go of what it holds. */
const LAST_MS = 100;

/**
 * What is opened is closed in reverse order, also when a later part cannot be opened. Nothing keeps what is closed after it waiting for ever, and no
 * failure keeps it from being closed: the state comes last.
 */
export class Closers {
  readonly #closers: (() => Promise<void> | void)[] = [];
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  add(close: () => Promise<void> | void): void {
    this.#closers.unshift(close);
  }

  /** Whether all of it has come to its end. Rejects with the first failure, when the rest is closed. */
  async close(): Promise<boolean> {
    const { clock, log } = this.#parts;
    const endUs = clock.nowUs() + TOTAL_MS * 1000;
    const faults: Error[] = [];
    let complete = true;
    for (const close of this.#closers.splice(0)) {
      const ms = Math.min(PART_MS, Math.max(LAST_MS, (endUs - clock.nowUs()) / 1000));
      const work = Promise.resolve()
        .then(close)
        .catch((error: unknown) => void faults.push(toError(error)));
      await within({ clock, what: 'closing', ms }, () => work).catch(() => {
        complete = false;
        log.error({ part: String(close).slice(0, 80) }, 'a part does not end, the server ends without it');
      });
    }
    if (faults[0]) throw faults[0];
    return complete;
  }
}
