import * as z from 'zod';
import { AppError, randomId } from '../base/index.js';
import { FIRST_LINK, SCOPES, type ApiToken, type Invitation, type Scope } from '../protocol/index.js';
import type { Db, Row } from '../storage/index.js';
import { hashOf, newSecret } from './secrets.js';
import { isoTime } from './sessions.js';

/** What an API token begins with, so that one in a file or a log is known for what it is. */
export const TOKEN_PREFIX = 'tutti_';
export const LINK_MS = 60 * 60_000;
const MAX_TOKENS = 200;
const MAX_INVITATIONS = 200;

const Scopes = z.array(z.enum(SCOPES));

export interface InvitationRow {
  readonly invitation_id: string;
  readonly expires_ms: number;
}

/** The rows of API tokens, invitations and one-time links. What is made here is shown once: only its hash is kept. */
export class Passes {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  createToken(
    name: string,
    scopes: readonly Scope[],
    expiresMs: number | undefined,
    nowMs: number,
  ): { readonly token: string; readonly token_id: string } {
    this.#requireRoom('api_tokens', MAX_TOKENS);
    const token = TOKEN_PREFIX + newSecret();
    const token_id = randomId();
    this.#db
      .prepare(
        'INSERT INTO api_tokens (token_id, secret_hash, name, scopes, created_ms, expires_ms) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(token_id, hashOf(token), name, JSON.stringify([...new Set(scopes)]), nowMs, expiresMs ?? null);
    return { token, token_id };
  }

  /** Newest first. */
  tokens(seenMs: (id: string, notedMs: number) => number, nowMs: number): ApiToken[] {
    const rows = this.#db
      .prepare(
        'SELECT * FROM api_tokens WHERE expires_ms IS NULL OR expires_ms > ? ORDER BY created_ms DESC, token_id',
      )
      .all(nowMs);
    return rows.map((row) => {
      const token_id = String(row['token_id']);
      const used = seenMs(token_id, Number(row['seen_ms'] ?? 0));
      return {
        token_id,
        name: String(row['name']),
        scopes: Scopes.parse(JSON.parse(String(row['scopes']))),
        created_at: isoTime(row['created_ms']),
        ...(row['expires_ms'] !== null && { expires_at: isoTime(row['expires_ms']) }),
        ...(used > 0 && { last_used_at: isoTime(used) }),
      };
    });
  }

  revokeToken(tokenId: string): void {
    const { changes } = this.#db.prepare('DELETE FROM api_tokens WHERE token_id = ?').run(tokenId);
    if (changes === 0) throw new AppError('ERR_NOT_FOUND', 'no token has this id');
  }

  createInvitation(
    asked: Pick<Invitation, 'room_id' | 'name' | 'max_uses'>,
    by: string | undefined,
    expiresMs: number,
    nowMs: number,
  ): { readonly secret: string; readonly invitation: Invitation } {
    this.#requireRoom('invitations', MAX_INVITATIONS);
    const secret = newSecret();
    const invitation_id = randomId();
    this.#db
      .prepare(
        `INSERT INTO invitations (invitation_id, secret_hash, room_id, name, created_by, created_ms, expires_ms, max_uses, uses)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)`,
      )
      .run(
        invitation_id,
        hashOf(secret),
        asked.room_id,
        asked.name,
        by ?? null,
        nowMs,
        expiresMs,
        asked.max_uses,
      );
    const dates = { created_at: isoTime(nowMs), expires_at: isoTime(expiresMs) };
    return { secret, invitation: { invitation_id, ...asked, ...dates, uses: 0 } };
  }

  /** Newest first; of one room or of all. */
  invitations(roomId: string | undefined, nowMs: number): Invitation[] {
    return this.#db
      .prepare(
        'SELECT * FROM invitations WHERE (?1 IS NULL OR room_id = ?1) AND expires_ms > ?2 ORDER BY created_ms DESC, invitation_id',
      )
      .all(roomId ?? null, nowMs)
      .map(invitationIn);
  }

  revokeInvitation(invitationId: string): void {
    const { changes } = this.#db.prepare('DELETE FROM invitations WHERE invitation_id = ?').run(invitationId);
    if (changes === 0) throw new AppError('ERR_NOT_FOUND', 'no invitation has this id');
  }

  invitationWith(secretHash: string, nowMs: number): InvitationRow | undefined {
    const row = this.#db
      .prepare('SELECT invitation_id, expires_ms FROM invitations WHERE secret_hash = ? AND expires_ms > ?')
      .get(secretHash, nowMs);
    return row && { invitation_id: String(row['invitation_id']), expires_ms: Number(row['expires_ms']) };
  }

  /** False when it has been used as often as it may be. */
  countUse(invitationId: string): boolean {
    const { changes } = this.#db
      .prepare('UPDATE invitations SET uses = uses + 1 WHERE invitation_id = ? AND uses < max_uses')
      .run(invitationId);
    return changes === 1;
  }

  /** A link that signs an account in, or without one makes the first admin. It replaces the links for the same purpose. */
  createLink(
    userId: string | undefined,
    nowMs: number,
  ): { readonly link: string; readonly expires_ms: number } {
    const link = `${userId === undefined ? FIRST_LINK : ''}${newSecret()}`;
    const expires_ms = nowMs + LINK_MS;
    this.#db.transaction(() => {
      this.forgetLinks(userId);
      this.#db
        .prepare('INSERT INTO sign_in_links (link_hash, user_id, expires_ms) VALUES (?, ?, ?)')
        .run(hashOf(link), userId ?? null, expires_ms);
    });
    return { link, expires_ms };
  }

  linkWith(linkHash: string, nowMs: number): { readonly user_id: string | undefined } | undefined {
    const row = this.#db
      .prepare('SELECT user_id FROM sign_in_links WHERE link_hash = ? AND expires_ms > ?')
      .get(linkHash, nowMs);
    return row && { user_id: row['user_id'] === null ? undefined : String(row['user_id']) };
  }

  forgetLinks(userId: string | undefined): void {
    this.#db.prepare('DELETE FROM sign_in_links WHERE user_id IS ?').run(userId ?? null);
  }

  revokeAccess(accessId: string, expiresMs: number): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO revoked_access (access_id, expires_ms) VALUES (?, ?)')
      .run(accessId, expiresMs);
  }

  isRevoked(accessId: string): boolean {
    return this.#db.prepare('SELECT 1 FROM revoked_access WHERE access_id = ?').get(accessId) !== undefined;
  }

  #requireRoom(table: 'api_tokens' | 'invitations', limit: number): void {
    const count = this.#db.prepare(`SELECT count(*) AS n FROM ${table}`).get();
    if (Number(count?.['n']) >= limit)
      throw new AppError('ERR_BUSY', 'There are too many already: revoke some first', {
        params: { limit },
        retryable: false,
      });
  }
}

function invitationIn(row: Row): Invitation {
  return {
    invitation_id: String(row['invitation_id']),
    room_id: String(row['room_id']),
    name: String(row['name']),
    created_at: isoTime(row['created_ms']),
    expires_at: isoTime(row['expires_ms']),
    max_uses: Number(row['max_uses']),
    uses: Number(row['uses']),
  };
}
