/** Below that a jump is heard more than the skew. */
const WORTH_MS = 80;
/** After a start or a jump the receiver fills its buffers, and its position is not yet true. */
const SETTLE_US = 1_200_000;
const WAIT_US = 10_000_000;
const MAX_WAIT_US = 300_000_000;
const SAMPLES = 3;
const SPREAD_SAMPLES = 5;
/** A receiver reads its position from a clock of its own now and then; so much of it cannot be seen. */
const GRANULARITY_MS = 25;

export interface Estimate {
  readonly skew_ms: number;
  readonly error_ms: number;
  /** The first steady skew after a start or a jump: how wrong it was. */
  readonly landed_ms: number | undefined;
  /** The skew that is worth a correction now. */
  readonly correct_ms: number | undefined;
}

/** Decides when a player that can only jump should: on three estimates that agree, and never more often than it helps. */
export class Nudge {
  #skews: number[] = [];
  #settled_us = 0;
  #landing = false;
  #notBefore_us = 0;
  #wait_us = WAIT_US;
  #corrected_ms: number | undefined;

  /** A start, a jump, a stall: what was estimated before does not count any more. */
  disturbed(at_us: number): void {
    this.#skews = [];
    this.#settled_us = at_us + SETTLE_US;
    this.#landing = true;
  }

  /** While it runs to where it should be, estimates are no news. */
  corrected(skew_ms: number, until_us: number): void {
    this.disturbed(until_us);
    this.#corrected_ms = Math.abs(skew_ms);
  }

  take(skew_ms: number, error_us: number, at_us: number): Estimate {
    const steady = at_us >= this.#settled_us;
    if (steady) this.#skews = [...this.#skews, skew_ms].slice(-SPREAD_SAMPLES);
    const spread = steady ? Math.max(...this.#skews) - Math.min(...this.#skews) : 0;
    const error_ms = error_us / 1000 + GRANULARITY_MS + spread / 2;
    const median = this.#skews.length >= SAMPLES ? middle(this.#skews.slice(-SAMPLES)) : undefined;
    const landed_ms = this.#landing ? median : undefined;
    if (landed_ms !== undefined) this.#judge(landed_ms, at_us);
    const isFar = median !== undefined && Math.abs(median) > Math.max(WORTH_MS, error_ms);
    const correct_ms = isFar && at_us >= this.#notBefore_us ? median : undefined;
    return { skew_ms, error_ms, landed_ms, correct_ms };
  }

  /** After a correction that did not at least halve the skew the next one waits, longer each time. */
  #judge(landed_ms: number, at_us: number): void {
    this.#landing = false;
    if (this.#corrected_ms === undefined) return;
    const helped = Math.abs(landed_ms) <= Math.max(this.#corrected_ms / 2, WORTH_MS);
    this.#corrected_ms = undefined;
    if (helped) {
      this.#wait_us = WAIT_US;
    } else {
      this.#notBefore_us = at_us + this.#wait_us;
      this.#wait_us = Math.min(this.#wait_us * 2, MAX_WAIT_US);
    }
  }
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
