import type { Db, Row, SqlValue } from '../storage/index.js';
import { bytes, joinBytes } from './file-names.js';

/** A file as the library knows it; it may have changed or gone since. */
export interface FileMark {
  /** Absolute, as the file system has it: not every name is text. */
  readonly path: Buffer;
  readonly size_bytes: number;
  readonly mtime_us: number;
}

/** A track with all that a copy of it somewhere else is named and tagged by. */
export interface SourceFile extends FileMark {
  readonly track_id: string;
  readonly album_id: string;
  readonly title: string;
  readonly artist: string;
  readonly album: string;
  readonly album_artist: string;
  readonly year: number | undefined;
  readonly disc_count: number;
  readonly disc_number: number | undefined;
  readonly track_number: number | undefined;
  readonly duration_seconds: number;
  readonly codec: string;
  readonly lossless: boolean;
  readonly sample_rate_hz: number | undefined;
  readonly bits_per_sample: number | undefined;
  /** The picture of its album, or a track that has it inside. */
  readonly art: FileMark | undefined;
}

const SOURCE = `SELECT tracks.*, albums.artist AS album_artist_name, albums.year AS album_year, albums.disc_count AS album_discs,
  albums.artwork_id AS album_artwork_id FROM tracks JOIN albums ON albums.album_id = tracks.album_id WHERE track_id = ?`;
const FOLDER_ART = `SELECT folder, artwork_name AS name, artwork_size AS size, artwork_mtime_us AS mtime_us FROM folders
  WHERE artwork_id = ? AND artwork_name IS NOT NULL LIMIT 1`;
const EMBEDDED_ART = 'SELECT folder, name, size, mtime_us FROM tracks WHERE embedded_id = ? LIMIT 1';

/** In the order asked for; ids that name no track (any more) are left out. */
export function sourcesOf(db: Db, musicDir: string, trackIds: readonly string[]): SourceFile[] {
  const root = Buffer.from(musicDir);
  const pictures = new Map<string, FileMark | undefined>();
  const artOf = (id: string): FileMark | undefined => {
    if (pictures.has(id)) return pictures.get(id);
    const row = db.prepare(FOLDER_ART).get(id) ?? db.prepare(EMBEDDED_ART).get(id);
    const mark = row && toMark(root, row);
    pictures.set(id, mark);
    return mark;
  };
  return trackIds.flatMap((trackId) => {
    const row = db.prepare(SOURCE).get(trackId);
    if (!row) return [];
    const artworkId = row['album_artwork_id'] ?? row['artwork_id'];
    const art = typeof artworkId === 'string' ? artOf(artworkId) : undefined;
    return [{ ...toSource(row), ...toMark(root, row), art }];
  });
}

function toMark(root: Buffer, row: Row): FileMark {
  return {
    path: joinBytes(root, joinBytes(bytes(row['folder']), bytes(row['name']))),
    size_bytes: Number(row['size']),
    mtime_us: Number(row['mtime_us']),
  };
}

function toSource(row: Row): Omit<SourceFile, keyof FileMark | 'art'> {
  const text = (name: string): string => String(row[name]);
  return {
    track_id: text('track_id'),
    album_id: text('album_id'),
    title: text('title'),
    artist: text('artist'),
    album: text('album'),
    album_artist: text('album_artist_name'),
    year: optional(row['album_year'] ?? row['year']),
    disc_count: Number(row['album_discs']),
    disc_number: optional(row['disc_number']),
    track_number: optional(row['track_number']),
    duration_seconds: Number(row['duration_seconds']),
    codec: text('codec'),
    lossless: row['lossless'] === 1,
    sample_rate_hz: optional(row['sample_rate_hz']),
    bits_per_sample: optional(row['bits_per_sample']),
  };
}

const optional = (value: SqlValue | undefined): number | undefined =>
  value === null || value === undefined ? undefined : Number(value);
