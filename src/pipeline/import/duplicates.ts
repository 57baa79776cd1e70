import { join } from 'node:path';
import { codeOf } from '../../base/index.js';
import type { Intake, StoredAlbum } from '../../library/index.js';
import type { Duplicate, Match } from '../../protocol/index.js';
import type { Db } from '../../storage/index.js';
import type { Examined, ExaminedFile } from '../contract.js';
import { nameKey } from '../names.js';
import { openPlain } from './disk.js';
import { pairTracks, SAME_LENGTH_SECONDS } from './pairs.js';
import { heardAlike, type Heard, type PrintOf, type Prints, printsOf } from './prints.js';
import { judge } from './quality.js';
import { qualitiesOf } from './stored-quality.js';

export interface DuplicatesParts {
  readonly db: Db;
  readonly intake: Intake;
  readonly musicDir: string;
  readonly printOf: PrintOf;
}

/** Albums that may be the same are looked at more closely; more than these are not. */
const SUSPECTS = 40;
/** Of the tracks of both that have to be the same. */
const MOST = 0.9;
const NOT_SET = '0'.repeat(32);

const words = (text: string): string => nameKey(text.normalize('NFKC')).replace(/[^\p{L}\p{N}]+/gu, '');

/** Finds what is in the library already. */
export class Duplicates {
  readonly #parts: DuplicatesParts;

  constructor(parts: DuplicatesParts) {
    this.#parts = parts;
  }

  /** Albums that this candidate, taken as `match`, would be again: by the id of the release, by its samples, by how it sounds in any codec, by its list of tracks; the surest first. */
  async find(examined: Examined, match: Match): Promise<Duplicate[]> {
    const files = new Map(examined.files.map((file) => [file.path, file]));
    const sources = match.files.map((path) => (path === null ? undefined : files.get(path)));
    const found: Duplicate[] = [];
    const prints = printsOf(this.#parts.printOf, this.#parts.musicDir, examined.folder);
    for (const albumId of this.#suspects(sources, match)) {
      const album = this.#parts.intake.album(albumId);
      const by = album && (await this.#why(album, sources, match, prints));
      if (!album || !by) continue;
      const { album_id, title, artist } = album;
      found.push({
        album_id,
        title,
        artist,
        by,
        quality: await this.#quality(album, sources, match, prints),
      });
    }
    const order = ['release', 'audio', 'fingerprint', 'tracks'];
    return found.sort((a, b) => order.indexOf(a.by) - order.indexOf(b.by));
  }

  #suspects(sources: readonly (ExaminedFile | undefined)[], { release }: Match): Set<string> {
    const { db, intake } = this.#parts;
    const ids = new Set<string>();
    const add = (sql: string, value: string): void => {
      for (const row of db.prepare(sql).all(value)) ids.add(String(row['album_id']));
    };
    if (release.release_id !== undefined)
      add('SELECT album_id FROM album_origins WHERE release_id = ?', release.release_id);
    for (const md5 of sources.flatMap((source) => source?.audio_md5 ?? []))
      add(
        'SELECT tracks.album_id FROM file_sums JOIN tracks ON tracks.track_id = file_sums.track_id WHERE file_sums.audio_md5 = ?',
        md5,
      );
    const seconds = sources.flatMap((source) => source?.duration_seconds ?? []);
    for (const id of intake.withLengths(seconds, SAME_LENGTH_SECONDS, SUSPECTS)) ids.add(id);
    return ids;
  }

  async #why(
    album: StoredAlbum,
    sources: readonly (ExaminedFile | undefined)[],
    { release }: Match,
    prints: Prints,
  ): Promise<Duplicate['by'] | undefined> {
    const { db } = this.#parts;
    const origin = db.prepare('SELECT release_id FROM album_origins WHERE album_id = ?').get(album.album_id);
    if (release.release_id !== undefined && origin?.['release_id'] === release.release_id) return 'release';
    if (await this.#soundsTheSame(album, sources)) return 'audio';
    const pairs = inOrder(album, sources);
    if (pairs && (await heardAlike(pairs, prints)) === 'same') return 'fingerprint';
    return this.#listsTheSame(album, sources, release) ? 'tracks' : undefined;
  }

  async #soundsTheSame(album: StoredAlbum, sources: readonly (ExaminedFile | undefined)[]): Promise<boolean> {
    const wanted = sources.flatMap((source) => source?.audio_md5 ?? []);
    if (wanted.length === 0) return false;
    const known = new Set<string>();
    const sum = this.#parts.db.prepare('SELECT audio_md5, size FROM file_sums WHERE track_id = ?');
    for (const track of album.tracks) {
      const row = sum.get(track.track_id);
      const isKnown = typeof row?.['audio_md5'] === 'string' && row['size'] === track.size;
      const md5 = isKnown ? String(row['audio_md5']) : await this.#md5InHeader(track.path, track.codec);
      if (md5 !== undefined) known.add(md5);
    }
    const same = wanted.filter((md5) => known.has(md5)).length;
    return same >= MOST * Math.min(wanted.length, album.tracks.length) && same > 0;
  }

