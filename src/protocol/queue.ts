import * as z from 'zod';
import { HttpUrl, Id, Seconds } from './common.js';

/** One entry of a queue. The same track may be queued twice; `item_id` tells them apart. One of `track_id`, `url` and `download_id` is there. */
export const QueueItem = z.object({
  item_id: Id,
  track_id: Id.optional(),
  url: HttpUrl.optional(),
  title: z.string(),
  artist: z.string().optional(),
  album: z.string().optional(),
  album_id: Id.optional(),
  /** Absent for a radio stream. */
  duration_seconds: Seconds.optional(),
  artwork_id: Id.optional(),
  /** Who queued it, in a listening party. */
  added_by: z.object({ participant_id: Id, name: z.string() }).optional(),
  /** While it is a wish: the download that brings it. It cannot be played yet. [WI1] */
  download_id: Id.optional(),
  /** Why it was skipped the last time it should have played. */
  problem: z.string().optional(),
});
export type QueueItem = z.infer<typeof QueueItem>;

export const MAX_QUEUE_ITEMS = 10_000;

/** What `queue:add` can name. */
export const QueueSource = z.union([
  z.strictObject({ track_ids: z.array(Id).min(1).max(1000) }),
  z.strictObject({ album_id: Id }),
  z.strictObject({ artist_id: Id }),
  z.strictObject({ playlist_id: Id }),
  z.strictObject({ url: HttpUrl, title: z.string().max(200).optional() }),
]);
export type QueueSource = z.infer<typeof QueueSource>;

/**
 * The change from one ordered list to another, by `item_id`. [QP1]
 * Apply: take out everything in `remove` and everything that `insert` names by id alone (a moved item); then, in order, put each run
 * of `insert` at its index in the list as it is at that moment; then replace each item of `set`.
 */
export const QueuePatch = z.object({
  remove: z.array(Id).optional(),
  insert: z.array(z.tuple([z.int().min(0), z.array(z.union([QueueItem, Id]))])).optional(),
  set: z.array(QueueItem).optional(),
});
export type QueuePatch = z.infer<typeof QueuePatch>;
