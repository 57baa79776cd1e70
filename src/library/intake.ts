import { lstat, realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { AppError } from '../base/index.js';
import type { Db, Row } from '../storage/index.js';
import { type Bytes, bytes, exactText, joinBytes, splitPath, toBytes } from './file-names.js';
import type { AlbumChange } from './scan/albums.js';
import { Catalog, type FolderState, type FoundFile, type KeptTrack } from './scan/catalog.js';
import { artId, chooseArt } from './scan/folder-art.js';
import { walk } from './scan/walk.js';
import type { TagReader } from './tags/tag-reader.js';
import type { TagResult } from './tags/tag-wire.js';

/** A track with what the wire does not show: where it is, and what it is made of. */
export interface StoredTrack {
  readonly track_id: string;
  /** Below the music folder; undefined when its name is no text. */
  readonly path: string | undefined;
  readonly size: number;
  readonly mtime_us: number;
  readonly added_ms: number;
  readonly title: string;
  readonly artist: string;
  readonly disc_number: number | undefined;
  readonly track_number: number | undefined;
  readonly duration_seconds: number;
  readonly codec: string;
  readonly lossless: boolean;
  readonly sample_rate_hz: number | undefined;
  readonly bits_per_sample: number | undefined;
}

export interface StoredAlbum {
  readonly album_id: string;
  readonly title: string;
  readonly artist: string;
  readonly tracks: readonly StoredTrack[];
}

interface LookedFolder {
  readonly folder: Bytes;
  readonly state: FolderState;
}

/** What stands in the music folder, read as a scan reads it. */
export interface Looked {
  readonly root: Bytes;
  readonly folders: readonly LookedFolder[];
  readonly marks: readonly { readonly folder: Bytes; readonly mark: string }[];
  readonly files: readonly { readonly file: FoundFile; readonly result: TagResult }[];
}

/** Ids that go on with files which stand there now; by path below the music folder. */
export interface Keep {
  readonly album_id?: string | undefined;
  readonly tracks: ReadonlyMap<string, KeptTrack>;
}

export interface Adopted {
  readonly changes: readonly AlbumChange[];
  /** Of most of the files; undefined when none of them is a track. */
  readonly album_id: string | undefined;
  /** By path below the music folder. */
  readonly track_ids: ReadonlyMap<string, string>;
}

export interface IntakeOptions {
  readonly db: Db;
  readonly musicDir: string;
  readonly tags: TagReader;
  readonly wallMs: () => number;
  /** What was changed is stored. `looked`: folders to be watched from now on. */
  onChanges(changes: readonly AlbumChange[], looked: Looked | undefined): void;
}

const COLUMNS = `track_id, folder, name, size, mtime_us, added_ms, title, artist, disc_number, track_number, duration_seconds, codec,
  lossless, sample_rate_hz, bits_per_sample`;

/**
 * Takes files in, and out, without a scan: the rows are those that a scan would write, so that the next one finds nothing changed. What
 * `adopt` and `dismiss` write joins the transaction of the caller, who calls `tell` when that is stored.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #catalog: Catalog;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#catalog = new Catalog(options.db, options.wallMs);
  }

  /** Undefined when there is no such album. */
  album(albumId: string): StoredAlbum | undefined {
    const { db } = this.#options;
    const row = db.prepare('SELECT album_id, title, artist FROM albums WHERE album_id = ?').get(albumId);
    if (!row) return undefined;
    const tracks = db
      .prepare(`SELECT ${COLUMNS} FROM tracks WHERE album_id = ? ORDER BY disc_number, track_number, name`)
      .all(albumId)
      .map(toStored);
    return {
      album_id: String(row['album_id']),
      title: String(row['title']),
      artist: String(row['artist']),
      tracks,
    };
  }

  /** Undefined when there is no such track. */
  track(trackId: string): StoredTrack | undefined {
    const row = this.#options.db.prepare(`SELECT ${COLUMNS} FROM tracks WHERE track_id = ?`).get(trackId);
    return row && toStored(row);
  }

  /** What a file, named below the music folder, is called; undefined when it is no track. */
  titleAt(path: string): string | undefined {
    const { folder, name } = splitPath(toBytes(path));
    const query = this.#options.db.prepare('SELECT title FROM tracks WHERE folder = ? AND name = ?');
    const row = query.get(folder, name);
    return row && String(row['title']);
  }

  /** Whether this file is a track, or was met by a scan and could not be read. */
  knows(path: string): 'track' | 'problem' | undefined {
    const { folder, name } = splitPath(toBytes(path));
    const { db } = this.#options;
    if (db.prepare('SELECT 1 FROM tracks WHERE folder = ? AND name = ?').get(folder, name)) return 'track';
    const problem = db.prepare('SELECT 1 FROM library_problems WHERE folder = ? AND name = ?');
    return problem.get(folder, name) ? 'problem' : undefined;
  }

  /** Albums that have a track of about one of these lengths, with how many of the lengths they have; the most first. */
  withLengths(seconds: readonly number[], within: number, limit: number): string[] {
    const found = new Map<string, number>();
    const query = this.#options.db.prepare(
      'SELECT DISTINCT album_id FROM tracks WHERE duration_seconds BETWEEN ? AND ?',
    );
    for (const each of seconds)
      for (const row of query.all(each - within, each + within))
        found.set(String(row['album_id']), (found.get(String(row['album_id'])) ?? 0) + 1);
    return [...found]
      .sort((a, b) => b[1] - a[1])
      .slice(0, limit)
      .map(([id]) => id);
  }

  /** Whether anything is in the library. */
  isEmpty(): boolean {
    return this.#options.db.prepare('SELECT 1 FROM tracks LIMIT 1').get() === undefined;
  }

  /** Paths of some tracks, spread over the library. */
  sample(count: number): string[] {
    const rows = this.#options.db
      .prepare('SELECT folder, name FROM tracks ORDER BY track_id LIMIT ?')
      .all(count);
    return rows.flatMap((row) => exactText(joinBytes(bytes(row['folder']), bytes(row['name']))) ?? []);
  }

  /** Reads folders with all below, and single files, named below the music folder. What is not there is passed over. */
  async look(paths: readonly string[], signal: AbortSignal): Promise<Looked> {
    const root = await realpath(this.#options.musicDir, { encoding: 'buffer' });
    const found: FoundFile[] = [];
    const folders: LookedFolder[] = [];
    const marks: { folder: Bytes; mark: string }[] = [];
    for (const path of paths) {
      const inside = resolve(this.#options.musicDir, path);
      if (!inside.startsWith(resolve(this.#options.musicDir) + sep))
        throw new AppError('ERR_INTERNAL', 'only what is inside the music folder is looked at');
      const file = await foundFile(root, toBytes(path));
      if (file === 'folder') await this.#lookIn(toBytes(path), { root, found, folders, marks, signal });
      else if (file) found.push(file);
    }
    const results = await this.#options.tags.read(
      found.map((file) => joinBytes(joinBytes(root, file.folder), file.name)),
    );
    return { root, folders, marks, files: found.map((file, n) => ({ file, result: results[n]! })) };
  }

  async #lookIn(
    start: Bytes,
    into: {
      root: Bytes;
      found: FoundFile[];
      folders: LookedFolder[];
      marks: { folder: Bytes; mark: string }[];
      signal: AbortSignal;
    },
  ): Promise<void> {
    const { root, found, folders, marks, signal } = into;
    const onEnter = (folder: Bytes, mark: string): void => void marks.push({ folder, mark });
    for await (const listing of walk(start, { root, enter: () => true, onEnter, signal })) {
      if ('reason' in listing) continue;
      found.push(...listing.audio);
      const art = chooseArt(listing.images);
      const state = {
        mounted: listing.mounted,
        artworkName: art?.name,
        artworkSize: art?.size ?? 0,
        artworkMtimeUs: art?.mtimeUs ?? 0,
        artworkId: art && (await artId(root, art)),
      };
      folders.push({ folder: listing.folder, state });
    }
  }

  /** Writes what was looked at. Files that are no music become problems, as in a scan. */
  adopt(looked: Looked, keep: Keep): Adopted {
    const { db } = this.#options;
    return db.transaction(() => {
      const changes: AlbumChange[] = [];
      for (const { folder, state } of looked.folders) changes.push(...this.#catalog.setFolder(folder, state));
      const files = looked.files.map(({ file, result }) => ({
        file,
        result,
        kept: keep.tracks.get(pathOf(file)),
      }));
      changes.push(...this.#catalog.write(files, keep.album_id));
      const track_ids = new Map<string, string>();
      const albums = new Map<string, number>();
      const find = db.prepare('SELECT track_id, album_id FROM tracks WHERE folder = ? AND name = ?');
      for (const { file } of looked.files) {
        const row = find.get(file.folder, file.name);
        if (!row) continue;
        track_ids.set(pathOf(file), String(row['track_id']));
        albums.set(String(row['album_id']), (albums.get(String(row['album_id'])) ?? 0) + 1);
      }
      const album_id = [...albums].sort((a, b) => b[1] - a[1])[0]?.[0];
      return { changes, album_id, track_ids };
    });
  }

  /** Takes tracks out of the library; their files are no concern of this. Ids that are not there are passed over. */
  dismiss(trackIds: readonly string[]): readonly AlbumChange[] {
    const find = this.#options.db.prepare('SELECT row, size, mtime_us FROM tracks WHERE track_id = ?');
    const rows = trackIds.map((id) => find.get(id)).filter((row) => row !== undefined);
    return this.#catalog.remove(
      rows.map((row) => ({
        row: Number(row['row']),
        size: Number(row['size']),
        mtimeUs: Number(row['mtime_us']),
      })),
    );
  }

  /** What was adopted or dismissed is stored: tells everybody. */
  tell(changes: readonly AlbumChange[], looked?: Looked): void {
    this.#options.onChanges(lastOfEach(changes), looked);
  }
}

const pathOf = (file: FoundFile): string => joinBytes(file.folder, file.name).toString('utf8');

/** An album that was touched several times is told once: what it is now, against what it was before. */
function lastOfEach(changes: readonly AlbumChange[]): AlbumChange[] {
  const first = new Map<string, AlbumChange>();
  const last = new Map<string, AlbumChange>();
  for (const change of changes) {
    if (!first.has(change.album_id)) first.set(change.album_id, change);
    last.set(change.album_id, change);
  }
  return [...last.values()].flatMap((change) => {
    const wasThere = first.get(change.album_id)?.action !== 'added';
    if (change.action === 'removed') return wasThere ? [change] : [];
    return [{ ...change, action: wasThere ? 'updated' : 'added' }];
  });
}

async function foundFile(root: Bytes, path: Bytes): Promise<FoundFile | 'folder' | undefined> {
  try {
    const found = await lstat(joinBytes(root, path));
    if (found.isDirectory()) return 'folder';
    if (!found.isFile()) return undefined;
    return { ...splitPath(path), size: found.size, mtimeUs: Math.round(found.mtimeMs * 1000) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const whole = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

function toStored(row: Row): StoredTrack {
  return {
    track_id: String(row['track_id']),
    path: exactText(joinBytes(bytes(row['folder']), bytes(row['name']))),
    size: Number(row['size']),
    mtime_us: Number(row['mtime_us']),
    added_ms: Number(row['added_ms']),
    title: String(row['title']),
    artist: String(row['artist']),
    disc_number: whole(row['disc_number']),
    track_number: whole(row['track_number']),
    duration_seconds: Number(row['duration_seconds']),
    codec: String(row['codec']),
    lossless: row['lossless'] === 1,
    sample_rate_hz: whole(row['sample_rate_hz']),
    bits_per_sample: whole(row['bits_per_sample']),
  };
}
