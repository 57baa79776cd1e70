import * as z from 'zod';
import { ClockUs, Id } from './common.js';
import { SyncClass } from './player.js';

/** What a player did to get back to its room's timeline. */
export const SyncCorrection = z.object({
  /** `rate`: a trimmed speed; `seek`: a jump; `restart`: paused, positioned and started again at a chosen time; `realign`: the whole room did. */
  kind: z.enum(['rate', 'seek', 'restart', 'realign']),
  /** How far off it was: positive = it was ahead. */
  skew_ms: z.number(),
  reason: z.string().max(200),
  at_us: ClockUs,
});
export type SyncCorrection = z.infer<typeof SyncCorrection>;

/** How far one player is from its room's timeline; positive = ahead. Numbers are absent while nothing was measured. [SY1] */
export const SyncReport = z.object({
  player_id: Id,
  sync_class: SyncClass,
  /** Judged by what the class can keep. `unmeasured`: this player tells nothing to measure, whatever its class promises. [SY2] */
  state: z.enum(['in-sync', 'settling', 'lost', 'unmeasured']),
  /** True when the numbers are reckoned from what the player says about itself, not measured at its output. */
  estimated: z.boolean(),
  /** The last 30 s. p50 and p95 are of the absolute value. */
  skew_ms: z.object({ now: z.number(), p50: z.number(), p95: z.number() }).optional(),
  trend_ms_per_minute: z.number().optional(),
  /** The numbers are wrong by no more than this. */
  error_ms: z.number().optional(),
  /** Of the player's clock against the server's, as its driver has learnt it. */
  drift_ppm: z.number().optional(),
  correction: SyncCorrection.optional(),
});
export type SyncReport = z.infer<typeof SyncReport>;
