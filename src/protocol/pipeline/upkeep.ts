import * as z from 'zod';
import { Id } from '../common.js';

/** Hearted albums or a playlist, written to a folder or stick. [EX1] */
export const Export = z.object({
  export_id: Id,
  user_id: z.string(),
  username: z.string().optional(),
  /** For people. */
  title: z.string(),
  playlist_id: Id.optional(),
  format: z.enum(['flac', 'mp3', 'both']),
  path: z.string(),
  state: z.enum(['queued', 'running', 'completed', 'failed', 'cancelled']),
  progress: z.int().min(0).max(100),
  current_album: z.string().optional(),
  album_count: z.int(),
  track_count: z.int(),
  size_bytes: z.int(),
  /** Why it failed, or what could not be taken along. */
  error: z.string().optional(),
  created_at: z.string(),
  ended_at: z.string().optional(),
});
export type Export = z.infer<typeof Export>;

/** Work that comes by the clock. [SD1] */
export const Schedule = z.object({
  schedule_id: Id,
  title: z.string(),
  /** Minute, hour, day of month, month, day of week. */
  cron: z.string(),
  enabled: z.boolean(),
  running: z.boolean(),
  last_run_at: z.string().optional(),
  last_result: z.enum(['completed', 'failed', 'skipped']).optional(),
  /** What came of it, for people. */
  last_message: z.string().optional(),
  next_run_at: z.string().optional(),
});
export type Schedule = z.infer<typeof Schedule>;

export const TARGET_KINDS = ['plex', 'jellyfin', 'subsonic', 'lms', 'mpd'] as const;
export const TargetKind = z.enum(TARGET_KINDS);
export type TargetKind = z.infer<typeof TargetKind>;

/** `confirmed`: our file was found there. `scanned`: the scan ended, our file was not seen. [TG2] */
export const ScanResult = z.enum(['confirmed', 'scanned', 'timeout', 'refused', 'unreachable']);
export type ScanResult = z.infer<typeof ScanResult>;

/** `theirs` is where the target has the folder that we have at `ours`. */
export const PathMapping = z.object({ ours: z.string().max(4096), theirs: z.string().max(4096) });
export type PathMapping = z.infer<typeof PathMapping>;

/** Another music server that is told what changed in the library. Secrets never leave the house. [TG1] */
export const Target = z.object({
  target_id: Id,
  kind: TargetKind,
  name: z.string(),
  url: z.string(),
  enabled: z.boolean(),
  /** Of Plex: the number of its music library. Of Subsonic: the user. */
  section: z.string().optional(),
  mappings: z.array(PathMapping),
  /** Folders that it has still to be told of. */
  waiting: z.int(),
  last_result: ScanResult.optional(),
  /** What to do about it, for people. */
  last_message: z.string().optional(),
  last_at: z.string().optional(),
});
export type Target = z.infer<typeof Target>;

/** What was taken out of the library and can be brought back. [TR1] */
export const TrashEntry = z.object({
  trash_id: Id,
  title: z.string(),
  artist: z.string(),
  reason: z.enum(['deleted', 'replaced', 'rejected']),
  file_count: z.int(),
  size_bytes: z.int(),
  username: z.string().optional(),
  trashed_at: z.string(),
  /** When it goes for good; absent = never by itself. */
  expires_at: z.string().optional(),
});
export type TrashEntry = z.infer<typeof TrashEntry>;
