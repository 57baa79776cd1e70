import * as z from 'zod';
import type { DoorChange, Identity } from '../people/index.js';
import {
  ACCESS,
  EVENTS,
  Id,
  ROLES,
  SCOPES,
  WireError,
  type Access,
  type EventType,
  type TopicEvent,
} from '../protocol/index.js';

/** Who sent it, and the how manieth it is of those that this sender sent there; both sides speak the same version. */
const head = { v: z.literal(1), node: Id, seq: z.int().min(0) };
const Text = z.string().max(256);

const permission = {
  role: z.enum(ROLES),
  room_id: Id.optional(),
  scopes: z.array(z.enum(SCOPES)).max(16).readonly().optional(),
};

/** Who a command comes from. What it may do is looked up by the session, not believed. */
export const BusCaller = z.object({
  ...permission,
  connection_id: Id,
  subject_id: Text.optional(),
  session_id: Text.optional(),
  name: Text.optional(),
});

export const BusIdentity = z.object({
  ...permission,
  subject_id: Text,
  name: Text,
  session_id: Text,
  access_id: Text.optional(),
  expires_at_ms: z.number().optional(),
}) satisfies z.ZodType<Identity>;

export const BusDoorChange: z.ZodType<DoorChange> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ended'), session_id: Text, access_id: z.string().max(256).exactOptional() }),
  z.object({ kind: z.literal('changed'), identity: BusIdentity }),
]);

/** Who may have a topic; see `Readers`. */
export const BusReaders = z.union([
  z.enum(['all', 'nobody']),
  z.object({
    connection_ids: z.array(Id).max(10_000).readonly(),
    subject_ids: z.array(Text).max(10_000).readonly(),
  }),
]);

/** Its data is checked by `readEvent`, so that a broken one costs one topic and not the message. */
const BusEvent = z.object({
  type: Text,
  topic: Text,
  revision: z.int().min(0),
  data: z.unknown(),
  audience: z
    .object({
      user_id: Text.optional(),
      role: z.enum(ROLES).optional(),
      connection_id: Id.optional(),
      room_id: Id.optional(),
      access: z.literal(Object.keys(ACCESS) as Access[]).optional(),
    })
    .optional(),
  readers: BusReaders.optional(),
});

/** Gateway -> house. */
export const ToHouse = z.discriminatedUnion('kind', [
  z.object({ ...head, kind: z.literal('join'), nonce: Id, version: Text }),
  z.object({ ...head, kind: z.literal('beat') }),
  /** Of another house that starts: whether there is one. */
  z.object({ ...head, kind: z.literal('there') }),
  z.object({ ...head, kind: z.literal('ask'), id: Id, ask: Text, data: z.unknown() }),
  z.object({ ...head, kind: z.literal('left'), connection_id: Id }),
  z.object({ ...head, kind: z.literal('leave') }),
]);
export type ToHouse = z.output<typeof ToHouse>;

/** House -> every gateway; their numbers have no holes. */
export const ToGateways = z.discriminatedUnion('kind', [
  z.object({ ...head, kind: z.literal('start') }),
  z.object({ ...head, kind: z.literal('beat') }),
  z.object({ ...head, kind: z.literal('events'), events: z.array(BusEvent).max(10_000) }),
  z.object({ ...head, kind: z.literal('door'), change: BusDoorChange }),
  z.object({ ...head, kind: z.literal('stop'), reason: Text, retry_after_ms: z.int().min(0) }),
]);
export type ToGateways = z.output<typeof ToGateways>;

/** House -> one gateway. `seq` of a welcome is the number of the last message to every gateway. */
export const ToGateway = z.discriminatedUnion('kind', [
  z.object({
    ...head,
    kind: z.literal('welcome'),
    nonce: Id,
    epoch: Id,
    version: Text,
    door: z.enum(['open', 'required']),
    url: z.string().max(2048),
  }),
  z.object({ ...head, kind: z.literal('rejoin') }),
  /** To a house that starts: there is one. */
  z.object({ ...head, kind: z.literal('taken') }),
  /** The client of this connection is on another one. */
  z.object({ ...head, kind: z.literal('superseded'), connection_id: Id }),
  z.discriminatedUnion('ok', [
    z.object({ ...head, kind: z.literal('answer'), id: Id, ok: z.literal(true), data: z.unknown() }),
    z.object({ ...head, kind: z.literal('answer'), id: Id, ok: z.literal(false), error: WireError }),
  ]),
]);
export type ToGateway = z.output<typeof ToGateway>;

/** What a message is before its sender adds the head. */
export type Body<T> = T extends unknown ? Omit<T, 'v' | 'node' | 'seq'> : never;

export const channels = (house: string) => ({
  house: `${house}:house`,
  gateways: `${house}:gateways`,
  gateway: (node: string) => `${house}:gateway:${node}`,
});

/** An event with its data checked, or undefined for one that cannot be read. */
export function readEvent({
  type,
  topic,
  revision,
  data,
  audience,
  readers,
}: z.output<typeof BusEvent>): TopicEvent | undefined {
  if (!Object.hasOwn(EVENTS, type)) return undefined;
  const read = EVENTS[type as EventType].data.safeParse(data);
  if (!read.success) return undefined;
  const whom = { ...(audience && { audience }), ...(readers && { readers }) };
  return { type, topic, revision, data: read.data, ...whom } as TopicEvent;
}
