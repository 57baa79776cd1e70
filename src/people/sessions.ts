import { randomId } from '../base/index.js';
import type { SessionEntry } from '../protocol/index.js';
import type { Db, Row } from '../storage/index.js';
import type { Origin } from './entrance.js';
import { hashOf, newSecret } from './secrets.js';

/** A session that is used lives on; one that is not ends after so long. */
export const SESSION_MS = 30 * 86_400_000;
/** The one that was used longest ago makes room. */
const MAX_PER_USER = 20;
/** How often it is written down that a session or token is used: an SD card has only so many writes. */
const NOTE_EVERY_MS = 10 * 60_000;

export interface NewSession {
  readonly session: string;
  readonly session_id: string;
  readonly expires_ms: number;
}

type Owner =
  | { readonly user_id: string }
  | { readonly invitation_id: string; readonly name: string; readonly expires_ms: number };

/** The rows of phones and browsers that are signed in. */
export class Sessions {
  readonly #db: Db;
  /** Exact, where the database only knows to ten minutes. */
  readonly #seen = new Map<string, number>();

  constructor(db: Db) {
    this.#db = db;
  }

  create(owner: Owner, { address, agent }: Origin, nowMs: number): NewSession {
    const session = newSecret();
    const session_id = randomId();
    const guest = 'invitation_id' in owner ? owner : undefined;
    const user_id = 'user_id' in owner ? owner.user_id : null;
    const expires_ms = guest?.expires_ms ?? nowMs + SESSION_MS;
    this.#db
      .prepare(
        `INSERT INTO sessions (session_id, secret_hash, user_id, invitation_id, guest_name, created_ms, seen_ms, expires_ms, address, agent)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        session_id,
        hashOf(session),
        user_id,
        guest?.invitation_id ?? null,
        guest?.name ?? null,
        nowMs,
        nowMs,
        expires_ms,
        label(address),
        label(agent),
      );
    if (user_id !== null)
      this.#db
        .prepare(
          `DELETE FROM sessions WHERE user_id = ?1 AND session_id <> ?2 AND session_id NOT IN
           (SELECT session_id FROM sessions WHERE user_id = ?1 AND session_id <> ?2 ORDER BY seen_ms DESC, created_ms DESC LIMIT ?3)`,
        )
        .run(user_id, session_id, MAX_PER_USER - 1);
    return { session, session_id, expires_ms };
  }

  /** Notes that a session or API token was used, and lets a user's session live on. When that was written down last. */
  used(id: string, notedMs: number, nowMs: number): number {
    this.#seen.set(id, nowMs);
    if (nowMs - notedMs < NOTE_EVERY_MS) return notedMs;
    this.#db.transaction(() => {
      this.#db
        .prepare(
          `UPDATE sessions SET seen_ms = ?1, expires_ms = CASE WHEN user_id IS NULL THEN expires_ms ELSE ?2 END
           WHERE session_id = ?3`,
        )
        .run(nowMs, nowMs + SESSION_MS, id);
      this.#db.prepare('UPDATE api_tokens SET seen_ms = ? WHERE token_id = ?').run(nowMs, id);
    }, 'normal');
    return nowMs;
  }

  /** When a session or token was last used, as far as `notedMs` or this process knows. */
  readonly seenMs = (id: string, notedMs: number): number => Math.max(notedMs, this.#seen.get(id) ?? 0);

  /** When each user was last here. */
  readonly seenBy = (userId: string): number | undefined => {
    const rows = this.#db.prepare('SELECT session_id, seen_ms FROM sessions WHERE user_id = ?').all(userId);
    const times = rows.map((row) => this.seenMs(String(row['session_id']), Number(row['seen_ms'])));
    return times.length === 0 ? undefined : Math.max(...times);
  };

  forget(id: string): void {
    this.#seen.delete(id);
  }

  knowsAddress(address: string): boolean {
    return (
      this.#db
        .prepare('SELECT 1 FROM sessions WHERE address = ? AND user_id IS NOT NULL LIMIT 1')
        .get(label(address)) !== undefined
    );
  }

  /** A guest's session that is in by an invitation already, under the name that is given now. */
  renameGuest(secretHash: string, invitationId: string, name: string): NewSessionId | undefined {
    const row = this.#db
      .prepare('SELECT session_id, expires_ms FROM sessions WHERE secret_hash = ? AND invitation_id = ?')
      .get(secretHash, invitationId);
    if (!row) return undefined;
    const session_id = String(row['session_id']);
    this.#db.prepare('UPDATE sessions SET guest_name = ? WHERE session_id = ?').run(name, session_id);
    return { session_id, expires_ms: Number(row['expires_ms']) };
  }

  /** Newest first; of one user or of everybody, guests included. */
  list(userId: string | undefined, currentId: string | undefined): SessionEntry[] {
    const rows = this.#db
      .prepare(
        `SELECT s.*, u.name AS user_name, u.role, i.room_id FROM sessions s
         LEFT JOIN users u ON u.user_id = s.user_id LEFT JOIN invitations i ON i.invitation_id = s.invitation_id
         WHERE ?1 IS NULL OR s.user_id = ?1 ORDER BY s.created_ms DESC, s.session_id`,
      )
      .all(userId ?? null);
    return rows.map((row) => this.#entry(row, currentId));
  }

  ownerOf(sessionId: string): { readonly user_id: string | undefined } | undefined {
    const row = this.#db.prepare('SELECT user_id FROM sessions WHERE session_id = ?').get(sessionId);
    return row && { user_id: row['user_id'] === null ? undefined : String(row['user_id']) };
  }

  end(sessionId: string): void {
    this.#db.prepare('DELETE FROM sessions WHERE session_id = ?').run(sessionId);
  }

  endAllOf(userId: string, exceptId = ''): void {
    this.#db.prepare('DELETE FROM sessions WHERE user_id = ? AND session_id <> ?').run(userId, exceptId);
  }

  #entry(row: Row, currentId: string | undefined): SessionEntry {
    const session_id = String(row['session_id']);
    const user =
      row['user_id'] === null
        ? { name: String(row['guest_name']), role: 'guest' as const, room_id: String(row['room_id']) }
        : {
            user_id: String(row['user_id']),
            name: String(row['user_name']),
            role: row['role'] === 'admin' ? ('admin' as const) : ('user' as const),
          };
    return {
      session_id,
      ...user,
      address: String(row['address']),
      agent: String(row['agent']),
      created_at: isoTime(row['created_ms']),
      last_seen_at: isoTime(this.seenMs(session_id, Number(row['seen_ms']))),
      current: session_id === currentId,
    };
  }
}

type NewSessionId = Omit<NewSession, 'session'>;

/** A text from outside as it may stand in a list: short, and on one line. */
function label(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, 200);
}

export const isoTime = (ms: unknown): string => new Date(Number(ms)).toISOString();
