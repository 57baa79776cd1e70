import * as z from 'zod';
import { Id } from './common.js';
import { Nothing, Outcomes, type CommandSpec } from './command-spec.js';
import { ChatMessage, Party, PartyRules, PersonName, SkipVotes } from './party.js';
import { RoomState } from './room.js';

const room = { room_id: Id };
/** Proves who one was before: the `secret` that an earlier reply gave. */
const again = { participant_id: Id.optional(), secret: z.string().max(128).optional() };
/** What people are called; who is signed in is called as their account is. */
const name = PersonName.optional();
/** `invite` lets others in: it belongs into a link or a QR code. Who is signed in needs no `secret` and gets none. */
const Entered = z.object({
  participant_id: Id,
  secret: z.string().optional(),
  invite: z.string(),
  state: RoomState,
  party: Party,
});
const rules = z.strictObject({
  description: PartyRules.shape.description.default(''),
  max_participants: PartyRules.shape.max_participants.default(20),
  public: PartyRules.shape.public.default(true),
  fair: PartyRules.shape.fair.default(true),
  skip_quorum: PartyRules.shape.skip_quorum.default(0.5),
  cooldown_seconds: PartyRules.shape.cooldown_seconds.default(15),
});

export const partyCommands = {
  'room:open': {
    request: z.strictObject({ ...room, name, ...rules.shape }),
    reply: Entered,
    access: 'control',
    http: 'POST /rooms/{room_id}/party',
    summary: 'Open the doors of a room for a listening party; who does so is its host',
  },
  'room:join': {
    request: z.strictObject({
      ...room,
      name,
      ...again,
      invite: z.string().max(128).optional(),
      /** Only come back: who is not known any more is not let in as somebody new, but told ERR_NOT_FOUND. */
      returning: z.boolean().default(false),
    }),
    reply: Entered,
    access: 'party',
    http: 'POST /rooms/{room_id}/party/participants',
    summary: 'Join a listening party, or come back to it; the connection speaks for that person from now on',
  },
  'room:leave': {
    request: z.strictObject(room),
    reply: Nothing,
    access: 'party',
    http: 'POST /rooms/{room_id}/party/leave',
    summary: 'Leave a listening party; a host hands over to who has been there longest',
  },
  'room:close': {
    request: z.strictObject(room),
    reply: Nothing,
    access: 'party',
    http: 'DELETE /rooms/{room_id}/party',
    summary: 'Close a listening party; the music goes on. The host, or an admin who has not joined',
  },
  'room:rules': {
    request: z.strictObject({ ...room, ...PartyRules.partial().shape }),
    reply: Nothing,
    access: 'party',
    http: 'PUT /rooms/{room_id}/party',
    summary: 'Change the rules of a party; the host',
  },
  'room:hand-over': {
    request: z.strictObject({ ...room, participant_id: Id }),
    reply: Nothing,
    access: 'party',
    http: 'POST /rooms/{room_id}/party/host',
    summary: 'Make somebody else the host',
  },
  'room:chat': {
    request: z.strictObject({ ...room, message: z.string().trim().min(1).max(500) }),
    reply: z.object({ message: ChatMessage }),
    access: 'party',
    http: 'POST /rooms/{room_id}/party/chat',
    summary: 'Say something to everybody in a party',
  },
  'room:vote-skip': {
    request: z.strictObject({ ...room, item_id: Id }),
    reply: z.object({ skip: SkipVotes, skipped: z.boolean() }),
    access: 'party',
    http: 'POST /rooms/{room_id}/party/skip',
    summary: 'Vote to skip what plays',
  },
  'room:veto': {
    request: z.strictObject(room),
    reply: Outcomes.partial(),
    access: 'party',
    http: 'DELETE /rooms/{room_id}/party/skip',
    summary: 'Keep what plays whatever the votes; the host',
  },
} as const satisfies Record<string, CommandSpec>;
