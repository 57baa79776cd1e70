import * as z from 'zod';
import { ROLES, SCOPES } from './access.js';
import { ERROR_CODES } from './errors.js';

/** Client -> server, before the type is looked at. [EN1] */
export const CommandFrame = z.strictObject({
  id: z.string().min(1).max(64).optional(),
  type: z.string().min(1).max(64),
  data: z.unknown().optional(),
});
export type CommandFrame = z.infer<typeof CommandFrame>;

export const WireError = z.object({
  code: z.enum(ERROR_CODES),
  message: z.string(),
  retryable: z.boolean(),
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
export type WireError = z.infer<typeof WireError>;

/** Who is signed in, as they are told. [AU3] */
export const You = z.object({
  role: z.enum(ROLES),
  subject_id: z.string(),
  name: z.string(),
  /** Guests: their only room. */
  room_id: z.string().optional(),
  /** Devices. */
  scopes: z.array(z.enum(SCOPES)).optional(),
  /** When the credential ends. */
  expires_at: z.string().optional(),
});
export type You = z.infer<typeof You>;

export const Hello = z.object({
  type: z.literal('hello'),
  server: z.literal('tutti'),
  version: z.string(),
  protocol: z.object({ current: z.int(), min: z.int() }),
  /** Changes with every start of the server: revisions of another epoch mean nothing. */
  epoch: z.string(),
  server_time_us: z.number(),
  connection_id: z.string(),
  auth: z.enum(['required', 'open']),
  /** Who came in with the address itself; absent = `auth` is expected, or nobody is asked. */
  you: You.optional(),
});
export type Hello = z.infer<typeof Hello>;

export const EventFrame = z.object({
  type: z.string(),
  topic: z.string(),
  revision: z.int(),
  timestamp: z.string(),
  data: z.unknown(),
});
export type EventFrame = z.infer<typeof EventFrame>;

export const ReplyFrame = z.object({
  type: z.literal('reply'),
  id: z.string(),
  ok: z.literal(true),
  data: z.unknown(),
});
export const ErrorFrame = z.object({ type: z.literal('error'), id: z.string().optional(), error: WireError });
/** One per topic; `snapshot` when not resumed, `events` (missed ones, oldest first) when resumed. [SB2] */
export const SubscribedFrame = z.object({
  type: z.literal('subscribed'),
  id: z.string().optional(),
  topic: z.string(),
  epoch: z.string(),
  revision: z.int(),
  resumed: z.boolean(),
  snapshot: z.unknown().optional(),
  events: z.array(EventFrame).optional(),
});
export const UnsubscribedFrame = z.object({
  type: z.literal('unsubscribed'),
  id: z.string().optional(),
  topic: z.string(),
});
export const PongFrame = z.object({
  type: z.literal('pong'),
  id: z.string().optional(),
  timestamp: z.string(),
});
/** t0 = client sent, t1 = server received, t2 = server sent; microseconds. [CL1] */
export const ClockFrame = z.object({
  type: z.literal('clock'),
  id: z.string().optional(),
  t0_us: z.number(),
  t1_us: z.number(),
  t2_us: z.number(),
});

/** Close codes: 4000-4099 do not come back, 4100-4199 come back later, 4200-4299 come back now. [CC1] */
export const CLOSE = {
  unauthorized: 4001,
  badMessage: 4002,
  notFound: 4003,
  overloaded: 4100,
  restarting: 4101,
  flooding: 4102,
  tooSlow: 4200,
} as const;
