import type { Clock } from '../../src/base/index.js';
import type { Fact, LinkContext } from '../../src/players/index.js';
import type { Steering } from '../../src/sync/index.js';

type SyncFact = Extract<Fact, { type: 'sync' }>;
export type Correction = NonNullable<SyncFact['correction']>;

/** At most four a second. */
const EVERY_US = 250_000;
/** Above this the speed is trimmed to get back, not to stay. */
const TRIM_MS = 1;
const TRIMMED_MS = 0.3;

/** Tells how far off the player is, and at once what was done about it. */
export class SyncReport {
  #clock: Clock;
  #emit: LinkContext['emit'];
  #told = -Infinity;
  #trimming = false;

  constructor(clock: Clock, emit: LinkContext['emit']) {
    this.#clock = clock;
    this.#emit = emit;
  }

  seen(steering: Steering): void {
    const skew = steering.skew_ms;
    if (skew === undefined) return;
    const at_us = this.#clock.nowUs();
    if (!this.#trimming && Math.abs(skew) > TRIM_MS) {
      this.#trimming = true;
      const reason = `it was ${off(skew)}: its speed is trimmed`;
      return this.#tell(steering, skew, { kind: 'rate', skew_ms: skew, reason, at_us });
    }
    if (Math.abs(skew) < TRIMMED_MS) this.#trimming = false;
    if (at_us - this.#told >= EVERY_US) this.#tell(steering, skew);
  }

  restarting(steering: Steering, why: string): void {
    const skew = steering.skew_ms ?? 0;
    const reason = `it was ${off(skew)}: ${why}`;
    this.#trimming = false;
    this.#tell(steering, skew, { kind: 'restart', skew_ms: skew, reason, at_us: this.#clock.nowUs() });
  }

  #tell(steering: Steering, skew_ms: number, correction?: Correction): void {
    this.#told = this.#clock.nowUs();
    this.#emit({
      type: 'sync',
      skew_ms,
      error_ms: steering.error_ms,
      estimated: false,
      at_us: this.#told,
      ...(steering.learnt && { drift_ppm: steering.drift_ppm }),
      ...(correction && { correction }),
    });
  }
}

function off(skew: number): string {
  return `${Math.abs(skew).toFixed(1)} ms ${skew > 0 ? 'ahead' : 'behind'}`;
}
