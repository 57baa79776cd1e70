import type { TuttiClient } from '../../src/client/index.js';
import type { Candidate } from '../../src/protocol/index.js';
import { until } from '../../test/until.js';

/** Over in a way that is not the library. */
const STUCK: readonly Candidate['state'][] = ['review', 'failed', 'rejected', 'waiting'];

export interface Arrivals {
  /** When the first was taken up and when the last stood in the library, in ms of performance.now(). */
  readonly firstMs: number;
  readonly lastMs: number;
}

/** What a client of topic `imports` hears of albums on their way. */
export class ArrivalWatch {
  readonly #states = new Map<string, Candidate>();
  #firstMs: number | undefined;
  #lastMs = 0;

  constructor(client: TuttiClient) {
    client.onEvent((event) => {
      if (event.type !== 'candidate:updated') return;
      const now = performance.now();
      this.#firstMs ??= now;
      const before = this.#states.get(event.data.candidate_id);
      this.#states.set(event.data.candidate_id, event.data);
      if (event.data.state === 'imported' && before?.state !== 'imported') this.#lastMs = now;
    });
  }

  begun(ms: number): Promise<void> {
    return until('the first album is taken up', () => this.#firstMs !== undefined, ms);
  }

  /** Resolves when so many are in the library; rejects when one of them will never be. */
  async imported(count: number, ms: number): Promise<Arrivals> {
    await until(
      `${count} albums are imported`,
      () => {
        const all = [...this.#states.values()];
        const stuck = all.find(({ state }) => STUCK.includes(state));
        if (stuck) throw new Error(`${stuck.title} is ${stuck.state}: ${stuck.reason ?? 'nobody says why'}`);
        return all.filter(({ state }) => state === 'imported').length >= count;
      },
      ms,
    );
    return { firstMs: this.#firstMs ?? Number.NaN, lastMs: this.#lastMs };
  }
}
