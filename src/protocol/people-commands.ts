import * as z from 'zod';
import { ROLES, SCOPES } from './access.js';
import { Nothing, type CommandSpec } from './command-spec.js';
import { Id, Name } from './common.js';
import { PersonName } from './party.js';
import { ApiToken, Invitation, Password, Person, SessionEntry } from './people.js';

const YEAR_SECONDS = 366 * 86_400;
const role = Person.shape.role;
/** Where the page has to be opened for it: an address of the server comes before. Shown once. */
const path = z.string();

export const peopleCommands = {
  'people:me': {
    request: z.strictObject({}),
    reply: z.object({
      role: z.enum(ROLES),
      name: z.string().optional(),
      user_id: Id.optional(),
      session_id: Id.optional(),
      room_id: Id.optional(),
      scopes: z.array(z.enum(SCOPES)).optional(),
      has_password: z.boolean().optional(),
    }),
    access: 'browse',
    http: 'GET /account',
    summary: 'Who one is here, and what one may',
  },
  'people:account': {
    request: z.strictObject({
      name: PersonName.optional(),
      password: Password.optional(),
      current_password: z.string().max(256).optional(),
    }),
    reply: Nothing,
    access: 'self',
    http: 'PUT /account',
    summary: 'Change the own name or password; a new password ends the other sessions',
  },
  'people:list': {
    request: z.strictObject({}),
    reply: z.object({ people: z.array(Person) }),
    access: 'manage',
    http: 'GET /people',
    summary: 'Everybody with an account',
  },
  'people:add': {
    request: z.strictObject({ name: PersonName, role, password: Password.optional() }),
    reply: z.object({ user_id: Id }),
    access: 'manage',
    http: 'POST /people',
    summary: 'Make an account; without a password it is entered by a link',
  },
  'people:update': {
    request: z.strictObject({
      user_id: Id,
      name: PersonName.optional(),
      role: role.optional(),
      password: Password.optional(),
    }),
    reply: Nothing,
    access: 'manage',
    http: 'PUT /people/{user_id}',
    summary: 'Change name, role or password of somebody; a new password ends their sessions',
  },
  'people:remove': {
    request: z.strictObject({ user_id: Id }),
    reply: Nothing,
    access: 'manage',
    http: 'DELETE /people/{user_id}',
    summary: 'Remove an account with its sessions; never the last admin',
  },
  'people:link': {
    request: z.strictObject({ user_id: Id }),
    reply: z.object({ path, expires_at: z.string() }),
    access: 'manage',
    http: 'POST /people/{user_id}/link',
    summary: 'A link that signs somebody in, once and within an hour',
  },
  'people:sign-out': {
    request: z.strictObject({ user_id: Id }),
    reply: Nothing,
    access: 'manage',
    http: 'POST /people/{user_id}/sign-out',
    summary: 'End all sessions of somebody',
  },
  'session:list': {
    request: z.strictObject({ everybody: z.boolean().default(false) }),
    reply: z.object({ sessions: z.array(SessionEntry) }),
    access: 'self',
    http: 'GET /sessions',
    summary: 'Where one is signed in; an admin may ask for everybody, guests included',
  },
  'session:revoke': {
    request: z.strictObject({ session_id: Id }),
    reply: Nothing,
    access: 'self',
    http: 'DELETE /sessions/{session_id}',
    summary: 'End a session at once: an own one, or as admin any',
  },
  'token:create': {
    request: z.strictObject({
      name: Name,
      scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length),
      expires_in_seconds: z
        .int()
        .min(60)
        .max(10 * YEAR_SECONDS)
        .optional(),
    }),
    reply: z.object({ token_id: Id, token: z.string() }),
    access: 'manage',
    http: 'POST /tokens',
    summary: 'Make an API token for a program; the reply alone shows it',
  },
  'token:list': {
    request: z.strictObject({}),
    reply: z.object({ tokens: z.array(ApiToken) }),
    access: 'manage',
    http: 'GET /tokens',
    summary: 'All API tokens, without their secrets',
  },
  'token:revoke': {
    request: z.strictObject({ token_id: Id }),
    reply: Nothing,
    access: 'manage',
    http: 'DELETE /tokens/{token_id}',
    summary: 'End an API token at once',
  },
  'invitation:create': {
    request: z.strictObject({
      room_id: Id,
      name: PersonName.default('Guests'),
      expires_in_seconds: z
        .int()
        .min(60)
        .max(30 * 86_400)
        .default(86_400),
      max_uses: z.int().min(1).max(500).default(20),
    }),
    reply: z.object({ invitation: Invitation, path }),
    access: 'control',
    http: 'POST /rooms/{room_id}/invitations',
    summary: 'Invite guests to one room; the reply alone shows the link',
  },
  'invitation:list': {
    request: z.strictObject({ room_id: Id.optional() }),
    reply: z.object({ invitations: z.array(Invitation) }),
    access: 'control',
    http: 'GET /invitations',
    summary: 'Invitations that have not ended, without their links',
  },
  'invitation:revoke': {
    request: z.strictObject({ invitation_id: Id }),
    reply: Nothing,
    access: 'control',
    http: 'DELETE /invitations/{invitation_id}',
    summary: 'End an invitation and show its guests out',
  },
} as const satisfies Record<string, CommandSpec>;

export type PeopleCommand = keyof typeof peopleCommands;
