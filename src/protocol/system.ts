import * as z from 'zod';
import { RoleLimits } from './room.js';

/** The snapshot and the events of topic `system`: what the page says about the server itself. */
export const SystemState = z.object({
  server: z.string(),
  version: z.string(),
  /** Things the owner should know: silent output only, demo music, missing programs. */
  notices: z.array(
    z.object({ notice_id: z.string(), level: z.enum(['info', 'warning', 'error']), message: z.string() }),
  ),
  /** Absent where nobody is held. [VL5] */
  role_limits: RoleLimits.optional(),
});
export type SystemState = z.infer<typeof SystemState>;

/** The snapshot and the events of topic `library`. */
export const LibraryState = z.object({
  artist_count: z.int(),
  album_count: z.int(),
  track_count: z.int(),
  duration_seconds: z.number(),
  problem_count: z.int(),
  demo: z.boolean(),
  scan: z.object({
    state: z.enum(['idle', 'running']),
    done: z.int(),
    total: z.int(),
    finished_at: z.string().optional(),
  }),
  /** Counts every change of the library; a list read earlier is stale when it differs. */
  generation: z.int(),
});
export type LibraryState = z.infer<typeof LibraryState>;
