import type { Clock } from '../base/index.js';
import type { Db } from '../storage/index.js';

/** Who loves which album. */
export class Hearts {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** False when it was so already. */
  give(userId: string, albumId: string): boolean {
    const insert = this.#db.prepare(
      'INSERT OR IGNORE INTO hearts (user_id, album_id, at_ms) VALUES (?, ?, ?)',
    );
    return this.#db.transaction(() => insert.run(userId, albumId, this.#clock.wallMs()).changes > 0);
  }

  /** False when there was none. */
  take(userId: string, albumId: string): boolean {
    const remove = this.#db.prepare('DELETE FROM hearts WHERE user_id = ? AND album_id = ?');
    return this.#db.transaction(() => remove.run(userId, albumId).changes > 0);
  }

  count(albumId: string): number {
    return Number(
      this.#db.prepare('SELECT count(*) AS n FROM hearts WHERE album_id = ?').get(albumId)?.['n'] ?? 0,
    );
  }

  /** The newest first. */
  of(userId: string): string[] {
    return this.#db
      .prepare('SELECT album_id FROM hearts WHERE user_id = ? ORDER BY at_ms DESC, album_id')
      .all(userId)
      .map((row) => String(row['album_id']));
  }
}
