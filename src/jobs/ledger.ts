import type { Clock } from '../base/index.js';
import type { Db } from '../storage/index.js';

export type May =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** Wall clock; absent = not before a person acts. */
      readonly not_before_ms?: number;
      /** For people. */
      readonly reason: string;
    };

export interface LedgerParts {
  readonly db: Db;
  readonly clock: Clock;
}

interface Tried {
  readonly tries: number;
  /** When the last of them failed. */
  readonly noted_ms: number;
  readonly not_before_ms: number;
  readonly reason: string;
}

const HOUR_MS = 3_600_000;
/** How long after the first, second and third failure nothing is tried; after the last of them it is closed. */
const COOL_DOWN_MS = [HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS] as const;
const MOST_TRIES = COOL_DOWN_MS.length;

/**
 * How often each item of a source was tried in vain, over restarts and whoever asks for it again: what cannot be got is not fetched for
 * ever. Keys are of the caller, such as `feed:<address>#<guid>`.
 */
export class AttemptLedger {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor({ db, clock }: LedgerParts) {
    this.#db = db;
    this.#clock = clock;
  }

  may(key: string): May {
    const row = this.#row(key);
    if (!row) return { ok: true };
    const { tries, noted_ms, not_before_ms, reason } = row;
    if (tries >= MOST_TRIES)
      return {
        ok: false,
        reason: `Tried ${tries} times in vain; it waits for somebody to try it again. ${reason}`,
      };
    const now = Math.round(this.#clock.wallMs());
    if (now >= not_before_ms) return { ok: true };
    // A clock that was turned back does not make the rest longer than it was meant to be.
    const until = now < noted_ms ? now + (not_before_ms - noted_ms) : not_before_ms;
    if (until !== not_before_ms) this.#write(key, { tries, noted_ms: now, not_before_ms: until, reason });
    return {
      ok: false,
      not_before_ms: until,
      reason: `Tried ${tries} times in vain; it rests for a while. ${reason}`,
    };
  }

  /** Writes down how a try ended; `reason` is for people. */
  note(key: string, ended: 'failed' | 'done', reason = ''): void {
    if (ended === 'done') return this.reopen(key);
    const now = Math.round(this.#clock.wallMs());
    const tries = (this.#row(key)?.tries ?? 0) + 1;
    const rest = COOL_DOWN_MS[Math.min(tries, MOST_TRIES) - 1] ?? HOUR_MS;
    this.#write(key, { tries, noted_ms: now, not_before_ms: now + rest, reason: reason.slice(0, 1000) });
  }

  /** A person acts: what was tried before does not count any more. */
  reopen(key: string): void {
    this.#db.transaction(() => this.#db.prepare('DELETE FROM attempts WHERE key = ?').run(key));
  }

  #write(key: string, { tries, noted_ms, not_before_ms, reason }: Tried): void {
    const upsert = this.#db.prepare(
      'INSERT OR REPLACE INTO attempts (key, tries, noted_ms, not_before_ms, reason) VALUES (?, ?, ?, ?, ?)',
    );
    this.#db.transaction(() => upsert.run(key, tries, noted_ms, not_before_ms, reason));
  }

  #row(key: string): Tried | undefined {
    const row = this.#db
      .prepare('SELECT tries, noted_ms, not_before_ms, reason FROM attempts WHERE key = ?')
      .get(key);
    if (!row) return undefined;
    const number = (name: string): number => Number(row[name]);
    return {
      tries: number('tries'),
      noted_ms: number('noted_ms'),
      not_before_ms: number('not_before_ms'),
      reason: String(row['reason']),
    };
  }
}
