import type { Db } from '../../storage/index.js';
import type { FileSum } from './read-file.js';

/** What was found out about a file when it was last read. */
export const FINDINGS = ['missing', 'edited', 'rotten', 'unreadable'] as const;
export type Finding = (typeof FINDINGS)[number];

export interface KnownSum extends FileSum {
  /** Below the music folder; what is no text has marks in it. */
  readonly path: string | undefined;
  readonly found: string | undefined;
}

/** Sums of files by track, as they were when somebody last read them whole. */
export class Sums {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** Tracks and their sizes: what was never read first, the newest of it first; then what was read longest ago. */
  due(most: number): { readonly track_id: string; readonly size: number }[] {
    return this.#db
      .prepare(
        `SELECT tracks.track_id AS track_id, tracks.size AS size FROM tracks LEFT JOIN file_sums ON file_sums.track_id = tracks.track_id
         ORDER BY file_sums.checked_ms IS NOT NULL, file_sums.checked_ms, tracks.added_ms DESC, tracks.row LIMIT ?`,
      )
      .all(most)
      .map((row) => ({ track_id: String(row['track_id']), size: Number(row['size']) }));
  }

  totalBytes(): number {
    return Number(this.#db.prepare('SELECT SUM(size) AS total FROM tracks').get()?.['total'] ?? 0);
  }

  /** Files that were in the library and are not any more, by no act of ours: those take their sums along. */
  gone(): { readonly track_id: string; readonly path: string }[] {
    return this.#db
      .prepare(
        `SELECT track_id, path FROM file_sums
         WHERE path IS NOT NULL AND track_id NOT IN (SELECT track_id FROM tracks) ORDER BY path`,
      )
      .all()
      .map((row) => ({ track_id: String(row['track_id']), path: String(row['path']) }));
  }

  get(trackId: string): KnownSum | undefined {
    const row = this.#db.prepare('SELECT * FROM file_sums WHERE track_id = ?').get(trackId);
    if (!row) return undefined;
    const text = (name: string): string | undefined =>
      typeof row[name] === 'string' ? row[name] : undefined;
    return {
      size: Number(row['size']),
      mtime_us: Number(row['mtime_us']),
      sha256: String(row['sha256']),
      path: text('path'),
      found: text('found'),
    };
  }

  /** The file is this now; what is known of its sound stays. */
  put(trackId: string, sum: FileSum, path: string, checkedMs: number, found?: Finding): void {
    const upsert = this.#db.prepare(
      `INSERT INTO file_sums (track_id, size, mtime_us, sha256, checked_ms, path, found) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (track_id) DO UPDATE SET size = excluded.size, mtime_us = excluded.mtime_us, sha256 = excluded.sha256,
       checked_ms = excluded.checked_ms, path = excluded.path, found = excluded.found`,
    );
    const { size, mtime_us, sha256 } = sum;
    this.#write(() => upsert.run(trackId, size, mtime_us, sha256, checkedMs, path, found ?? null));
  }

  /** It was looked at; what it should be stays as it is. */
  checked(trackId: string, checkedMs: number, found: Finding | undefined): void {
    const update = this.#db.prepare('UPDATE file_sums SET checked_ms = ?, found = ? WHERE track_id = ?');
    this.#write(() => update.run(checkedMs, found ?? null, trackId));
  }

  forget(trackId: string): void {
    this.#write(() => this.#db.prepare('DELETE FROM file_sums WHERE track_id = ?').run(trackId));
  }

  /** Losing the last of these costs one more reading. */
  #write(work: () => unknown): void {
    this.#db.transaction(work, 'normal');
  }
}
