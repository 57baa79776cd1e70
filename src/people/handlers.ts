import { AppError, type Clock } from '../base/index.js';
import type { Caller, CommandReply, CommandRequest, Handlers, PeopleCommand } from '../protocol/index.js';
import type { Db } from '../storage/index.js';
import { invitePath, signInPath } from './links.js';
import type { Passes } from './passes.js';
import type { Passwords } from './passwords.js';
import type { Presence } from './presence.js';
import { isoTime, type Sessions } from './sessions.js';
import { Throttle } from './throttle.js';
import type { Users } from './users.js';
import { written } from './written.js';

export interface HandlerParts {
  readonly db: Db;
  readonly clock: Clock;
  readonly users: Users;
  readonly sessions: Sessions;
  readonly passes: Passes;
  readonly presence: Presence;
  readonly passwords: Passwords;
  knowsRoom(this: void, roomId: string): boolean;
  /** Something that lists of people show is different. */
  changed(this: void): void;
}

/** The commands about people. Each is on disk and has reached live connections before it is answered. */
export function peopleHandlers(parts: HandlerParts): Handlers<PeopleCommand> {
  return { ...accounts(parts), ...own(parts), ...tokens(parts), ...invitations(parts) };
}

/** Writes, lets everybody feel it, and answers. */
function settled<T>({ db, presence, changed }: HandlerParts, work: () => T): T {
  const reply = written(db, work);
  presence.settle();
  changed();
  return reply;
}

type Accounts = 'list' | 'add' | 'update' | 'remove' | 'link' | 'sign-out';

function accounts(parts: HandlerParts): Handlers<`people:${Accounts}`> {
  const { users, sessions, passes, passwords, clock } = parts;
  const kept = async (password: string | undefined): Promise<string | undefined> =>
    password === undefined ? undefined : passwords.hash(password);
  return {
    'people:list': () => ({ people: users.list(sessions.seenBy) }),
    'people:add': async ({ name, role, password }) => {
      const hash = await kept(password);
      return settled(parts, () => ({ user_id: users.add(name, role, hash, clock.wallMs()) }));
    },
    'people:update': async ({ user_id, name, role, password }) => {
      users.get(user_id);
      const hash = await kept(password);
      return settled(parts, () => {
        users.update(user_id, { name, role, password: hash });
        if (hash !== undefined) {
          sessions.endAllOf(user_id);
          passes.forgetLinks(user_id);
        }
        return {};
      });
    },
    'people:remove': ({ user_id }) =>
      settled(parts, () => {
        users.remove(user_id);
        return {};
      }),
    'people:link': ({ user_id }) =>
      settled(parts, () => {
        const { link, expires_ms } = passes.createLink(users.get(user_id).user_id, clock.wallMs());
        return { path: signInPath(link), expires_at: isoTime(expires_ms) };
      }),
    'people:sign-out': ({ user_id }) =>
      settled(parts, () => {
        sessions.endAllOf(users.get(user_id).user_id);
        return {};
      }),
  };
}

/** A user's id. While everybody is let in, nobody has one. */
function userOf(caller: Caller): string {
  if (caller.subject_id === undefined || (caller.role !== 'admin' && caller.role !== 'user'))
    throw new AppError('ERR_AUTH_REQUIRED', 'Sign in with an account first');
  return caller.subject_id;
}

type Own = 'people:me' | 'people:account' | 'session:list' | 'session:revoke';

function own(parts: HandlerParts): Handlers<Own> {
  const { users, sessions } = parts;
  return {
    'people:me': (_request, caller) => me(users, caller),
    'people:account': accountHandler(parts),
    'session:list': ({ everybody }, caller) => {
      if (everybody && caller.role !== 'admin')
        throw new AppError('ERR_NOT_ALLOWED', 'only an admin sees where others are signed in');
      const userId = everybody ? undefined : userOf(caller);
      return { sessions: sessions.list(userId, caller.session_id) };
    },
    'session:revoke': ({ session_id }, caller) => {
      const owner = sessions.ownerOf(session_id);
      const may = caller.role === 'admin' || owner?.user_id === userOf(caller);
      if (!owner || !may) throw new AppError('ERR_NOT_FOUND', 'no session has this id');
      return settled(parts, () => {
        sessions.end(session_id);
        return {};
      });
    },
  };
}

function me(users: Users, caller: Caller): CommandReply<'people:me'> {
  const { role, name, subject_id, session_id, room_id, scopes } = caller;
  const user =
    (role === 'admin' || role === 'user') && subject_id !== undefined ? users.find(subject_id) : undefined;
  return {
    role,
    ...(name !== undefined && { name }),
    ...(user && { user_id: user.user_id, has_password: user.password !== undefined }),
    ...(session_id !== undefined && { session_id }),
    ...(room_id !== undefined && { room_id }),
    ...(scopes && { scopes: [...scopes] }),
  };
}

/** Whoever finds a phone unlocked may not take the account with it: an old password is asked for, and cannot be guessed here. */
function accountHandler(parts: HandlerParts): Handlers<'people:account'>['people:account'] {
  const { users, sessions, passes, passwords, clock } = parts;
  const guesses = new Throttle(clock);
  return async ({ name, password, current_password }: CommandRequest<'people:account'>, caller) => {
    const userId = userOf(caller);
    const { password: old } = users.get(userId);
    if (password !== undefined && old !== undefined) {
      const notAFailure = guesses.begin(userId, true);
      if (!(await passwords.matches(current_password ?? '', old)))
        throw new AppError('ERR_NOT_ALLOWED', 'the current password is another', {
          params: { path: 'current_password' },
        });
      notAFailure();
    }
    const hash = password === undefined ? undefined : await passwords.hash(password);
    return settled(parts, () => {
      users.update(userId, { name, password: hash });
      if (hash !== undefined) {
        sessions.endAllOf(userId, caller.session_id);
        passes.forgetLinks(userId);
      }
      return {};
    });
  };
}

function tokens(parts: HandlerParts): Handlers<`token:${'create' | 'list' | 'revoke'}`> {
  const { passes, sessions, clock } = parts;
  return {
    'token:create': ({ name, scopes, expires_in_seconds }) =>
      settled(parts, () => {
        const nowMs = clock.wallMs();
        const ends = expires_in_seconds === undefined ? undefined : nowMs + expires_in_seconds * 1000;
        return passes.createToken(name, scopes, ends, nowMs);
      }),
    'token:list': () => ({ tokens: passes.tokens(sessions.seenMs, clock.wallMs()) }),
    'token:revoke': ({ token_id }) =>
      settled(parts, () => {
        passes.revokeToken(token_id);
        return {};
      }),
  };
}

function invitations(parts: HandlerParts): Handlers<`invitation:${'create' | 'list' | 'revoke'}`> {
  const { passes, clock } = parts;
  return {
    'invitation:create': ({ expires_in_seconds, ...asked }, caller) => {
      if (!parts.knowsRoom(asked.room_id)) throw new AppError('ERR_ROOM_NOT_FOUND', 'no room has this id');
      return settled(parts, () => {
        const nowMs = clock.wallMs();
        const { secret, invitation } = passes.createInvitation(
          asked,
          caller.subject_id,
          nowMs + expires_in_seconds * 1000,
          nowMs,
        );
        return { invitation, path: invitePath(secret) };
      });
    },
    'invitation:list': ({ room_id }) => ({ invitations: passes.invitations(room_id, clock.wallMs()) }),
    'invitation:revoke': ({ invitation_id }) =>
      settled(parts, () => {
        passes.revokeInvitation(invitation_id);
        return {};
      }),
  };
}
