import { createHash } from 'node:crypto';
import type { AttemptLedger } from '../../jobs/index.js';

/** What downloads do with the ledger of attempts. An item is an address. */
export interface Attempts {
  /** It was tried in vain. When it may be tried again by itself, on the wall clock; undefined = not before a person acts. */
  failed(source: string, item: string, reason: string): number | undefined;
  /** It came, or a person acts. */
  forget(source: string, item: string): void;
}

/** Addresses may hold secrets: the ledger has their hashes. */
export function attemptsOf(ledger: AttemptLedger): Attempts {
  const key = (source: string, item: string): string =>
    `${source}:${createHash('sha256').update(item).digest('hex').slice(0, 40)}`;
  return {
    failed(source, item, reason) {
      ledger.note(key(source, item), 'failed', reason);
      const may = ledger.may(key(source, item));
      return may.ok ? undefined : may.not_before_ms;
    },
    forget: (source, item) => ledger.reopen(key(source, item)),
  };
}
