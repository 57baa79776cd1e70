import { backoffMs, toError, type Clock, type Logger } from '../../base/index.js';
import type { JobResult } from '../running-job.js';
import { CANCELLED, type Entry, type Handler } from './entry.js';
import type { StoredOutcome } from './rows.js';

export interface SettlingParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** 0..1 */
  readonly random: () => number;
  readonly handlers: ReadonlyMap<string, Handler>;
  isOpen(this: void): boolean;
  /** Who handles the kind took the outcome, and says what the job is to say. */
  settled(this: void, entry: Entry, outcome: StoredOutcome, said: JobResult | undefined): void;
}

/** So often what failed to be settled is tried again. */
const SETTLE_BASE_MS = 1_000;
const SETTLE_MAX_MS = 60_000;

/** Brings outcomes to who handles their kind, until they are taken. */
export class Settling {
  readonly #parts: SettlingParts;
  readonly #settlements = new Set<Promise<void>>();

  constructor(parts: SettlingParts) {
    this.#parts = parts;
  }

  /** Offers what came of it until that is taken. */
  settle(entry: Entry): void {
    if (entry.settling || !this.#parts.isOpen() || !this.#parts.handlers.has(entry.row.kind)) return;
    entry.settling = true;
    this.#offer(entry, 0);
  }

  #offer(entry: Entry, tries: number): void {
    const settlement = this.#settled(entry, tries);
    this.#settlements.add(settlement);
    void settlement.then(() => this.#settlements.delete(settlement));
  }

  async #settled(entry: Entry, tries: number): Promise<void> {
    const { log, clock, random } = this.#parts;
    const { job_id } = entry.row;
    try {
      const [outcome, said] = await this.#ask(entry);
      this.#parts.settled(entry, outcome, said);
    } catch (thrown) {
      log.error({ err: toError(thrown), job_id }, 'the outcome of a job was not taken; it is offered again');
      if (!this.#parts.isOpen()) return;
      const delay = backoffMs(tries, random(), SETTLE_BASE_MS, SETTLE_MAX_MS);
      entry.timer = clock.after(delay, () => this.#offer(entry, tries + 1));
    }
  }

  /** Tells who handles the kind. */
  async #ask({ row }: Entry): Promise<[StoredOutcome, JobResult | undefined]> {
    const handler = this.#parts.handlers.get(row.kind);
    let outcome = row.outcome ?? CANCELLED;
    const params = handler?.work.params.safeParse(row.params);
    if (!handler || params?.success !== true) return [outcome, undefined];
    if (outcome.ok) {
      const result = handler.work.result.safeParse(outcome.result);
      const message = 'What came back is not what this work gives';
      outcome = result.success
        ? { ok: true, result: result.data }
        : { ok: false, error: { message, retryable: false } };
    }
    const said = await handler.options.settled(row.job_id, params.data, outcome);
    return [outcome, said ?? undefined];
  }

  /** Resolves when nobody is asked any more. */
  async idle(): Promise<void> {
    await Promise.all(this.#settlements);
  }
}
