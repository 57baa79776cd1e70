import { EARLIEST_MS } from '../base/index.js';
import type { Db } from '../storage/index.js';

/**
 * What was made while a new house did not know the year yet lasts as long as it should, from when it was made: all of it is moved by what the
 * clock leapt when it was set. True when there was any.
 */
export function redate(db: Db, byMs: number): boolean {
  if (byMs <= 0) return false;
  const by = Math.round(byMs);
  const moves = [
    'UPDATE sessions SET created_ms = created_ms + ?1, seen_ms = seen_ms + ?1, expires_ms = expires_ms + ?1 WHERE created_ms < ?2',
    'UPDATE invitations SET created_ms = created_ms + ?1, expires_ms = expires_ms + ?1 WHERE created_ms < ?2',
    'UPDATE api_tokens SET created_ms = created_ms + ?1, seen_ms = seen_ms + ?1, expires_ms = expires_ms + ?1 WHERE created_ms < ?2',
    'UPDATE sign_in_links SET expires_ms = expires_ms + ?1 WHERE expires_ms < ?2',
    'UPDATE revoked_access SET expires_ms = expires_ms + ?1 WHERE expires_ms < ?2',
  ];
  return db.transaction(() => {
    const changed = moves.map((sql) => Number(db.prepare(sql).run(by, EARLIEST_MS).changes));
    return changed.some((count) => count > 0);
  });
}
