/** One `clock` exchange. t0 and t3 are the client's clock, t1 and t2 the server's; microseconds. [CL1] */
export interface ClockSample {
  readonly t0_us: number;
  readonly t1_us: number;
  readonly t2_us: number;
  readonly t3_us: number;
}

export interface ClockEstimate {
  /** Server clock minus client clock. */
  readonly offset_us: number;
  /** The offset is wrong by no more than this, whatever the asymmetry of the way there and back. */
  readonly error_us: number;
}

/** Two quartz clocks drift apart by less than this, seconds a second: an old sample is worth less by so much. */
const MAX_DRIFT = 100e-6;
const WINDOW = 16;

interface Kept {
  readonly offset_us: number;
  readonly rtt_us: number;
  readonly at_us: number;
}

/** Offset between two clocks from the quickest of the recent exchanges: queues on the way only ever add delay. */
export class ClockFilter {
  #samples: Kept[] = [];

  /** Samples that run backwards (a clock was stepped, or a frame of another exchange) are passed over. */
  add(sample: ClockSample): void {
    const away = sample.t3_us - sample.t0_us;
    const there = sample.t2_us - sample.t1_us;
    if (!(away >= 0) || !(there >= 0) || there > away) return;
    const offset_us = (sample.t1_us - sample.t0_us + (sample.t2_us - sample.t3_us)) / 2;
    this.#samples.push({ offset_us, rtt_us: away - there, at_us: sample.t3_us });
    if (this.#samples.length > WINDOW) this.#samples.shift();
  }

  /** The best that is known at `nowUs` of the client's clock; undefined before the first sample. */
  estimate(nowUs: number): ClockEstimate | undefined {
    let best: ClockEstimate | undefined;
    for (const { offset_us, rtt_us, at_us } of this.#samples) {
      const error_us = rtt_us / 2 + Math.max(0, nowUs - at_us) * MAX_DRIFT;
      if (!best || error_us < best.error_us) best = { offset_us, error_us };
    }
    return best;
  }

  /** Forget everything: after a sleep, or a new connection, old samples prove nothing. */
  clear(): void {
    this.#samples = [];
  }
}
