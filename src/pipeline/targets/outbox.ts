import type { Clock } from '../../base/index.js';
import type { Db, Row } from '../../storage/index.js';

/** Why other servers are to look at a folder. `removed`: what was there may be gone. */
export type NoteReason = 'imported' | 'upgraded' | 'removed' | 'restored' | 'asked';

/** The part of the outbox that an import needs. */
export interface ScanOutbox {
  /**
   * Notes a folder, below the music folder, for every target that is switched on; to be called inside the transaction that changes the
   * library, so that both happen or neither. Nothing is sent before that has ended.
   */
  note(db: Db, folder: string, reason: NoteReason): void;
}

export interface OutboxRow {
  readonly serial: number;
  readonly folder: string;
  readonly reason: string;
  readonly noted_ms: number;
  readonly attempts: number;
  readonly due_ms: number;
}

export interface OutboxParts {
  readonly db: Db;
  readonly clock: Clock;
  /** Ids of the targets that are switched on. */
  targets(): readonly string[];
  /** Something was noted; its transaction may still be open, or fail. */
  noted(): void;
}

/** What targets have still to be told, on disk. A row goes when its scan has ended, so that a server that was killed tells it again. */
export class Outbox implements ScanOutbox {
  readonly #parts: OutboxParts;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  note(db: Db, folder: string, reason: NoteReason): void {
    for (const id of this.#parts.targets()) this.#add(db, id, folder, reason);
    this.#parts.noted();
  }

  noteFor(targetId: string, folder: string, reason: NoteReason): void {
    const { db } = this.#parts;
    db.transaction(() => this.#add(db, targetId, folder, reason));
    this.#parts.noted();
  }

  /** The oldest first. */
  rows(targetId: string): OutboxRow[] {
    return this.#parts.db
      .prepare(
        'SELECT serial, folder, reason, noted_ms, attempts, due_ms FROM scan_outbox WHERE target_id = ? ORDER BY serial',
      )
      .all(targetId)
      .map(rowOf);
  }

  count(targetId: string): number {
    const count = this.#parts.db.prepare('SELECT count(*) AS n FROM scan_outbox WHERE target_id = ?');
    return Number(count.get(targetId)?.['n'] ?? 0);
  }

  /** What was noted again meanwhile has another serial and stays. */
  remove(rows: readonly OutboxRow[]): void {
    const { db } = this.#parts;
    const remove = db.prepare('DELETE FROM scan_outbox WHERE serial = ?');
    db.transaction(() => rows.forEach(({ serial }) => remove.run(serial)), 'normal');
  }

  /** One more attempt is over; the next comes at `dueMs` of the wall clock. */
  postpone(rows: readonly OutboxRow[], dueMs: number): void {
    const { db } = this.#parts;
    const update = db.prepare('UPDATE scan_outbox SET attempts = attempts + 1, due_ms = ? WHERE serial = ?');
    db.transaction(() => rows.forEach(({ serial }) => update.run(dueMs, serial)), 'normal');
  }

  forget(targetId: string): void {
    const { db } = this.#parts;
    db.transaction(() => db.prepare('DELETE FROM scan_outbox WHERE target_id = ?').run(targetId));
  }

  #add(db: Db, targetId: string, folder: string, reason: NoteReason): void {
    const now = this.#parts.clock.wallMs();
    db.prepare(
      'INSERT OR REPLACE INTO scan_outbox (target_id, folder, reason, noted_ms, attempts, due_ms) VALUES (?, ?, ?, ?, 0, ?)',
    ).run(targetId, tidy(folder), reason, now, now);
  }
}

/** Without slashes at its ends. What would lead out of the library is taken as all of it. */
function tidy(folder: string): string {
  const parts = folder.split('/').filter((part) => part !== '' && part !== '.');
  return parts.includes('..') ? '' : parts.join('/');
}

const rowOf = (row: Row): OutboxRow => ({
  serial: Number(row['serial']),
  folder: String(row['folder']),
  reason: String(row['reason']),
  noted_ms: Number(row['noted_ms']),
  attempts: Number(row['attempts']),
  due_ms: Number(row['due_ms']),
});
