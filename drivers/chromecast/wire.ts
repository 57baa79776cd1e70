import * as z from 'zod';

const PREFIX = 'urn:x-cast:com.google.cast.';
export const NAMESPACE = {
  connection: `${PREFIX}tp.connection`,
  heartbeat: `${PREFIX}tp.heartbeat`,
  receiver: `${PREFIX}receiver`,
  media: `${PREFIX}media`,
} as const;

/** The receiver itself, as opposed to an app that runs on it. */
export const PLATFORM = 'receiver-0';
/** Google's app that plays what it is told. */
export const DEFAULT_APP = 'CC1AD845';
/** Bit of `supportedMediaCommands`. */
export const CAN_RATE = 8192;

const Id = z.string().min(1).max(200);
/** Text for people: cut, not refused. */
const Words = z
  .string()
  .transform((text) => text.slice(0, 500))
  .optional()
  .catch(undefined);
const Count = z.int().min(-0x7fffffff).max(0x7fffffff);
const Place = z
  .number()
  .transform((seconds) => Math.min(Math.max(0, seconds), 1e8))
  .catch(0);

/** What every message has. `requestId` 0 or none: nobody asked. */
export const Envelope = z.looseObject({
  type: z.string().max(100),
  requestId: Count.optional().catch(undefined),
});
export type Envelope = z.infer<typeof Envelope>;

const Application = z.object({
  appId: Id,
  displayName: Words,
  statusText: Words,
  sessionId: Id.optional().catch(undefined),
  transportId: Id.optional().catch(undefined),
  isIdleScreen: z.boolean().catch(false),
  namespaces: z
    .array(z.object({ name: z.string() }))
    .max(100)
    .catch([]),
});
export type Application = z.infer<typeof Application>;

const ReceiverVolume = z.object({
  level: z
    .number()
    .transform((level) => Math.min(Math.max(0, level), 1))
    .optional()
    .catch(undefined),
  muted: z.boolean().optional().catch(undefined),
  controlType: z.string().optional().catch(undefined),
});

export const ReceiverStatus = z.object({
  type: z.literal('RECEIVER_STATUS'),
  status: z.object({
    applications: z.array(Application).max(50).optional().catch(undefined),
    volume: ReceiverVolume.optional().catch(undefined),
  }),
});
export type ReceiverStatus = z.infer<typeof ReceiverStatus>['status'];

/** What we write beside everything we load, and find again after a restart. */
export const OurMark = z.object({
  tutti: z.object({ mark: z.string().max(64), ref: z.string().min(1).max(500), live: z.boolean() }),
});
export type OurMark = z.infer<typeof OurMark>['tutti'];

const MediaOf = z.object({
  duration: z.number().positive().max(1e8).optional().catch(undefined),
  streamType: z.string().optional().catch(undefined),
  metadata: z.object({ title: Words, artist: Words, subtitle: Words }).optional().catch(undefined),
  customData: z.unknown().optional(),
});
export type MediaOf = z.infer<typeof MediaOf>;

const QueueItem = z.object({
  itemId: Count,
  media: MediaOf.optional().catch(undefined),
  customData: z.unknown().optional(),
});

const MediaState = z.object({
  mediaSessionId: Count,
  playerState: z.enum(['IDLE', 'PLAYING', 'PAUSED', 'BUFFERING', 'LOADING']),
  idleReason: z.string().optional().catch(undefined),
  currentTime: Place,
  playbackRate: z.number().min(0.01).max(16).catch(1),
  supportedMediaCommands: z.int().catch(0),
  currentItemId: Count.optional().catch(undefined),
  loadingItemId: Count.optional().catch(undefined),
  media: MediaOf.optional().catch(undefined),
  items: z.array(QueueItem).max(200).optional().catch(undefined),
});
export type MediaState = z.infer<typeof MediaState>;

export const MediaStatus = z.object({
  type: z.literal('MEDIA_STATUS'),
  status: z.array(MediaState).max(10),
});

/** The refusals of the protocol; anything else with a request id is an answer. */
const REFUSALS: ReadonlySet<string> = new Set([
  'INVALID_REQUEST',
  'INVALID_PLAYER_STATE',
  'LOAD_FAILED',
  'LOAD_CANCELLED',
  'LAUNCH_ERROR',
  'ERROR',
]);

export function isRefusal({ type }: Envelope): boolean {
  return REFUSALS.has(type);
}

/** The reason a refusal gives, for people and logs. */
export function reasonOf(message: Envelope): string {
  const { reason } = message;
  return typeof reason === 'string' ? `${message.type}: ${reason.slice(0, 200)}` : message.type;
}

/** JSON of a message; undefined when it is none, or not an object with a type. */
export function readEnvelope(text: string): Envelope | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = Envelope.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
