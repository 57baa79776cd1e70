import * as z from 'zod';
import { SCOPES } from '../protocol/index.js';
import type { Db, Row } from '../storage/index.js';
import type { Identity } from './door.js';

const Scopes = z.array(z.enum(SCOPES));

const SESSIONS = `
  SELECT s.session_id, s.user_id, s.guest_name, s.expires_ms, s.seen_ms, u.name, u.role, i.room_id
  FROM sessions s LEFT JOIN users u ON u.user_id = s.user_id LEFT JOIN invitations i ON i.invitation_id = s.invitation_id
  WHERE s.expires_ms > ?`;
const TOKENS =
  'SELECT token_id, name, scopes, expires_ms, seen_ms FROM api_tokens WHERE (expires_ms IS NULL OR expires_ms > ?)';

/** The tables whose rows have an end. */
const ENDING = ['sessions', 'api_tokens', 'invitations', 'sign_in_links', 'revoked_access'];

export interface Credential {
  readonly identity: Identity;
  /** When it was last noted that it was used. */
  readonly seen_ms: number;
}

/** Who a secret is, as the database says it at this moment: nothing is remembered here. */
export class Credentials {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  sessionWith(secretHash: string, nowMs: number): Credential | undefined {
    return credential(this.#db.prepare(`${SESSIONS} AND s.secret_hash = ?`).get(nowMs, secretHash));
  }

  tokenWith(secretHash: string, nowMs: number): Credential | undefined {
    return credential(this.#db.prepare(`${TOKENS} AND secret_hash = ?`).get(nowMs, secretHash));
  }

  /** A session or an API token by its id. */
  called(id: string, nowMs: number): Credential | undefined {
    return (
      credential(this.#db.prepare(`${SESSIONS} AND s.session_id = ?`).get(nowMs, id)) ??
      credential(this.#db.prepare(`${TOKENS} AND token_id = ?`).get(nowMs, id))
    );
  }

  /** Everybody who may come in now, by session or token. */
  all(nowMs: number): Map<string, Identity> {
    const rows = [...this.#db.prepare(SESSIONS).all(nowMs), ...this.#db.prepare(TOKENS).all(nowMs)];
    return new Map(rows.map(identityIn).map((identity) => [identity.session_id, identity]));
  }

  /** When the next thing here ends after a moment. */
  nextEndMs(afterMs: number): number | undefined {
    const ends = ENDING.map((table) => `SELECT expires_ms FROM ${table} WHERE expires_ms > ?1`);
    const row = this.#db
      .prepare(`SELECT min(expires_ms) AS next FROM (${ends.join(' UNION ALL ')})`)
      .get(afterMs);
    return typeof row?.['next'] === 'number' ? row['next'] : undefined;
  }

  /** Deletes what has ended. */
  sweep(nowMs: number): void {
    const next = this.nextEndMs(0);
    if (next === undefined || next > nowMs) return;
    this.#db.transaction(() => {
      for (const table of ENDING) this.#db.prepare(`DELETE FROM ${table} WHERE expires_ms <= ?`).run(nowMs);
    }, 'normal');
  }
}

function credential(row: Row | undefined): Credential | undefined {
  return row && { identity: identityIn(row), seen_ms: Number(row['seen_ms'] ?? 0) };
}

function identityIn(row: Row): Identity {
  const text = (column: string): string => String(row[column]);
  const ends = row['expires_ms'] === null ? {} : { expires_at_ms: Number(row['expires_ms']) };
  if (row['token_id'] !== undefined) {
    const id = text('token_id');
    const scopes = Scopes.parse(JSON.parse(text('scopes')));
    return { role: 'device', scopes, subject_id: id, session_id: id, name: text('name'), ...ends };
  }
  const session_id = text('session_id');
  if (row['user_id'] === null) {
    const guest = { role: 'guest', room_id: text('room_id'), name: text('guest_name') } as const;
    return { ...guest, subject_id: session_id, session_id, ...ends };
  }
  const role = row['role'] === 'admin' ? 'admin' : 'user';
  return { role, subject_id: text('user_id'), session_id, name: text('name') };
}
