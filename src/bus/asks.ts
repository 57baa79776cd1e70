import * as z from 'zod';
import { COMMANDS, isCommandType, SignIn, TOPICS, topicFamily, WireError } from '../protocol/index.js';
import { BusCaller, BusIdentity, BusReaders } from './messages.js';

const Nothing = z.object({});
const Secret = z.string().max(4096);
const ClientId = z.string().max(64);

/** What a gateway may ask of the house, and what the house answers. */
export const ASKS = {
  run: {
    request: z.object({
      type: z.string().max(64),
      request: z.unknown(),
      caller: BusCaller,
      /** By which ids the client asks again, when it said who it is. */
      asked: z
        .object({ client_id: ClientId, ids: z.array(z.string().max(256)).min(1).max(128).readonly() })
        .optional(),
    }),
    reply: z.union([
      z.object({ ok: z.literal(true), data: z.unknown() }),
      z.object({ ok: z.literal(false), error: WireError }),
    ]),
    ms: 60_000,
  },
  topic: {
    request: z.object({ topic: z.string().max(140) }),
    reply: z
      .object({ revision: z.int().min(0), data: z.unknown(), readers: BusReaders.optional() })
      .nullable(),
    ms: 10_000,
  },
  /** The client is on this connection from now on. */
  resume: {
    request: z.object({ client_id: ClientId, caller: BusCaller }),
    reply: z.object({ resumed: z.boolean() }),
    ms: 5_000,
  },
  clock: { request: Nothing, reply: z.object({ t1_us: z.number(), t2_us: z.number() }), ms: 2_000 },
  identify: {
    request: z.object({
      secret: Secret,
      carrier: z.enum(['message', 'query', 'cookie', 'bearer']),
      address: z.string().max(64),
    }),
    reply: BusIdentity,
    ms: 5_000,
  },
  /** Which of these sessions still are, and what they may. */
  sessions: {
    request: z.object({ session_ids: z.array(z.string().max(256)).max(500) }),
    reply: z.object({ identities: z.array(BusIdentity) }),
    ms: 5_000,
  },
  sign_in: {
    request: z.object({
      request: SignIn,
      origin: z.object({
        address: z.string().max(64),
        agent: z.string().max(512),
        session: Secret.optional(),
      }),
    }),
    reply: z.object({ identity: BusIdentity, session: Secret, max_age_seconds: z.number() }),
    ms: 10_000,
  },
  sign_out: { request: BusIdentity, reply: Nothing, ms: 5_000 },
  access_token: {
    request: BusIdentity,
    reply: z.object({ access_token: Secret, expires_in_seconds: z.number(), identity: BusIdentity }),
    ms: 5_000,
  },
  revoke_access: { request: BusIdentity, reply: Nothing, ms: 5_000 },
  ticket: {
    request: BusIdentity,
    reply: z.object({ ticket: Secret, expires_in_seconds: z.number() }),
    ms: 5_000,
  },
  seen: {
    request: z.object({ session_ids: z.array(z.string().max(256)).max(10_000) }),
    reply: Nothing,
    ms: 5_000,
  },
} as const satisfies Record<string, { request: z.ZodType; reply: z.ZodType; ms: number }>;

export type Ask = keyof typeof ASKS;
export type AskRequest<A extends Ask> = z.output<(typeof ASKS)[A]['request']>;
export type AskInput<A extends Ask> = z.input<(typeof ASKS)[A]['request']>;
export type AskReply<A extends Ask> = z.output<(typeof ASKS)[A]['reply']>;

export function isAsk(ask: string): ask is Ask {
  return Object.hasOwn(ASKS, ask);
}

/** The reply of a command as its table promises it, or undefined. */
export function readReply(type: string, data: unknown): unknown {
  const read = isCommandType(type) ? COMMANDS[type].reply.safeParse(data) : undefined;
  return read?.success ? read.data : undefined;
}

/** The snapshot of a topic as its family promises it, or undefined. */
export function readSnapshot(topic: string, data: unknown): unknown {
  const family = topicFamily(topic);
  const read = family === undefined ? undefined : TOPICS[family].safeParse(data);
  return read?.success ? read.data : undefined;
}
