import type { Timer } from '../../src/base/index.js';
import { ManualClock } from './manual-clock.js';

/** Longer timers are limits of answers that come over real sockets: time must not run out on those. */
const LIMIT_MS = 86_400_000;

/**
 * For code that waits by the clock and asks over real sockets in between: time goes on, in one leap, only to a moment that somebody sleeps
 * until. While a real answer is under way nobody sleeps and time stands still, however slow the machine is.
 */
export class SteppingClock extends ManualClock {
  /** Give this to what has a limit for answers. */
  static readonly LIMIT_MS = LIMIT_MS;
  readonly #sleepers = new Map<symbol, number>();

  override after(ms: number, run: () => void): Timer {
    if (ms >= LIMIT_MS) return super.after(ms, run);
    const key = Symbol('sleeper');
    this.#sleepers.set(key, this.nowUs() + ms * 1000);
    const timer = super.after(ms, () => {
      this.#sleepers.delete(key);
      run();
    });
    return {
      cancel: () => {
        this.#sleepers.delete(key);
        timer.cancel();
      },
    };
  }

  /** Leaps to the next sleeper. */
  async step(): Promise<void> {
    const next = Math.min(...this.#sleepers.values());
    if (Number.isFinite(next)) await this.advance(Math.max(0, next - this.nowUs()) / 1000);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** Steps until it settles. */
  async through<T>(work: Promise<T>): Promise<T> {
    let over = false;
    const end = work.finally(() => (over = true));
    end.catch(() => undefined);
    await this.until('the work settles', () => over);
    return end;
  }

  /** Steps until `condition` holds; rejects with `what` when real time runs out. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const end = performance.now() + 30_000;
    while (!condition()) {
      if (performance.now() > end) throw new Error(`never came: ${what}`);
      await this.step();
    }
  }
}
