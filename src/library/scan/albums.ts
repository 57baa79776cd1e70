import { AppError } from '../../base/index.js';
import type { Db, Row, SqlValue } from '../../storage/index.js';
import { type Bytes, bytes } from '../file-names.js';
import { artistId, fold, hashId, indexText, keyOf, sortName } from '../names.js';
import { groupAlbums, type Group, VARIOUS_ARTISTS } from './grouping.js';

/** Tracks that may form one album: the same base folder, the same album title. */
export interface Family {
  readonly base: Bytes;
  readonly albumKey: string;
}

/** An album that keeps its id though its folder, its title or its artist is another. */
export interface KeptAlbum {
  readonly albumId: string;
  readonly family: Family;
}

export interface AlbumChange {
  readonly album_id: string;
  readonly action: 'added' | 'removed' | 'updated';
}

interface Member {
  readonly row: number;
  readonly mainArtist: string;
  readonly albumArtist: string | undefined;
  readonly compilation: boolean;
  readonly source: Row;
}

const MEMBERS = `SELECT row, track_id, main_artist, artist_id, tag_album_artist, tag_compilation, year, duration_seconds, disc_number,
  embedded_id, artwork_id, album_id, album_artist_id, folder, album, added_ms
  FROM tracks WHERE base = ? AND album_key = ? ORDER BY disc_number, track_number, name`;

/** Forms the albums of each family anew from its tracks, and brings the artists concerned up to date. Inside a transaction. */
export function regroup(
  db: Db,
  families: readonly Family[],
  artists: Map<string, string>,
  kept?: KeptAlbum,
): AlbumChange[] {
  const changes: AlbumChange[] = [];
  for (const family of families) {
    const albumId = kept?.family === family ? kept.albumId : undefined;
    changes.push(...new Regrouping(db, family, artists, albumId).run());
  }
  recountArtists(db, artists);
  return changes;
}

class Regrouping {
  #db: Db;
  #family: Family;
  /** Artists to count again: id -> name. */
  #artists: Map<string, string>;
  #existing: Row[];
  /** Of the largest album. */
  #keptId: string | undefined;

  constructor(db: Db, family: Family, artists: Map<string, string>, keptId: string | undefined) {
    this.#keptId = keptId;
    this.#db = db;
    this.#family = family;
    this.#artists = artists;
    this.#existing = db
      .prepare('SELECT * FROM albums WHERE base = ? AND album_key = ?')
      .all(family.base, family.albumKey);
  }

