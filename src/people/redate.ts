import { EARLIEST_MS, FAR_MS } from '../base/index.js';
import type { Db } from '../storage/index.js';
import { LINK_MS } from './passes.js';

/**
 * What was made while the year was wrong lasts as long as it should, from when it was made: all of it is moved by what the clock leapt when it
 * was set. A house that did not know the year yet was before any Tutti; one whose clock was years ahead has made things later than
 * now. By less it may be the clock of now that is wrong, and be set right later: then nothing may have lost time. True when there was any.
 */
export function redate(db: Db, byMs: number, nowMs: number): boolean {
  if (byMs <= 0 && byMs >= -FAR_MS) return false;
  const by = Math.round(byMs);
  const now = Math.round(nowMs);
  const [wrong, wrongEnd, limit] =
    byMs > 0
      ? (['created_ms < ?2', 'expires_ms < ?2', EARLIEST_MS] as const)
      : (['created_ms > ?2', `expires_ms > ?2 + ${LINK_MS}`, now] as const);
  const moves = [
    `UPDATE sessions SET created_ms = created_ms + ?1, seen_ms = seen_ms + ?1, expires_ms = expires_ms + ?1 WHERE ${wrong}`,
    `UPDATE invitations SET created_ms = created_ms + ?1, expires_ms = expires_ms + ?1 WHERE ${wrong}`,
    `UPDATE api_tokens SET created_ms = created_ms + ?1, seen_ms = seen_ms + ?1, expires_ms = expires_ms + ?1 WHERE ${wrong}`,
    `UPDATE sign_in_links SET expires_ms = expires_ms + ?1 WHERE ${wrongEnd}`,
    `UPDATE revoked_access SET expires_ms = expires_ms + ?1 WHERE ${wrongEnd}`,
  ];
  return db.transaction(() => {
    const changed = moves.map((sql) => Number(db.prepare(sql).run(by, limit).changes));
    return changed.some((count) => count > 0);
  });
}
