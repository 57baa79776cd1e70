import * as z from 'zod';
import { SCOPES } from './access.js';
import { Id } from './common.js';
import { PersonName } from './party.js';

/** Counted in characters; anything may be in it. */
export const Password = z.string().min(8).max(256);
/** What a link, an invitation or a token is made of. */
const Secret = z.string().min(1).max(128);

/** So begins the link that makes the first admin: the page asks for a name then. */
export const FIRST_LINK = 'first-';

/** A body of `POST /api/v1/sign-in`. */
export const SignIn = z.discriminatedUnion('how', [
  z.strictObject({
    how: z.literal('password'),
    name: z.string().min(1).max(128),
    password: z.string().max(256),
  }),
  /**
   * A one-time link. One for an account signs that account in; the one of the first start makes the first admin and needs a name. With
   * a password the account has that one from then on.
   */
  z.strictObject({
    how: z.literal('link'),
    link: Secret,
    name: PersonName.optional(),
    password: Password.optional(),
  }),
  z.strictObject({ how: z.literal('invitation'), invitation: Secret, name: PersonName }),
]);
export type SignIn = z.output<typeof SignIn>;

export const Person = z.object({
  user_id: Id,
  name: z.string(),
  role: z.enum(['admin', 'user']),
  /** Without a password one comes in by a link alone. */
  has_password: z.boolean(),
  session_count: z.int(),
  created_at: z.string(),
  last_seen_at: z.string().optional(),
});
export type Person = z.output<typeof Person>;

/** Somebody's phone or browser that is signed in, or a guest's. */
export const SessionEntry = z.object({
  session_id: Id,
  user_id: Id.optional(),
  name: z.string(),
  role: z.enum(['admin', 'user', 'guest']),
  room_id: Id.optional(),
  address: z.string(),
  agent: z.string(),
  created_at: z.string(),
  last_seen_at: z.string(),
  /** The one that asks. */
  current: z.boolean(),
});
export type SessionEntry = z.output<typeof SessionEntry>;

export const ApiToken = z.object({
  token_id: Id,
  name: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  created_at: z.string(),
  expires_at: z.string().optional(),
  last_used_at: z.string().optional(),
});
export type ApiToken = z.output<typeof ApiToken>;

export const Invitation = z.object({
  invitation_id: Id,
  room_id: Id,
  name: z.string(),
  created_at: z.string(),
  expires_at: z.string(),
  max_uses: z.int(),
  uses: z.int(),
});
export type Invitation = z.output<typeof Invitation>;
