import * as z from 'zod';
import type { TrashEntry } from '../../protocol/index.js';
import type { Db, Row } from '../../storage/index.js';
import { Operation } from '../import/journal.js';

export interface TrashRow {
  readonly entry: TrashEntry;
  /** What put it there. */
  readonly operation: Operation;
}

/** The trash as the database knows it. */
export class TrashEntries {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** The newest first. */
  list(offset: number, limit: number): { total: number; items: TrashEntry[] } {
    const total = Number(
      this.#db.prepare('SELECT count(*) AS n FROM trash WHERE going = 0').get()?.['n'] ?? 0,
    );
    const rows = this.#db
      .prepare('SELECT * FROM trash WHERE going = 0 ORDER BY serial DESC LIMIT ? OFFSET ?')
      .all(limit, offset);
    return { total, items: rows.map((row) => toRow(row).entry) };
  }

  /** Undefined when there is none, or it is on its way out. */
  get(trashId: string): TrashRow | undefined {
    const row = this.#db.prepare('SELECT * FROM trash WHERE trash_id = ? AND going = 0').get(trashId);
    return row && toRow(row);
  }

  has(trashId: string): boolean {
    return this.#db.prepare('SELECT 1 FROM trash WHERE trash_id = ?').get(trashId) !== undefined;
  }

  /** Those whose time is over, and those that somebody was removing when the server stopped. */
  due(nowMs: number): TrashRow[] {
    return this.#db
      .prepare('SELECT * FROM trash WHERE going = 1 OR expires_ms <= ? ORDER BY serial')
      .all(nowMs)
      .map(toRow);
  }

  /** Joins the transaction of the caller. */
  add(operation: Operation): void {
    const trashed = operation.change.trashed;
    if (!trashed) return;
    const { trash_id, title, artist, reason, username, files, trashed_ms, expires_ms } = trashed;
    const size = files.reduce((sum, file) => sum + file.size, 0);
    this.#db
      .prepare(
        `INSERT OR IGNORE INTO trash (trash_id, title, artist, reason, username, file_count, size_bytes, trashed_ms, expires_ms, going, entry)
          VALUES (?,?,?,?,?,?,?,?,?,0,?)`,
      )
      .run(
        trash_id,
        title,
        artist,
        reason,
        username ?? null,
        files.length,
        size,
        trashed_ms,
        expires_ms ?? null,
        JSON.stringify(operation),
      );
  }

  /** From here on it cannot be restored. */
  setGoing(trashId: string): void {
    this.#db.prepare('UPDATE trash SET going = 1 WHERE trash_id = ?').run(trashId);
  }

  remove(trashId: string): void {
    this.#db.prepare('DELETE FROM trash WHERE trash_id = ?').run(trashId);
  }
}

const Reason = z.enum(['deleted', 'replaced', 'rejected']);
const iso = (ms: unknown): string => new Date(Number(ms)).toISOString();

function toRow(row: Row): TrashRow {
  return {
    entry: {
      trash_id: String(row['trash_id']),
      title: String(row['title']),
      artist: String(row['artist']),
      reason: Reason.parse(row['reason']),
      file_count: Number(row['file_count']),
      size_bytes: Number(row['size_bytes']),
      ...(row['username'] !== null && { username: String(row['username']) }),
      trashed_at: iso(row['trashed_ms']),
      ...(row['expires_ms'] !== null && { expires_at: iso(row['expires_ms']) }),
    },
    operation: Operation.parse(JSON.parse(String(row['entry']))),
  };
}