  run(): AlbumChange[] {
    const members = this.#db
      .prepare(MEMBERS)
      .all(this.#family.base, this.#family.albumKey)
      .map((row): Member => {
        this.#artists.set(String(row['artist_id']), String(row['main_artist']));
        return {
          row: Number(row['row']),
          mainArtist: String(row['main_artist']),
          albumArtist: row['tag_album_artist'] === null ? undefined : String(row['tag_album_artist']),
          compilation: row['tag_compilation'] === 1,
          source: row,
        };
      });
    for (const album of this.#existing)
      this.#artists.set(String(album['artist_id']), String(album['artist']));
    const groups = groupAlbums(members);
    const largest = groups.toSorted((a, b) => b.tracks.length - a.tracks.length)[0];
    const kept = this.#keptId === undefined ? undefined : largest;
    const changes = groups
      .toSorted((a, b) => Number(b === kept) - Number(a === kept))
      .map((group) => this.#write(group, group === kept ? this.#keptId : undefined));
    for (const album of this.#existing) {
      this.#db.prepare('DELETE FROM albums WHERE row = ?').run(album['row']!);
      this.#db.prepare('DELETE FROM album_words WHERE rowid = ?').run(album['row']!);
      changes.push({ album_id: String(album['album_id']), action: 'removed' });
    }
    return changes;
  }

  /** The album of this family that this artist had before. It is taken: what is left at the end is removed. */
  #takeExisting(artist: string): Row | undefined {
    const at = this.#existing.findIndex((album) => keyOf(String(album['artist'])) === keyOf(artist));
    return at < 0 ? undefined : this.#existing.splice(at, 1)[0];
  }

  #takeKept(albumId: string): Row | undefined {
    const at = this.#existing.findIndex((album) => album['album_id'] === albumId);
    return at < 0 ? undefined : this.#existing.splice(at, 1)[0];
  }

  /** By artist and title, so that a moved folder keeps its albums; by its place as well where another edition has that id. */
  #newId(artist: string): string {
    const id = hashId('al', keyOf(artist), this.#family.albumKey);
    const taken = this.#db.prepare('SELECT 1 FROM albums WHERE album_id = ?').get(id);
    return taken ? hashId('al', keyOf(artist), this.#family.albumKey, this.#family.base) : id;
  }

  #write(group: Group<Member>, keptId: string | undefined): AlbumChange {
    const before = keptId === undefined ? this.#takeExisting(group.artist) : this.#takeKept(keptId);
    const rows = group.tracks.map((track) => track.source);
    const title = String(rows[0]!['album']);
    const owner = artistId(group.artist);
    this.#artists.set(owner, group.artist);
    const artwork =
      this.#folderArtwork(rows) ?? rows.map((row) => row['embedded_id']).find((id) => id !== null);
    const values: SqlValue[] = [
      title,
      fold(title),
      group.artist,
      sortName(group.artist),
      owner,
      rows.map((row) => row['year']).find((year) => year !== null) ?? null,
      group.compilation ? 1 : 0,
      rows.length,
      new Set(rows.map((row) => row['disc_number'] ?? 1)).size,
      rows.reduce((sum, row) => sum + Number(row['duration_seconds']), 0),
      artwork ?? null,
    ];
    const albumId = before ? String(before['album_id']) : (keptId ?? this.#newId(group.artist));
    if (before) this.#update(before, values);
    else this.#insert(albumId, values, Math.min(...rows.map((row) => Number(row['added_ms']))));
    for (const row of rows) this.#setTrack(row, albumId, owner, artwork ?? null, group.artist);
    return { album_id: albumId, action: before ? 'updated' : 'added' };
  }

  #insert(albumId: string, values: readonly SqlValue[], addedMs: number): void {
    const { lastId } = this.#db
      .prepare(
        `INSERT INTO albums (title, title_fold, artist, artist_sort, artist_id, year, compilation, track_count, disc_count,
          duration_seconds, artwork_id, album_id, base, album_key, added_ms) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
      )
      .run(...values, albumId, this.#family.base, this.#family.albumKey, addedMs);
    this.#index(lastId, values);
  }

  #update(before: Row, values: readonly SqlValue[]): void {
    this.#db
      .prepare(
        `UPDATE albums SET title = ?, title_fold = ?, artist = ?, artist_sort = ?, artist_id = ?, year = ?, compilation = ?, track_count = ?,
          disc_count = ?, duration_seconds = ?, artwork_id = ? WHERE row = ?`,
      )
      .run(...values, before['row']!);
    if (before['title'] !== values[0] || before['artist'] !== values[2])
      this.#index(Number(before['row']), values);
  }

  #index(row: number, values: readonly SqlValue[]): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO album_words (rowid, title, artist) VALUES (?, ?, ?)')
      .run(row, indexText(String(values[0])), indexText(String(values[2])));
  }

  #setTrack(row: Row, albumId: string, owner: string, artwork: SqlValue, artist: string): void {
    const mixed = artist === VARIOUS_ARTISTS;
    const own = row['embedded_id'] ?? null;
    const picture = mixed ? (own ?? artwork) : (artwork ?? own);
    if (row['album_id'] === albumId && row['album_artist_id'] === owner && row['artwork_id'] === picture)
      return;
    if (row['album_artist_id'] !== '' && row['album_artist_id'] !== owner)
      this.#artists.set(String(row['album_artist_id']), '');
    this.#db
      .prepare('UPDATE tracks SET album_id = ?, album_artist_id = ?, artwork_id = ? WHERE row = ?')
      .run(albumId, owner, picture, row['row']!);
  }

  #folderArtwork(rows: readonly Row[]): string | undefined {
    const folders = new Map([[this.#family.base.toString('latin1'), this.#family.base]]);
    for (const row of rows) folders.set(bytes(row['folder']).toString('latin1'), bytes(row['folder']));
    for (const folder of folders.values()) {
      const found = this.#db.prepare('SELECT artwork_id FROM folders WHERE folder = ?').get(folder);
      if (typeof found?.['artwork_id'] === 'string') return found['artwork_id'];
    }
    return undefined;
  }
}

/** Counts of the artists named, from the rows; artists without any are removed, new ones get a row. */
function recountArtists(db: Db, artists: ReadonlyMap<string, string>): void {
  for (const [id, name] of artists) {
    const albums = db
      .prepare(
        'SELECT count(*) AS n, sum(track_count) AS tracks, max(artwork_id) AS artwork FROM albums WHERE artist_id = ?',
      )
      .get(id);
    const others = db
      .prepare('SELECT count(*) AS n FROM tracks WHERE artist_id = ? AND album_artist_id <> ?')
      .get(id, id);
    const albumCount = Number(albums?.['n'] ?? 0);
    const trackCount = Number(albums?.['tracks'] ?? 0) + Number(others?.['n'] ?? 0);
    const row = db.prepare('SELECT row FROM artists WHERE artist_id = ?').get(id)?.['row'];
    if (trackCount === 0 && row !== undefined) {
      db.prepare('DELETE FROM artists WHERE row = ?').run(row);
      db.prepare('DELETE FROM artist_words WHERE rowid = ?').run(row);
    } else if (row !== undefined) {
      db.prepare('UPDATE artists SET album_count = ?, track_count = ?, artwork_id = ? WHERE row = ?').run(
        albumCount,
        trackCount,
        albums?.['artwork'] ?? null,
        row,
      );
    } else if (trackCount > 0) {
      if (name === '') throw new AppError('ERR_INTERNAL', 'an artist without a name has tracks');
      insertArtist(db, [
        id,
        name,
        fold(name),
        sortName(name),
        albumCount,
        trackCount,
        albums?.['artwork'] ?? null,
      ]);
    }
  }
}

function insertArtist(db: Db, values: readonly SqlValue[]): void {
  const { lastId } = db
    .prepare(
      `INSERT INTO artists (artist_id, name, name_fold, name_sort, album_count, track_count, artwork_id) VALUES (?,?,?,?,?,?,?)`,
    )
    .run(...values);
  db.prepare('INSERT INTO artist_words (rowid, name) VALUES (?, ?)').run(
    lastId,
    indexText(String(values[1])),
  );
}
