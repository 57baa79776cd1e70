import * as z from 'zod';
import { Id, Seconds, Volume } from './common.js';

/** What a player can do. Absent = it cannot, and the page does not offer it. */
export const Capability = z.enum([
  'seek',
  'pause',
  'volume',
  'mute',
  'gapless',
  'outputs',
  'replaygain',
  'radio',
  /** Shifts its sound by `latency_ms` itself; for all others it is done by shifting the times they are told. */
  'latency',
  /** Can play a clip over its music. */
  'overlay',
]);
export type Capability = z.infer<typeof Capability>;

/** How tightly a player can follow its room's timeline. */
export const SyncClass = z.enum(['locked', 'steered', 'nudged', 'loose']);
export type SyncClass = z.infer<typeof SyncClass>;

export const PlaybackStatus = z.enum(['stopped', 'loading', 'playing', 'paused']);
export type PlaybackStatus = z.infer<typeof PlaybackStatus>;

/** A sound card, sink or MPD output that a player can send to. */
export const Output = z.object({
  output_id: z.string().min(1).max(256),
  name: z.string(),
  /** What is known of it: formats, the television behind it. */
  detail: z.string().max(200).optional(),
  active: z.boolean(),
});
export type Output = z.infer<typeof Output>;

/** What somebody else plays on this player, as far as it says. */
export const Foreign = z.object({
  title: z.string(),
  artist: z.string(),
  status: PlaybackStatus,
  position_seconds: Seconds,
  duration_seconds: Seconds.optional(),
});
export type Foreign = z.infer<typeof Foreign>;

/** Milliseconds in steps of one. */
export const LatencyMs = z.int().min(-2000).max(2000);

export const Player = z.object({
  player_id: Id,
  /** Which driver: `mpd`, `local`, `null`, ... */
  kind: z.string(),
  name: z.string(),
  room_id: Id,
  /** The room of its own, where it goes when it leaves a shared one. Absent = it is there. */
  home_room_id: Id.optional(),
  /** `offline` carries `problem`, `online` may; the supervisor goes on trying for ever. */
  link: z.enum(['connecting', 'online', 'offline']),
  problem: z.string().optional(),
  /** Where it came from: the config file, a command, or discovery. */
  origin: z.enum(['config', 'added', 'discovered']),
  /** Host and port, socket or sound card, for people. */
  address: z.string(),
  version: z.string().optional(),
  capabilities: z.array(Capability),
  sync_class: SyncClass,
  volume: Volume.optional(),
  muted: z.boolean(),
  /** The loudspeaker is heard so much later than the player believes: it plays that much earlier. Negative = later. */
  latency_ms: LatencyMs,
  /** Never louder than this, whoever turns the knob. */
  volume_limit: Volume,
  outputs: z.array(Output),
  /** Somebody else drives this player; `room:take-over` makes it ours. */
  controlled_elsewhere: z.boolean(),
  foreign: Foreign.optional(),
});
export type Player = z.infer<typeof Player>;
