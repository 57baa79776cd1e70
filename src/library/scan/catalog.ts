import type { Db, Row, SqlValue } from '../../storage/index.js';
import { type Bytes, bytes } from '../file-names.js';
import { artistId, fold, hashId, indexText } from '../names.js';
import type { TagResult } from '../tags/tag-wire.js';
import { type AlbumChange, type Family, type KeptAlbum, regroup } from './albums.js';
import { describe } from './describe.js';

export interface FoundFile {
  readonly folder: Bytes;
  readonly name: Bytes;
  readonly size: number;
  readonly mtimeUs: number;
}

/** A track whose file is no longer where it was; it may turn up elsewhere. */
export interface LostTrack {
  readonly row: number;
  readonly size: number;
  readonly mtimeUs: number;
}

/** The row a file shall have, whatever had it before: what people hold on to goes on with it. */
export interface KeptTrack {
  readonly track_id: string;
  readonly added_ms: number;
}

export interface WrittenFile {
  readonly file: FoundFile;
  readonly result: TagResult;
  readonly kept?: KeptTrack | undefined;
}

export interface FolderState {
  readonly mounted: boolean;
  readonly artworkName: Bytes | undefined;
  readonly artworkSize: number;
  readonly artworkMtimeUs: number;
  readonly artworkId: string | undefined;
}

const COLUMNS = 'row, track_id, base, album_key, artist_id, album_artist_id, title, artist, album, added_ms';
const lostKey = (size: number, mtimeUs: number): string => `${size}:${mtimeUs}`;

/** Writes what a scan finds: tracks with everything derived from them, in one transaction per call. */
export class Catalog {
  #db: Db;
  #wallMs: () => number;
  #lost = new Map<string, LostTrack[]>();

  constructor(db: Db, wallMs: () => number) {
    this.#db = db;
    this.#wallMs = wallMs;
  }

  /** Tracks that files written from now on may turn out to be. */
  expectMoved(lost: readonly LostTrack[]): void {
    this.#lost.clear();
    for (const track of lost) {
      const key = lostKey(track.size, track.mtimeUs);
      this.#lost.set(key, [...(this.#lost.get(key) ?? []), track]);
    }
  }

  /** The expected tracks that did not turn up. */
  stillLost(): LostTrack[] {
    return [...this.#lost.values()].flat();
  }

  /** `albumId`: the id that the album of these files shall have. */
  write(files: readonly WrittenFile[], albumId?: string): AlbumChange[] {
    return this.#relaxed(() => {
      const left = new Map<string, Family>();
      const joined = new Map<string, Family>();
      const artists = new Map<string, string>();
      for (const each of files) this.#writeFile(each, left, joined, artists);
      for (const key of joined.keys()) left.delete(key);
      const kept = albumId === undefined ? undefined : this.#keepAlbum(albumId, [...joined.values()]);
      return regroup(this.#db, [...left.values(), ...joined.values()], artists, kept);
    });
  }

