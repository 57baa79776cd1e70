import type { Clock } from '../../base/index.js';

const WINDOW_US = 5_000_000;
/** Who brought nothing for so long has no speed. */
const STALE_US = 3_000_000;

export interface Pace {
  readonly speed_bytes_per_second?: number;
  readonly eta_seconds?: number;
}

/** How fast bytes come, over the last seconds. What was there before the first look counts for nothing. */
export class Speed {
  readonly #clock: Clock;
  #seen: { readonly atUs: number; readonly bytes: number }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Bytes there are now; fewer than before = it began anew. */
  saw(bytes: number): void {
    const atUs = this.#clock.nowUs();
    const last = this.#seen.at(-1);
    if (last && bytes < last.bytes) this.#seen = [];
    if (last && bytes === last.bytes) return;
    this.#seen.push({ atUs, bytes });
    while (this.#seen.length > 2 && atUs - this.#seen[0]!.atUs > WINDOW_US) this.#seen.shift();
  }

  /** Empty unless bytes arrive. */
  now(total: number | undefined): Pace {
    const first = this.#seen[0];
    const last = this.#seen.at(-1);
    const nowUs = this.#clock.nowUs();
    if (!first || !last || last === first || nowUs - last.atUs > STALE_US) return {};
    const speed = ((last.bytes - first.bytes) * 1e6) / Math.max(1, last.atUs - first.atUs);
    if (speed <= 0) return {};
    const left = total === undefined ? undefined : Math.max(0, total - last.bytes);
    return {
      speed_bytes_per_second: Math.round(speed),
      ...(left !== undefined && { eta_seconds: Math.round(left / speed) }),
    };
  }
}
