import * as z from 'zod';
import { Id } from './common.js';

/** What people are called in a room. */
export const PersonName = z
  .string()
  .trim()
  .min(1)
  .max(40)
  .refine((text) => !/\p{Cc}/u.test(text), 'control characters are not allowed');

/** A person in a listening party. */
export const Participant = z.object({
  participant_id: Id,
  name: z.string(),
  host: z.boolean(),
  /** `away`: no connection just now; after some minutes they have left. */
  presence: z.enum(['here', 'away']),
  joined_at: z.string(),
});
export type Participant = z.infer<typeof Participant>;

export const ChatMessage = z.object({
  message_id: Id,
  participant_id: Id,
  /** What they were called when they said it. */
  user: z.string(),
  message: z.string(),
  sent_at: z.string(),
});
export type ChatMessage = z.infer<typeof ChatMessage>;

/** Messages of a party that are kept; the oldest go first. */
export const MAX_CHAT = 200;

/** What the host decides about a party. */
export const PartyRules = z.object({
  description: z.string().max(500),
  max_participants: z.int().min(1).max(1000),
  /** Public: everybody sees it in the list of rooms. Private: only who was given the link. */
  public: z.boolean(),
  /** People's items take turns instead of standing in a line. */
  fair: z.boolean(),
  /** Share of those who are here whose votes skip a track. */
  skip_quorum: z.number().min(0.01).max(1),
  /** No vote counts in the first so many seconds of a track. */
  cooldown_seconds: z.number().min(0).max(600),
});
export type PartyRules = z.infer<typeof PartyRules>;

/** Votes to skip the item that plays. */
export const SkipVotes = z.object({ item_id: Id, votes: z.int(), needed: z.int() });
export type SkipVotes = z.infer<typeof SkipVotes>;

/** A room with its doors open, as those see it who are in. The snapshot of topic `party/<id>`. [PT1] [PT7] */
export const Party = z.object({
  ...PartyRules.shape,
  opened_at: z.string(),
  participants: z.array(Participant),
  skip: SkipVotes.optional(),
  /** The last messages, oldest first. */
  chat: z.array(ChatMessage),
});
export type Party = z.infer<typeof Party>;

/** What a party looks like from outside: nothing of what people say there, and no name but the host's. [PT7] */
export const PartySummary = z.object({
  description: z.string(),
  public: z.boolean(),
  fair: z.boolean(),
  participant_count: z.int(),
  max_participants: z.int(),
  host: z.string(),
});
export type PartySummary = z.infer<typeof PartySummary>;

export const PARTY_EVENTS = [
  'party_opened',
  'party_closed',
  'user_joined',
  'user_left',
  'host_changed',
  'skipped',
  'vetoed',
] as const;