  /** Brings the row of an album to the family it is in from now on. The families of one folder that is an album are one. */
  #keepAlbum(albumId: string, families: readonly Family[]): KeptAlbum | undefined {
    const tracksOf = (family: Family): number =>
      Number(
        this.#db
          .prepare('SELECT count(*) AS n FROM tracks WHERE base = ? AND album_key = ?')
          .get(family.base, family.albumKey)?.['n'] ?? 0,
      );
    const family = families.toSorted((a, b) => tracksOf(b) - tracksOf(a))[0];
    if (!family) return undefined;
    this.#db
      .prepare('UPDATE albums SET base = ?, album_key = ? WHERE album_id = ?')
      .run(family.base, family.albumKey, albumId);
    return { albumId, family };
  }

  #writeFile(
    { file, result, kept }: WrittenFile,
    left: Map<string, Family>,
    joined: Map<string, Family>,
    artists: Map<string, string>,
  ): void {
    const leave = (row: Row): void => {
      addFamily(left, { base: bytes(row['base']), albumKey: String(row['album_key']) });
      artists.set(String(row['artist_id']), '');
      artists.set(String(row['album_artist_id']), '');
    };
    const before = kept ? this.#kept(file, kept, leave) : this.#before(file, result);
    if (before) leave(before);
    if ('reason' in result) {
      if (before) this.#delete(Number(before['row']));
      this.#problem(file, result.reason);
      return;
    }
    if (result.tags.warning !== undefined) this.#problem(file, result.tags.warning);
    else this.clearProblem(file.folder, file.name);
    const said = describe(result.tags, file.folder, file.name);
    this.#upsert(file, result.tags, said, before, kept);
    const id = artistId(said.mainArtist);
    if (!artists.get(id)) artists.set(id, said.mainArtist);
    addFamily(joined, { base: said.base, albumKey: said.albumKey });
  }

  /** The row this file had, at its place or, when it was moved, elsewhere. */
  #before(file: FoundFile, result: TagResult): Row | undefined {
    const here = this.#at(file);
    if (here || 'reason' in result) return here;
    const key = lostKey(file.size, file.mtimeUs);
    const candidates = this.#lost.get(key) ?? [];
    for (const [at, { row }] of candidates.entries()) {
      const found = this.#db
        .prepare(
          `SELECT ${COLUMNS} FROM tracks WHERE row = ? AND codec = ? AND abs(duration_seconds - ?) < 0.01`,
        )
        .get(row, result.tags.codec, result.tags.duration_seconds);
      if (!found) continue;
      candidates.splice(at, 1);
      if (candidates.length === 0) this.#lost.delete(key);
      return found;
    }
    return undefined;
  }

  #at(file: FoundFile): Row | undefined {
    return this.#db
      .prepare(`SELECT ${COLUMNS} FROM tracks WHERE folder = ? AND name = ?`)
      .get(file.folder, file.name);
  }

  /** The row with this id. What another row says of this file goes: a scan may have been faster. */
  #kept(file: FoundFile, kept: KeptTrack, leave: (row: Row) => void): Row | undefined {
    const own = this.#db.prepare(`SELECT ${COLUMNS} FROM tracks WHERE track_id = ?`).get(kept.track_id);
    const here = this.#at(file);
    if (here && here['row'] !== own?.['row']) {
      leave(here);
      this.#delete(Number(here['row']));
    }
    return own;
  }

  #upsert(
    file: FoundFile,
    tags: Extract<TagResult, { tags: unknown }>['tags'],
    said: ReturnType<typeof describe>,
    before: Row | undefined,
    kept: KeptTrack | undefined,
  ): void {
    const values: SqlValue[] = [
      file.folder, file.name, said.base, file.size, file.mtimeUs,
      said.title, fold(said.title), said.artist, said.mainArtist, artistId(said.mainArtist), said.album, said.albumKey,
      tags.album_artist ?? null, tags.compilation ? 1 : 0, tags.year ?? null,
      tags.duration_seconds, said.disc ?? null, said.track ?? null,
      tags.codec, tags.lossless ? 1 : 0, tags.sample_rate_hz ?? null, tags.bits_per_sample ?? null, tags.picture_id ?? null,
    ]; // prettier-ignore
    const row = before ? this.#update(Number(before['row']), values) : this.#insert(file, values, kept);
    if (
      before &&
      before['title'] === said.title &&
      before['artist'] === said.artist &&
      before['album'] === said.album
    )
      return;
    this.#db
      .prepare('INSERT OR REPLACE INTO track_words (rowid, title, artist, album) VALUES (?, ?, ?, ?)')
      .run(row, indexText(said.title), indexText(said.artist), indexText(said.album));
  }

  #update(row: number, values: readonly SqlValue[]): number {
    this.#db
      .prepare(
        `UPDATE tracks SET folder = ?, name = ?, base = ?, size = ?, mtime_us = ?, title = ?, title_fold = ?, artist = ?, main_artist = ?,
          artist_id = ?, album = ?, album_key = ?, tag_album_artist = ?, tag_compilation = ?, year = ?, duration_seconds = ?, disc_number = ?,
          track_number = ?, codec = ?, lossless = ?, sample_rate_hz = ?, bits_per_sample = ?, embedded_id = ? WHERE row = ?`,
      )
      .run(...values, row);
    return row;
  }

  #insert(file: FoundFile, values: readonly SqlValue[], kept: KeptTrack | undefined): number {
    let id = kept?.track_id ?? hashId('t', file.folder, file.name);
    for (let n = 1; !kept && this.#db.prepare('SELECT 1 FROM tracks WHERE track_id = ?').get(id); n++)
      id = hashId('t', file.folder, file.name, String(n));
    return this.#db
      .prepare(
        `INSERT INTO tracks (folder, name, base, size, mtime_us, title, title_fold, artist, main_artist, artist_id, album, album_key,
          tag_album_artist, tag_compilation, year, duration_seconds, disc_number, track_number, codec, lossless, sample_rate_hz, bits_per_sample,
          embedded_id, track_id, added_ms, album_id, album_artist_id) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,'','')`,
      )
      .run(...values, id, kept?.added_ms ?? this.#wallMs()).lastId;
  }

  /** Takes tracks out, with albums and artists that have no others. A track that has another file meanwhile stays. */
  remove(tracks: readonly LostTrack[]): AlbumChange[] {
    return this.#relaxed(() => {
      const families = new Map<string, Family>();
      const artists = new Map<string, string>();
      for (const { row, size, mtimeUs } of tracks) {
        const found = this.#db
          .prepare(
            'SELECT base, album_key, artist_id, album_artist_id FROM tracks WHERE row = ? AND size = ? AND mtime_us = ?',
          )
          .get(row, size, mtimeUs);
        if (!found) continue;
        addFamily(families, { base: bytes(found['base']), albumKey: String(found['album_key']) });
        artists.set(String(found['artist_id']), '');
        artists.set(String(found['album_artist_id']), '');
        this.#delete(row);
      }
      return regroup(this.#db, [...families.values()], artists);
    });
  }

  #delete(row: number): void {
    this.#db.prepare('DELETE FROM tracks WHERE row = ?').run(row);
    this.#db.prepare('DELETE FROM track_words WHERE rowid = ?').run(row);
  }

  /** Remembers a folder; when its picture is another, the albums in it get that picture. */
  setFolder(folder: Bytes, state: FolderState): AlbumChange[] {
    return this.#relaxed(() => {
      const before = this.#db.prepare('SELECT artwork_id FROM folders WHERE folder = ?').get(folder);
      this.#db
        .prepare('INSERT OR REPLACE INTO folders VALUES (?, ?, ?, ?, ?, ?)')
        .run(
          folder,
          state.mounted ? 1 : 0,
          state.artworkName ?? null,
          state.artworkSize,
          state.artworkMtimeUs,
          state.artworkId ?? null,
        );
      if ((before?.['artwork_id'] ?? null) === (state.artworkId ?? null)) return [];
      const families = this.#db
        .prepare(
          'SELECT DISTINCT base, album_key FROM tracks WHERE base = ? UNION SELECT DISTINCT base, album_key FROM tracks WHERE folder = ?',
        )
        .all(folder, folder)
        .map((row) => ({ base: bytes(row['base']), albumKey: String(row['album_key']) }));
      return regroup(this.#db, families, new Map());
    });
  }

  forgetFolders(folders: readonly Bytes[]): void {
    this.#relaxed(() => {
      for (const folder of folders) {
        this.#db.prepare('DELETE FROM folders WHERE folder = ?').run(folder);
        this.#db.prepare('DELETE FROM library_problems WHERE folder = ?').run(folder);
      }
    });
  }

  /** Notes what is wrong with a folder (empty name) or a file that is in no list of tracks. */
  note(folder: Bytes, name: Bytes, reason: string): void {
    const before = this.#db
      .prepare('SELECT reason FROM library_problems WHERE folder = ? AND name = ?')
      .get(folder, name);
    if (before?.['reason'] !== reason) this.#problem({ folder, name, size: 0, mtimeUs: 0 }, reason);
  }

  #problem(file: FoundFile, reason: string): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO library_problems VALUES (?, ?, ?, ?, ?)')
      .run(file.folder, file.name, reason, file.size, file.mtimeUs);
  }

  clearProblem(folder: Bytes, name: Bytes): void {
    this.#db.prepare('DELETE FROM library_problems WHERE folder = ? AND name = ?').run(folder, name);
  }

  /** What a scan writes can be found again by another scan: no flush to disk for each part. */
  #relaxed<T>(work: () => T): T {
    return this.#db.transaction(work, 'normal');
  }
}

function addFamily(families: Map<string, Family>, family: Family): void {
  families.set(`${family.base.toString('latin1')}\0${family.albumKey}`, family);
}
