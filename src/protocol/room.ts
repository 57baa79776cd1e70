import * as z from 'zod';
import { ClockUs, Id, Seconds, Volume } from './common.js';
import { PlaybackStatus, Player, SyncClass } from './player.js';
import { PartySummary } from './party.js';
import { QueueItem } from './queue.js';

export const Repeat = z.enum(['off', 'all', 'one']);
export type Repeat = z.infer<typeof Repeat>;

/** Where a room's music is: at server clock `at_us` it was at `position_seconds`, and it moves `rate` seconds a second (0 = it stands). */
export const Timeline = z.object({
  position_seconds: Seconds,
  at_us: ClockUs,
  rate: z.number().min(0).max(4),
});
export type Timeline = z.infer<typeof Timeline>;

/** From `from` to `to` (local time, `HH:MM`, over midnight when `to` is earlier) nothing is louder than `limit`. */
export const QuietHours = z.object({
  from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
  to: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
  limit: Volume,
});
export type QuietHours = z.infer<typeof QuietHours>;

/** How loud people of a role may turn anything, and how loud while the room has quiet hours: the lower one holds then. [VL5] */
export const RoleLimits = z.object({
  user: Volume,
  device: Volume,
  user_quiet: Volume,
  device_quiet: Volume,
});
export type RoleLimits = z.infer<typeof RoleLimits>;

/** A room as the list of rooms shows it. */
export const Room = z.object({
  room_id: Id,
  name: z.string(),
  /** Empty while all its players are in other rooms; its queue waits for them. */
  player_ids: z.array(Id),
  state: PlaybackStatus,
  current: QueueItem.optional(),
  volume: Volume,
  muted: z.boolean(),
  volume_limit: Volume,
  quiet_hours: QuietHours.optional(),
  /** A public listening party is on. */
  party: PartySummary.optional(),
});
export type Room = z.infer<typeof Room>;

/** Everything about a room's playback but the queue. `track` is the current item; `position_seconds` is the timeline's. */
export const Playback = z.object({
  room_id: Id,
  state: PlaybackStatus,
  track: QueueItem.optional(),
  item_id: Id.optional(),
  ...Timeline.shape,
  /** Absent while unknown and for a stream without end. */
  duration_seconds: Seconds.optional(),
  /** The name a radio stream gives to what it plays now. */
  stream_title: z.string().optional(),
  volume: Volume,
  muted: z.boolean(),
  queue_length: z.int(),
  current_index: z.int().optional(),
  repeat: Repeat,
  shuffle: z.boolean(),
  can_undo: z.boolean(),
  can_redo: z.boolean(),
  /** What went wrong last, in words; gone when something plays again. */
  problem: z.string().optional(),
});
export type Playback = z.infer<typeof Playback>;

/** The snapshot of topic `room/<id>`. */
export const RoomState = z.object({
  room: Room,
  playback: Playback,
  queue: z.object({ items: z.array(QueueItem), current_index: z.int().optional() }),
  players: z.array(Player),
  /** A listening party is on, public or not. */
  party: PartySummary.optional(),
});
export type RoomState = z.infer<typeof RoomState>;

/** What happened to one member of a room when a command reached it. [CM4] */
export const Outcome = z.object({
  player_id: Id,
  outcome: z.enum(['applied', 'queued', 'ignored', 'failed']),
  reason: z.string().optional(),
  /** Of a player that joins a room: how tightly it will be able to follow. */
  sync_class: SyncClass.optional(),
});
export type Outcome = z.infer<typeof Outcome>;

/** An item of a queue as bare samples, 16 bit little endian, interleaved: what one who plays along needs. [LS1] */
export const Listening = z.object({
  item_id: Id,
  /** Relative to the server; with `?offset_seconds=` from there on. Expires. */
  url: z.string(),
  sample_rate_hz: z.int(),
  channels: z.int(),
  duration_seconds: Seconds,
});
export type Listening = z.infer<typeof Listening>;
