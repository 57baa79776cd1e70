import type { TuttiClient } from '../../src/client/index.js';
import { percentile } from '../figures.js';
import type { Row } from '../result.js';
import { once, row } from '../sync/stage.js';

const EVERY_MS = 500;
/** Two beats: one was left out. */
const LONGEST_MS = 1000;
const SHARE = 0.98;

/** How regularly a phone is told where the music is: twice a second. */
export class Beat {
  readonly #at: number[] = [];
  readonly #stop: () => void;

  constructor(client: TuttiClient) {
    this.#stop = client.onEvent(({ type }) => {
      if (type === 'playback:progress') this.#at.push(performance.now());
    });
  }

  rows(): Row[] {
    this.#stop();
    const waits = this.#at.slice(1).map((at, index) => at - this.#at[index]!);
    const [first = 0, last = 0] = [this.#at[0], this.#at.at(-1)];
    const due = Math.max(1, (last - first) / EVERY_MS);
    const share = waits.length / due;
    const longest = waits.length === 0 ? undefined : Math.max(...waits);
    return [
      {
        measure: 'updates of the position a second',
        unit: 'Hz',
        ours: once(share * 2),
        target: { text: `>= ${2 * SHARE} Hz`, met: share >= SHARE },
      },
      row('from one to the next, p95', 'ms', waits.length === 0 ? undefined : percentile(waits, 0.95)),
      row('from one to the next, most', 'ms', longest, LONGEST_MS),
    ];
  }
}
