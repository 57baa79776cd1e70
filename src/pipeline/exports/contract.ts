import * as z from 'zod';
import { Id } from '../../protocol/index.js';

/** What an album becomes: `flac` keeps what is lossy as it is, `mp3` keeps what is MP3 as it is. */
export const FORMATS = ['flac', 'mp3'] as const;
export const Format = z.enum(FORMATS);
export type Format = z.infer<typeof Format>;

/** `lossless`: into FLAC, and the samples are compared. `lossy`: into MP3. */
export const Making = z.enum(['copy', 'lossless', 'lossy']);
export type Making = z.infer<typeof Making>;

/** A track as it shall stand there. */
export const PlannedTrack = z.object({
  track_id: Id,
  /** Of the library, openable as it stands. */
  source: z.string(),
  source_bytes: z.int(),
  source_mtime_us: z.int(),
  /** Below the folder of the album. */
  name: z.string(),
  making: Making,
  /** Upper bound of what it will need. */
  estimate_bytes: z.int(),
  duration_seconds: z.number(),
  bits_per_sample: z.int().optional(),
  /** Whether the tags stand in the stream, as in Ogg, or in the container. */
  tags_in_stream: z.boolean(),
  title: z.string(),
  artist: z.string(),
  album: z.string(),
  album_artist: z.string(),
  year: z.int().optional(),
  disc_number: z.int().optional(),
  track_number: z.int().optional(),
});
export type PlannedTrack = z.infer<typeof PlannedTrack>;

/** One folder of one format: it appears whole, or what is new in it does. */
export const PlannedAlbum = z.object({
  album_id: Id,
  format: Format,
  /** For people. */
  title: z.string(),
  /** Below the root: `FLAC/Artist/Album`. */
  folder: z.string(),
  /** A picture, or a file with one inside; becomes `cover.jpg`. */
  art: z.object({ source: z.string(), bytes: z.int(), mtime_us: z.int() }).optional(),
  tracks: z.array(PlannedTrack),
});
export type PlannedAlbum = z.infer<typeof PlannedAlbum>;

export const PlannedList = z.object({
  format: Format,
  /** Below the root. */
  path: z.string(),
  tracks: z.array(
    z.object({ track_id: Id, title: z.string(), artist: z.string(), duration_seconds: z.number() }),
  ),
});
export type PlannedList = z.infer<typeof PlannedList>;

/** Everything an export needs, in a file of the workspace: it may be done by another process, and again after that one died. */
export const ExportPlan = z.object({
  export_id: Id,
  /** Absolute, links resolved. */
  root: z.string(),
  /** The file system that was there when it was planned: a stick that is gone leaves an empty folder on another one. */
  device: z.string(),
  /** Absolute, links resolved: every source lies inside. */
  music_dir: z.string(),
  /** FAT takes no file of 4 GB. */
  max_file_bytes: z.int(),
  /** What stays free. */
  reserve_bytes: z.int(),
  albums: z.array(PlannedAlbum),
  lists: z.array(PlannedList),
  /** What could not be taken along, as sentences. */
  notes: z.array(z.string()),
});
export type ExportPlan = z.infer<typeof ExportPlan>;

export const ExportParams = z.object({ export_id: Id, /** Absolute, of the plan. */ plan: z.string() });
export type ExportParams = z.infer<typeof ExportParams>;

export const ExportResult = z.object({
  album_count: z.int(),
  track_count: z.int(),
  /** Files that were made in this run, and those that stood there already. */
  written: z.int(),
  unchanged: z.int(),
  size_bytes: z.int(),
  notes: z.array(z.string()),
});
export type ExportResult = z.infer<typeof ExportResult>;

/** Folder of a format below the root. */
export const FORMAT_FOLDER = { flac: 'FLAC', mp3: 'MP3' } as const satisfies Record<Format, string>;
/** Where an export works, beside what it makes: on the same file system, hidden, gone when it is done. */
export const WORK_FOLDER = '.tutti-export';
/** Below the work folder: what was claimed since the manifest was written. */
export const JOURNAL_NAME = 'journal.jsonl';
export const COVER_NAME = 'cover.jpg';