  /** FLAC has the sum of its samples in its first 42 bytes. */
  async #md5InHeader(path: string | undefined, codec: string): Promise<string | undefined> {
    if (path === undefined || codec !== 'flac') return undefined;
    try {
      const file = await openPlain(join(this.#parts.musicDir, path));
      try {
        const head = Buffer.alloc(42);
        const { bytesRead } = await file.read(head, 0, 42, 0);
        const md5 = head.toString('hex', 26, 42);
        return bytesRead === 42 && head.toString('latin1', 0, 4) === 'fLaC' && md5 !== NOT_SET
          ? md5
          : undefined;
      } finally {
        await file.close();
      }
    } catch (error) {
      if (codeOf(error) === '') throw error;
      return undefined;
    }
  }

  #listsTheSame(
    album: StoredAlbum,
    sources: readonly (ExaminedFile | undefined)[],
    release: Match['release'],
  ): boolean {
    if (words(album.artist) !== words(release.album_artist) && words(album.title) !== words(release.album))
      return false;
    const left = [...album.tracks];
    let same = 0;
    for (const [n, track] of release.tracks.entries()) {
      const seconds = sources[n]?.duration_seconds ?? track.duration_seconds;
      const at = left.findIndex(
        (old) =>
          words(old.title) === words(track.title) &&
          (seconds === undefined || Math.abs(old.duration_seconds - seconds) <= SAME_LENGTH_SECONDS),
      );
      if (at < 0) continue;
      left.splice(at, 1);
      same++;
    }
    return same >= MOST * Math.max(release.tracks.length, album.tracks.length);
  }

  /** `better` only when every track that it replaces is there again, as the same recording, none worse and one better. */
  async #quality(
    album: StoredAlbum,
    sources: readonly (ExaminedFile | undefined)[],
    { release }: Match,
    prints: Prints,
  ): Promise<Duplicate['quality']> {
    const { db } = this.#parts;
    const recording = db.prepare('SELECT recording_id FROM track_origins WHERE track_id = ?');
    const pairs = pairTracks(
      album.tracks,
      release.tracks.map((track, n) => sources[n] && { track, seconds: sources[n].duration_seconds }),
      (trackId) => {
        const id = recording.get(trackId)?.['recording_id'];
        return typeof id === 'string' ? id : undefined;
      },
    );
    const both = pairs.flatMap((old, n) => {
      const source = sources[n];
      return old && source ? [{ old, source }] : [];
    });
    const verdict = judge(both.map(({ old, source }) => qualitiesOf(db, old, source)));
    const isWhole =
      both.length === album.tracks.length &&
      both.every(({ old, source }) => {
        const seconds = source.duration_seconds;
        return seconds !== undefined && Math.abs(old.duration_seconds - seconds) <= SAME_LENGTH_SECONDS;
      });
    if (verdict === 'worse') return verdict;
    // Nothing is replaced by another recording of the same length.
    const isOther = verdict === 'better' && (await heardAlike(both, prints)) === 'other';
    return isWhole && !isOther ? verdict : 'mixed';
  }
}

/** Track for track, where both have as many of the same lengths. */
function inOrder(
  { tracks }: StoredAlbum,
  sources: readonly (ExaminedFile | undefined)[],
): Heard[] | undefined {
  if (tracks.length !== sources.length) return undefined;
  const pairs = tracks.flatMap((old, n) => {
    const source = sources[n];
    const isClose =
      Math.abs(old.duration_seconds - (source?.duration_seconds ?? Infinity)) <= SAME_LENGTH_SECONDS;
    return source && isClose ? [{ old, source }] : [];
  });
  return pairs.length === tracks.length ? pairs : undefined;
}
