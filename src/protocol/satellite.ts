import * as z from 'zod';
import { ClockUs, HttpUrl, Id, Name, Seconds, Volume } from './common.js';
import { ERROR_CODES } from './errors.js';
import { Capability, Foreign, Output, PlaybackStatus, SyncClass } from './player.js';
import { SyncCorrection } from './sync.js';

const Text = z.string().max(1024);

/** Something to play, as a satellite gets it: files of the server come as `url_path`, a signed path on the server it is connected to. */
export const SatelliteMedia = z.object({
  ref: Id,
  url: HttpUrl.optional(),
  url_path: z
    .string()
    .max(2048)
    .regex(/^\/[^\s]*$/)
    .optional(),
  title: Text,
  artist: Text.optional(),
  album: Text.optional(),
  duration_seconds: Seconds.optional(),
  live: z.boolean(),
});
export type SatelliteMedia = z.infer<typeof SatelliteMedia>;

const Cue = z.object({ position_seconds: z.number(), at_us: ClockUs });

/** What a player is told: the commands of the driver contract. Times are the server clock. */
export const SatelliteCommand = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('load'),
    media: SatelliteMedia,
    next: SatelliteMedia.optional(),
    position_seconds: Seconds,
    playing: z.boolean(),
    at_us: ClockUs.optional(),
  }),
  z.object({ type: z.literal('preload'), next: SatelliteMedia.optional() }),
  z.object({ type: z.literal('play'), cue: Cue.optional() }),
  z.object({ type: z.literal('pause') }),
  z.object({ type: z.literal('stop') }),
  z.object({ type: z.literal('seek'), position_seconds: Seconds, at_us: ClockUs.optional() }),
  z.object({ type: z.literal('follow'), ref: Id.optional(), cue: Cue.optional() }),
  z.object({ type: z.literal('latency'), latency_ms: z.number() }),
  z.object({ type: z.literal('volume'), volume: Volume }),
  z.object({ type: z.literal('mute'), muted: z.boolean() }),
  z.object({ type: z.literal('output'), output_id: z.string().max(256), active: z.boolean() }),
  z.object({ type: z.literal('take-over') }),
]);
export type SatelliteCommand = z.infer<typeof SatelliteCommand>;

/** What a player reports: the facts of the driver contract. Times are the server clock. */
export const SatelliteFact = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('info'),
    version: Text.optional(),
    capabilities: z.array(Capability).max(32).readonly(),
    fresh: z.boolean().optional(),
    sync_class: SyncClass.optional(),
    lead_ms: z.number().min(0).max(10_000).optional(),
  }),
  z.object({
    type: z.literal('playback'),
    status: PlaybackStatus,
    ref: Id.optional(),
    position_seconds: Seconds,
    at_us: ClockUs,
    rate: z.number().min(0).max(4),
    duration_seconds: Seconds.optional(),
    stream_title: Text.optional(),
  }),
  z.object({
    type: z.literal('ended'),
    ref: Id,
    reason: z.enum(['finished', 'failed']),
    message: Text.optional(),
  }),
  z.object({
    type: z.literal('sync'),
    skew_ms: z.number(),
    error_ms: z.number().min(0),
    estimated: z.boolean(),
    at_us: ClockUs,
    drift_ppm: z.number().optional(),
    correction: SyncCorrection.optional(),
  }),
  z.object({ type: z.literal('volume'), volume: Volume.optional(), muted: z.boolean() }),
  z.object({ type: z.literal('outputs'), outputs: z.array(Output).max(64).readonly() }),
  z.object({ type: z.literal('control'), elsewhere: z.boolean(), foreign: Foreign.optional() }),
  z.object({ type: z.literal('problem'), message: Text.optional() }),
  z.object({ type: z.literal('memory'), value: z.unknown() }),
]);
export type SatelliteFact = z.infer<typeof SatelliteFact>;

/** A player that a satellite offers; `key` is stable across its restarts. */
export const SatellitePlayer = z.strictObject({
  key: Id,
  name: Name,
  /** For people: the sound card or sink. */
  address: Text,
});
export type SatellitePlayer = z.infer<typeof SatellitePlayer>;

/** One thing for the satellite to do with one of its players, answered by a result with the same `call_id`. */
export const SatelliteCall = z.object({
  call_id: z.int(),
  key: Id,
  call: z.discriminatedUnion('type', [
    z.object({ type: z.literal('connect'), memory: z.unknown() }),
    z.object({ type: z.literal('execute'), command: SatelliteCommand }),
    z.object({ type: z.literal('probe') }),
    z.object({ type: z.literal('close') }),
  ]),
});
export type SatelliteCall = z.infer<typeof SatelliteCall>;

/** What a satellite has to say, in order: a fact of a player, how a call went, or that the link to a player is over. */
export const SatelliteReport = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('fact'), key: Id, fact: SatelliteFact }),
  z.strictObject({
    type: z.literal('result'),
    call_id: z.int(),
    error: z.strictObject({ code: z.enum(ERROR_CODES), message: Text }).optional(),
  }),
  z.strictObject({ type: z.literal('closed'), key: Id, reason: Text }),
]);
export type SatelliteReport = z.infer<typeof SatelliteReport>;
