import type { Album } from '../protocol/index.js';
import type { Db } from '../storage/index.js';
import { toAlbum } from './rows.js';
import type { AlbumChange } from './scan/albums.js';

/** Undefined when there is no such album (any more). */
export function albumOf(db: Db, albumId: string): Album | undefined {
  const row = db.prepare('SELECT * FROM albums WHERE album_id = ?').get(albumId);
  return row && toAlbum(row);
}

/** Albums that came in the course of a scan and are still there at its end. */
export class NewAlbums {
  readonly #db: Db;
  readonly #ids = new Set<string>();

  constructor(db: Db) {
    this.#db = db;
  }

  note(changes: readonly AlbumChange[]): void {
    for (const { album_id, action } of changes) {
      if (action === 'added') this.#ids.add(album_id);
      if (action === 'removed') this.#ids.delete(album_id);
    }
  }

  /** In the order they came; nothing is left. */
  take(): Album[] {
    const albums = [...this.#ids].flatMap((id) => albumOf(this.#db, id) ?? []);
    this.#ids.clear();
    return albums;
  }
}
