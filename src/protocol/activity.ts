import * as z from 'zod';
import { Id } from './common.js';

/** Entries in the snapshot of topic `activity`. */
export const MAX_ACTIVITY = 50;

/** Something people may like to know of. [AC1] */
export const Activity = z.object({
  activity_id: Id,
  action: z.enum([
    'new_album',
    'heart',
    'unheart',
    'download_started',
    'album_imported',
    'delete',
    'upgrade',
  ]),
  /** Who did it; absent for what nobody did. */
  username: z.string().optional(),
  /** Absent while it is not in the library. */
  album_id: Id.optional(),
  artist: z.string(),
  title: z.string(),
  timestamp: z.string(),
});
export type Activity = z.infer<typeof Activity>;
