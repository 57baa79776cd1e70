import * as z from 'zod';
import { Id } from '../common.js';

export const SOURCE_KINDS = ['http', 'upload', 'watch', 'feed', 'yt-dlp', 'streamrip'] as const;
export const SourceKind = z.enum(SOURCE_KINDS);
export type SourceKind = z.infer<typeof SourceKind>;

/** `checking`: everything is here, and it is looked at. `handed_on`: it is a candidate now. */
export const DownloadState = z.enum([
  'queued',
  'running',
  'paused',
  'waiting',
  'checking',
  'handed_on',
  'failed',
  'cancelled',
]);
export type DownloadState = z.infer<typeof DownloadState>;

/** Music on its way to this house. [DL1] */
export const Download = z.object({
  download_id: Id,
  source: SourceKind,
  /** For people; the name in the address until the source knows better. */
  title: z.string(),
  /** Without user name, password and query: those are nobody's business. */
  url: z.string().optional(),
  state: DownloadState,
  /** Percent, whole; never falls while the same attempt goes on. */
  progress: z.int().min(0).max(100),
  received_bytes: z.int(),
  /** Absent while nobody knows. */
  total_bytes: z.int().optional(),
  /** Over the last seconds; absent unless bytes arrive. */
  speed_bytes_per_second: z.number().optional(),
  eta_seconds: z.number().optional(),
  /** 1 at first. */
  attempt: z.int(),
  /** While `waiting`: when it is tried again by itself. */
  next_attempt_at: z.string().optional(),
  /** A sentence that says why it waits or failed. */
  error: z.string().optional(),
  retry_available: z.boolean(),
  candidate_id: Id.optional(),
  /** Once imported. */
  album_id: Id.optional(),
  /** Who asked for it. */
  username: z.string().optional(),
  created_at: z.string(),
  ended_at: z.string().optional(),
});
export type Download = z.infer<typeof Download>;
