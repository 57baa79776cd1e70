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
  /** Of the quickest recent exchange. */
  readonly rtt_us: number;
  /** How much faster the server's clock runs; absent until it has been watched long enough. */
  readonly drift_ppm?: number;
}

interface Kept {
  readonly offset_us: number;
  /** The offset was not further from it than this at `at_us`. */
  readonly room_us: number;
  readonly rtt_us: number;
  readonly at_us: number;
}

/** Seconds a second. Two quartz clocks never drift apart by more than the first; before it was measured, the second is likely. */
const MAX_DRIFT = 100e-6;
const LIKELY_DRIFT = 25e-6;
/** A crystal's drift follows its temperature by this much within some minutes. */
const WANDER = 2e-6;
const RECENT = 64;
/** Of the recent exchanges so many of the quickest count. */
const BEST = 8;
/** The drift is read from the quickest exchange of each stretch. */
const STRETCH_US = 8_000_000;
const STRETCHES = 32;
/** How long to watch before a drift is more than noise. */
const WATCHED_US = 24_000_000;
/** A difference of delays below this says nothing. */
const FLOOR_US = 20;

/**
 * Offset and drift between two clocks from the quickest exchanges: queues on the way only ever add delay. Each exchange also proves
 * an interval for the offset; the answer always lies in what all of them leave.
 */
export class ClockFilter {
  #recent: Kept[] = [];
  #quickest: Kept[] = [];
  #stretchFrom = 0;
  #learned = false;
  #drift = 0;
  #slowest = -MAX_DRIFT;
  #fastest = MAX_DRIFT;

  /** Exchanges that run backwards (a frame of another one) are passed over. One that contradicts all before it means that a clock was stepped: those are forgotten. */
  add(sample: ClockSample): void {
    const away = sample.t3_us - sample.t0_us;
    const there = sample.t2_us - sample.t1_us;
    const slack = away * MAX_DRIFT;
    if (!(away >= 0) || !(there >= 0) || there > away + slack) return;
    const offset_us = (sample.t1_us - sample.t0_us + (sample.t2_us - sample.t3_us)) / 2;
    const rtt_us = Math.max(0, away - there);
    const kept = { offset_us, rtt_us, room_us: rtt_us / 2 + slack, at_us: sample.t3_us };
    const [low, high] = this.#proven(kept.at_us);
    const last = this.#recent.at(-1);
    const stepped = low > offset_us + kept.room_us || high < offset_us - kept.room_us;
    if (stepped || (last && last.at_us > kept.at_us)) this.clear();
    this.#recent.push(kept);
    if (this.#recent.length > RECENT) this.#recent.shift();
    this.#keepQuickest(kept);
  }

  /** The best that is known at `nowUs` of the client's clock; undefined before the first sample. */
  estimate(nowUs: number): ClockEstimate | undefined {
    const first = this.#recent[0];
    if (!first) return undefined;
    const unsure = this.#learned ? WANDER : LIKELY_DRIFT;
    const scored = this.#recent
      .map((kept) => ({ kept, cost: kept.rtt_us / 2 + Math.abs(nowUs - kept.at_us) * unsure }))
      .sort((a, b) => a.cost - b.cost)
      .slice(0, BEST);
    const least = scored[0]?.cost ?? 0;
    let [sum, weights] = [0, 0];
    for (const { kept, cost } of scored) {
      const weight = 1 / (cost - 0.8 * least + FLOOR_US) ** 2;
      sum += weight * (kept.offset_us - first.offset_us + (nowUs - kept.at_us) * this.#drift);
      weights += weight;
    }
    const [low, high] = this.#proven(nowUs);
    const offset_us = Math.min(high, Math.max(low, first.offset_us + sum / weights));
    return {
      offset_us,
      error_us: Math.max(high - offset_us, offset_us - low),
      rtt_us: Math.min(...this.#recent.map(({ rtt_us }) => rtt_us)),
      ...(this.#learned && { drift_ppm: this.#drift * 1e6 }),
    };
  }

  /** Forget everything: after a sleep, or a new connection, old samples prove nothing. */
  clear(): void {
    this.#recent = [];
    this.#quickest = [];
    this.#learned = false;
    this.#drift = 0;
    this.#slowest = -MAX_DRIFT;
    this.#fastest = MAX_DRIFT;
  }

  /** Between what the offset must be at a moment, given every exchange and the bounds of the drift. */
  #proven(nowUs: number): [low: number, high: number] {
    let [low, high] = [-Infinity, Infinity];
    for (const { offset_us, room_us, at_us } of [...this.#quickest, ...this.#recent]) {
      const age = nowUs - at_us;
      low = Math.max(low, offset_us - room_us + Math.min(age * this.#slowest, age * this.#fastest));
      high = Math.min(high, offset_us + room_us + Math.max(age * this.#slowest, age * this.#fastest));
    }
    return [low, high];
  }

  #keepQuickest(kept: Kept): void {
    const last = this.#quickest.at(-1);
    if (last && kept.at_us - this.#stretchFrom < STRETCH_US) {
      if (kept.rtt_us <= last.rtt_us) this.#quickest[this.#quickest.length - 1] = kept;
      return;
    }
    this.#learnDrift();
    this.#stretchFrom = kept.at_us;
    this.#quickest.push(kept);
    if (this.#quickest.length > STRETCHES) this.#quickest.shift();
  }

  /** A line through the quickest of each stretch, pulled towards no drift while they prove little; and what they prove about it. */
  #learnDrift(): void {
    const all = this.#quickest;
    const [first, last] = [all[0], all.at(-1)];
    if (!first || !last) return;
    const least = Math.min(...all.map(({ rtt_us }) => rtt_us));
    let [slowest, fastest] = [-MAX_DRIFT, MAX_DRIFT];
    let [weights, times, offsets] = [0, 0, 0];
    const points = all.map(({ offset_us, rtt_us, room_us, at_us }, n) => {
      for (const before of all.slice(0, n)) {
        const [moved, span] = [offset_us - before.offset_us, at_us - before.at_us];
        const room = room_us + before.room_us;
        slowest = Math.max(slowest, (moved - room) / span - WANDER);
        fastest = Math.min(fastest, (moved + room) / span + WANDER);
      }
      const weight = 1 / ((rtt_us - 0.9 * least) / 2 + FLOOR_US) ** 2;
      const point = { weight, time: at_us - last.at_us, offset: offset_us - last.offset_us };
      weights += weight;
      times += weight * point.time;
      offsets += weight * point.offset;
      return point;
    });
    let [covariance, variance] = [0, LIKELY_DRIFT ** -2];
    for (const { weight, time, offset } of points) {
      covariance += weight * (time - times / weights) * (offset - offsets / weights);
      variance += weight * (time - times / weights) ** 2;
    }
    this.#learned = last.at_us - first.at_us >= WATCHED_US;
    this.#slowest = Math.min(slowest, fastest);
    this.#fastest = Math.max(slowest, fastest);
    this.#drift = Math.min(this.#fastest, Math.max(this.#slowest, covariance / variance));
  }
}
