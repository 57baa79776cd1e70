import type { Clock } from '../base/index.js';
import type { Db } from '../storage/index.js';

export type Loved = 'album' | 'track' | 'artist';

const TABLE = { album: 'hearts', track: 'track_hearts', artist: 'artist_hearts' } as const;
const DAY_MS = 24 * 3600 * 1000;

/** Who loves what. */
export class Hearts {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** False when it was so already. */
  give(kind: Loved, userId: string, id: string): boolean {
    const insert = this.#db.prepare(
      `INSERT OR IGNORE INTO ${TABLE[kind]} (user_id, ${kind}_id, at_ms) VALUES (?, ?, ?)`,
    );
    return this.#db.transaction(() => insert.run(userId, id, this.#clock.wallMs()).changes > 0);
  }

  /** False when there was none. */
  take(kind: Loved, userId: string, id: string): boolean {
    const remove = this.#db.prepare(`DELETE FROM ${TABLE[kind]} WHERE user_id = ? AND ${kind}_id = ?`);
    return this.#db.transaction(() => remove.run(userId, id).changes > 0);
  }

  count(kind: Loved, id: string): number {
    const row = this.#db.prepare(`SELECT count(*) AS n FROM ${TABLE[kind]} WHERE ${kind}_id = ?`).get(id);
    return Number(row?.['n'] ?? 0);
  }

  /** The newest first. */
  of(kind: Loved, userId: string): string[] {
    return this.#db
      .prepare(
        `SELECT ${kind}_id AS id FROM ${TABLE[kind]} WHERE user_id = ? ORDER BY at_ms DESC, ${kind}_id`,
      )
      .all(userId)
      .map((row) => String(row['id']));
  }

  /** Gives a new album the hearts of those who love its artist: once, so that a heart that was taken back stays away. Who they are. */
  giveForArtist(artistId: string, albumId: string): string[] {
    const lovers = this.#db
      .prepare('SELECT user_id FROM artist_hearts WHERE artist_id = ? ORDER BY user_id')
      .all(artistId)
      .map((row) => String(row['user_id']));
    const remember = this.#db.prepare('INSERT OR IGNORE INTO given_hearts (user_id, album_id) VALUES (?, ?)');
    return this.#db.transaction(() =>
      lovers.filter(
        (userId) => remember.run(userId, albumId).changes > 0 && this.give('album', userId, albumId),
      ),
    );
  }

  /**
   * Hearts of albums and tracks that are gone stay `keepDays` from when that was first seen: what comes back until then, out of the trash or
   * with its disk, has its hearts again. Those of artists stay. The number of hearts that went.
   */
  cleanUp(keepDays: number, isThere: (kind: 'album' | 'track', id: string) => boolean): number {
    const now = this.#clock.wallMs();
    return this.#db.transaction(() => {
      let gone = 0;
      for (const kind of ['album', 'track'] as const)
        for (const id of this.#all(kind)) {
          if (isThere(kind, id)) this.#found(kind, id);
          else if (this.#missedSince(kind, id, now) < now - keepDays * DAY_MS) gone += this.#forget(kind, id);
        }
      return gone;
    });
  }

  #all(kind: Loved): string[] {
    return this.#db
      .prepare(`SELECT DISTINCT ${kind}_id AS id FROM ${TABLE[kind]}`)
      .all()
      .map((row) => String(row['id']));
  }

  #found(kind: Loved, id: string): void {
    this.#db.prepare('DELETE FROM missed_hearts WHERE kind = ? AND id = ?').run(kind, id);
  }

  #missedSince(kind: Loved, id: string, now: number): number {
    this.#db
      .prepare('INSERT OR IGNORE INTO missed_hearts (kind, id, since_ms) VALUES (?, ?, ?)')
      .run(kind, id, now);
    const row = this.#db
      .prepare('SELECT since_ms FROM missed_hearts WHERE kind = ? AND id = ?')
      .get(kind, id);
    return Number(row?.['since_ms'] ?? now);
  }

  #forget(kind: Loved, id: string): number {
    this.#found(kind, id);
    return this.#db.prepare(`DELETE FROM ${TABLE[kind]} WHERE ${kind}_id = ?`).run(id).changes;
  }
}
