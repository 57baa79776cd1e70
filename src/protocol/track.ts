import * as z from 'zod';
import { Id, Seconds } from './common.js';

/** How often it was played, of an album its tracks in sum, and when last; where that is told. [PC3] */
const Played = { play_count: z.int().optional(), last_played_at: z.string().optional() };

/** A track as lists show it. Absent = unknown. */
export const Track = z.object({
  track_id: Id,
  title: z.string(),
  artist: z.string(),
  album: z.string(),
  album_id: Id,
  artist_id: Id.optional(),
  duration_seconds: Seconds,
  artwork_id: Id.optional(),
  disc_number: z.int().optional(),
  track_number: z.int().optional(),
  /** `flac`, `mp3`, `aac`, `alac`, `opus`, `vorbis`, `wav`, `aiff`. */
  codec: z.string().optional(),
  lossless: z.boolean().optional(),
  sample_rate_hz: z.int().optional(),
  bits_per_sample: z.int().optional(),
  ...Played,
});
export type Track = z.infer<typeof Track>;

export const Album = z.object({
  album_id: Id,
  title: z.string(),
  /** Album artist; `Various Artists` for a compilation without one. */
  artist: z.string(),
  artist_id: Id.optional(),
  year: z.int().optional(),
  compilation: z.boolean(),
  track_count: z.int(),
  disc_count: z.int(),
  duration_seconds: Seconds,
  artwork_id: Id.optional(),
  ...Played,
});
export type Album = z.infer<typeof Album>;

export const Artist = z.object({
  artist_id: Id,
  name: z.string(),
  album_count: z.int(),
  track_count: z.int(),
  artwork_id: Id.optional(),
});
export type Artist = z.infer<typeof Artist>;

export const Playlist = z.object({
  playlist_id: Id,
  name: z.string(),
  track_count: z.int(),
  duration_seconds: Seconds,
  artwork_id: Id.optional(),
});
export type Playlist = z.infer<typeof Playlist>;

/** A file the scan could not take, and why. `path` is relative to the music folder. */
export const LibraryProblem = z.object({ path: z.string(), reason: z.string() });
export type LibraryProblem = z.infer<typeof LibraryProblem>;
