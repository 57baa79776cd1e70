/** An error larger than this is jumped over: it is no noise, the clock was stepped. */
const STEP_US = 20_000;
/** Errors fade with this time constant, and never faster than MAX_SLEW: what is steered by this clock must not hear them. */
const FADE_US = 2e6;
const MAX_SLEW = 1e-3;

/**
 * Another machine's clock, made from estimates that jump a little with each exchange: runs evenly, and comes to the estimate slowly
 * unless it is far off. Microseconds.
 */
export class SteadyClock {
  readonly #localUs: () => number;
  readonly #estimateUs: () => number;
  #offsetUs = Number.NaN;
  #atUs = 0;

  /** `estimateUs` gives the other clock as far as it is known now, or NaN. */
  constructor(localUs: () => number, estimateUs: () => number) {
    this.#localUs = localUs;
    this.#estimateUs = estimateUs;
  }

  /** NaN until the first estimate. */
  nowUs(): number {
    const local = this.#localUs();
    const wanted = this.#estimateUs() - local;
    if (!Number.isNaN(wanted)) this.#approach(wanted, local);
    this.#atUs = local;
    return local + this.#offsetUs;
  }

  #approach(wanted: number, local: number): void {
    const error = wanted - this.#offsetUs;
    if (Number.isNaN(this.#offsetUs) || Math.abs(error) > STEP_US) {
      this.#offsetUs = wanted;
      return;
    }
    const passed = Math.max(0, local - this.#atUs);
    const most = passed * MAX_SLEW;
    const step = error * Math.min(1, passed / FADE_US);
    this.#offsetUs += Math.max(-most, Math.min(most, step));
  }
}
