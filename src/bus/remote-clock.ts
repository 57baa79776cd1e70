import type { Clock, Timer } from '../base/index.js';
import type { HouseLine } from './house-line.js';

const SAMPLES = 8;
const EVERY_MS = 10_000;

interface Sample {
  readonly offsetUs: number;
  readonly roundTripUs: number;
}

/**
 * The clock of a house that is another process, perhaps on another machine: positions of music are told in it. Of the last exchanges the
 * quickest counts. On the same machine both read one clock, and an offset within what the exchange can tell is none.
 */
export class RemoteClock implements Clock {
  readonly #line: Pick<HouseLine, 'home' | 'ask'>;
  readonly #own: Clock;
  readonly #timer: Timer;
  #samples: Sample[] = [];
  #offsetUs = 0;

  constructor(line: Pick<HouseLine, 'home' | 'ask'>, own: Clock) {
    this.#line = line;
    this.#own = own;
    this.#timer = own.every(EVERY_MS, () => void this.exchange());
  }

  nowUs(): number {
    return this.#own.nowUs() + this.#offsetUs;
  }

  wallMs(): number {
    return this.#own.wallMs();
  }

  after(ms: number, run: () => void): Timer {
    return this.#own.after(ms, run);
  }

  every(ms: number, run: () => void): Timer {
    return this.#own.every(ms, run);
  }

  /** Another house, another clock. Resolves when it is known. */
  async learn(): Promise<void> {
    this.#samples = [];
    for (let count = 0; count < SAMPLES; count++) await this.exchange();
  }

  /** One exchange; none while the house is away. */
  async exchange(): Promise<void> {
    if (!this.#line.home) return;
    const t0 = this.#own.nowUs();
    const answer = await this.#line.ask('clock', {}).catch(() => undefined);
    if (!answer) return;
    const t3 = this.#own.nowUs();
    const { t1_us, t2_us } = answer;
    const roundTripUs = t3 - t0 - (t2_us - t1_us);
    this.#samples = [...this.#samples, { offsetUs: (t1_us - t0 + (t2_us - t3)) / 2, roundTripUs }].slice(
      -SAMPLES,
    );
    const best = this.#samples.reduce((one, other) => (other.roundTripUs < one.roundTripUs ? other : one));
    this.#offsetUs = Math.abs(best.offsetUs) <= best.roundTripUs / 2 ? 0 : Math.round(best.offsetUs);
  }

  close(): void {
    this.#timer.cancel();
  }
}
