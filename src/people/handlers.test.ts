import { describe, expect, it } from 'vitest';
import { AppError } from '../base/index.js';
import { ORIGIN, PeopleHouse, secretIn } from '../../test/fakes/people-house.js';
import type { Identity } from './index.js';
import type { Caller } from '../protocol/index.js';

const ADDRESS = ORIGIN.address;
const codeOf = async (attempt: () => unknown): Promise<string | undefined> => {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
};
const as = (identity: Identity): Caller => ({ connection_id: 'c', ...identity });

/** A house with Ann, its admin, and Bob, a user, both signed in. */
async function household() {
  const house = new PeopleHouse();
  const ann = await house.admin('Ann', 'Tannenzapfen');
  const { handlers } = house.people;
  const { user_id } = await handlers['people:add'](
    { name: 'Bob', role: 'user', password: 'Birkenrinde' },
    house.caller,
  );
  const bob = await house.signIn('Bob', 'Birkenrinde');
  return { house, handlers, ann, bob, bobId: user_id };
}

describe('accounts', () => {
  it('are listed with what they are and when they were last here', async () => {
    const { house, handlers, bobId } = await household();
    await house.clock.advance(5000);
    await house.signIn('Bob', 'Birkenrinde');
    const { people } = await handlers['people:list']({}, house.caller);
    expect(people).toEqual([
      expect.objectContaining({ name: 'Ann', role: 'admin', has_password: true, session_count: 1 }),
      {
        user_id: bobId,
        name: 'Bob',
        role: 'user',
        has_password: true,
        session_count: 2,
        created_at: '2026-11-20T09:00:00.000Z',
        last_seen_at: '2026-11-20T09:00:05.000Z',
      },
    ]);
  });

  it('have names of their own', async () => {
    const { house, handlers, bobId } = await household();
    expect(await codeOf(() => handlers['people:add']({ name: 'bOB', role: 'user' }, house.caller))).toBe(
      'ERR_CONFLICT',
    );
    expect(await codeOf(() => handlers['people:update']({ user_id: bobId, name: 'ANN' }, house.caller))).toBe(
      'ERR_CONFLICT',
    );
    expect(
      await codeOf(() => handlers['people:update']({ user_id: bobId, name: 'BOB' }, house.caller)),
    ).toBeUndefined();
  });

  it('tell a live connection at once that its role is another', async () => {
    const { house, handlers, bob, bobId } = await household();
    await handlers['people:update']({ user_id: bobId, role: 'admin' }, house.caller);
    expect(house.changes).toEqual([{ kind: 'changed', identity: { ...bob.identity, role: 'admin' } }]);
    expect(await house.people.entrance.identify(bob.session, 'cookie', ADDRESS)).toMatchObject({
      role: 'admin',
    });
  });

  it('that are removed end at once with all their sessions and access tokens', async () => {
    const { house, handlers, bob, bobId } = await household();
    const { access_token } = await house.people.entrance.accessToken(bob.identity);
    await handlers['people:remove']({ user_id: bobId }, house.caller);
    expect(house.changes).toEqual([{ kind: 'ended', session_id: bob.identity.session_id }]);
    for (const [secret, carrier] of [
      [bob.session, 'cookie'],
      [access_token, 'bearer'],
    ] as const)
      expect(await codeOf(() => house.people.entrance.identify(secret, carrier, ADDRESS))).toBe(
        'ERR_AUTH_REQUIRED',
      );
    expect(await codeOf(() => house.signIn('Bob', 'Birkenrinde'))).toBe('ERR_AUTH_REQUIRED');
  });

  it('always have an admin among them', async () => {
    const { house, handlers, ann, bobId } = await household();
    const user_id = ann.identity.subject_id;
    expect(await codeOf(() => handlers['people:remove']({ user_id }, house.caller))).toBe('ERR_CONFLICT');
    expect(await codeOf(() => handlers['people:update']({ user_id, role: 'user' }, house.caller))).toBe(
      'ERR_CONFLICT',
    );
    await handlers['people:update']({ user_id: bobId, role: 'admin' }, house.caller);
    expect(await codeOf(() => handlers['people:remove']({ user_id }, house.caller))).toBeUndefined();
  });

  it('are signed out everywhere by a new password or by an admin', async () => {
    const { house, handlers, bob, bobId } = await household();
    await handlers['people:update']({ user_id: bobId, password: 'Buchecker' }, house.caller);
    expect(house.changes).toEqual([{ kind: 'ended', session_id: bob.identity.session_id }]);
    const again = await house.signIn('Bob', 'Buchecker');
    await handlers['people:sign-out']({ user_id: bobId }, house.caller);
    expect(house.changes.at(-1)).toEqual({ kind: 'ended', session_id: again.identity.session_id });
  });

  it('are entered by a link from an admin, once, and may get a password by it', async () => {
    const { house, handlers, bobId } = await household();
    const { path, expires_at } = await handlers['people:link']({ user_id: bobId }, house.caller);
    expect(path).toMatch(/^\/#\/sign-in\/[\w-]{43}$/);
    expect(expires_at).toBe('2026-11-20T10:00:00.000Z');
    const request = { how: 'link', link: secretIn(path), password: 'Buchecker' } as const;
    const { identity } = await house.people.entrance.signIn(request, ORIGIN);
    expect(identity).toMatchObject({ subject_id: bobId, role: 'user' });
    expect(await codeOf(() => house.people.entrance.signIn(request, ORIGIN))).toBe('ERR_AUTH_REQUIRED');
    expect(await codeOf(() => house.signIn('Bob', 'Buchecker'))).toBeUndefined();
  });

  it('say each time that lists are different', async () => {
    const { house, handlers } = await household();
    const before = house.listsChanged;
    await handlers['token:create']({ name: 'x', scopes: ['read'] }, house.caller);
    expect(house.listsChanged).toBe(before + 1);
  });
});

describe("one's own account", () => {
  it('says who one is', async () => {
    const { handlers, house, bob, bobId } = await household();
    expect(await handlers['people:me']({}, as(bob.identity))).toEqual({
      role: 'user',
      name: 'Bob',
      user_id: bobId,
      session_id: bob.identity.session_id,
      has_password: true,
    });
    expect(await handlers['people:me']({}, house.caller)).toEqual({ role: 'admin' });
  });

  it('gets a new password for the old one, and keeps this session alone', async () => {
    const { house, handlers, bob } = await household();
    const other = await house.signIn('Bob', 'Birkenrinde');
    const change = (current_password: string) => () =>
      handlers['people:account']({ password: 'Buchecker', current_password }, as(bob.identity));
    expect(await codeOf(change('wrong'))).toBe('ERR_NOT_ALLOWED');
    expect(await codeOf(change('Birkenrinde'))).toBeUndefined();
    expect(house.changes).toEqual([{ kind: 'ended', session_id: other.identity.session_id }]);
  });

  it('does not let the old password be guessed', async () => {
    const { handlers, bob } = await household();
    const codes = [];
    for (let tries = 0; tries < 10; tries++)
      codes.push(
        await codeOf(() =>
          handlers['people:account'](
            { password: 'Buchecker', current_password: `x${tries}` },
            as(bob.identity),
          ),
        ),
      );
    expect(codes.at(-1)).toBe('ERR_RATE_LIMITED');
  });

  it('lists and ends the own sessions, not those of others', async () => {
    const { house, handlers, ann, bob } = await household();
    const other = await house.signIn('Bob', 'Birkenrinde');
    const { sessions } = await handlers['session:list']({ everybody: false }, as(bob.identity));
    expect(sessions.map(({ session_id, current }) => [session_id, current]).sort()).toEqual(
      [
        [bob.identity.session_id, true],
        [other.identity.session_id, false],
      ].sort(),
    );
    expect(sessions[0]).toMatchObject({ name: 'Bob', address: ADDRESS, agent: 'test phone' });
    const end = (session_id: string) => () => handlers['session:revoke']({ session_id }, as(bob.identity));
    expect(await codeOf(end(ann.identity.session_id))).toBe('ERR_NOT_FOUND');
    expect(await codeOf(end(other.identity.session_id))).toBeUndefined();
    expect(house.changes).toEqual([{ kind: 'ended', session_id: other.identity.session_id }]);
  });

  it('shows the sessions of everybody to admins alone', async () => {
    const { house, handlers, ann, bob } = await household();
    const guest = await house.enter((await house.invite()).path, 'Gus');
    expect(await codeOf(() => handlers['session:list']({ everybody: true }, as(bob.identity)))).toBe(
      'ERR_NOT_ALLOWED',
    );
    const { sessions } = await handlers['session:list']({ everybody: true }, as(ann.identity));
    expect(sessions.map(({ name, role }) => `${name} ${role}`).sort()).toEqual([
      'Ann admin',
      'Bob user',
      'Gus guest',
    ]);
    await handlers['session:revoke']({ session_id: guest.identity.session_id }, as(ann.identity));
    expect(house.changes).toEqual([{ kind: 'ended', session_id: guest.identity.session_id }]);
  });
});

describe('an API token', () => {
  it('is a device with its scopes, in a message, a query or as bearer, until it is revoked', async () => {
    const { house, handlers } = await household();
    const { token, token_id } = await handlers['token:create'](
      { name: 'Home', scopes: ['control', 'metrics', 'control'] },
      house.caller,
    );
    expect(token).toMatch(/^tutti_[\w-]{43}$/);
    const { entrance } = house.people;
    for (const carrier of ['message', 'query', 'bearer'] as const)
      expect(await entrance.identify(token, carrier, ADDRESS)).toEqual({
        role: 'device',
        scopes: ['control', 'metrics'],
        subject_id: token_id,
        session_id: token_id,
        name: 'Home',
      });
    await handlers['token:revoke']({ token_id }, house.caller);
    expect(house.changes).toEqual([{ kind: 'ended', session_id: token_id }]);
    expect(await codeOf(() => entrance.identify(token, 'bearer', ADDRESS))).toBe('ERR_AUTH_REQUIRED');
  });

  it('ends by itself, at once for who is connected', async () => {
    const { house, handlers } = await household();
    const { token, token_id } = await handlers['token:create'](
      { name: 'Home', scopes: ['read'], expires_in_seconds: 3600 },
      house.caller,
    );
    await house.clock.advance(3_599_999);
    expect(await house.people.entrance.identify(token, 'bearer', ADDRESS)).toMatchObject({ name: 'Home' });
    expect(house.changes).toEqual([]);
    await house.clock.advance(1);
    expect(house.changes).toEqual([{ kind: 'ended', session_id: token_id }]);
  });

  it('is listed with its last use and without its secret', async () => {
    const { house, handlers } = await household();
    const { token, token_id } = await handlers['token:create'](
      { name: 'Home', scopes: ['read'] },
      house.caller,
    );
    await house.clock.advance(1000);
    await house.people.entrance.identify(token, 'bearer', ADDRESS);
    expect(await handlers['token:list']({}, house.caller)).toEqual({
      tokens: [
        {
          token_id,
          name: 'Home',
          scopes: ['read'],
          created_at: '2026-11-20T09:00:00.000Z',
          last_used_at: '2026-11-20T09:00:01.000Z',
        },
      ],
    });
  });

  it('is no session: it can neither be signed out nor become an access token', async () => {
    const { house, handlers } = await household();
    const { token } = await handlers['token:create']({ name: 'Home', scopes: ['admin'] }, house.caller);
    const identity = await house.people.entrance.identify(token, 'bearer', ADDRESS);
    expect(await codeOf(() => house.people.entrance.signOut(identity))).toBe('ERR_NOT_ALLOWED');
    expect(await codeOf(() => house.people.entrance.accessToken(identity))).toBe('ERR_NOT_ALLOWED');
  });
});

describe('an invitation', () => {
  it('makes guests of one room, as often as it may', async () => {
    const { house } = await household();
    const { path, invitation } = await house.invite({ max_uses: 2 });
    expect(path).toMatch(/^\/#\/invite\/[\w-]{43}$/);
    const { identity, session, max_age_seconds } = await house.enter(path, 'Gus');
    expect(identity).toMatchObject({ role: 'guest', room_id: 'kitchen', name: 'Gus' });
    expect(max_age_seconds).toBe(86_400);
    expect(await house.people.entrance.identify(session, 'cookie', ADDRESS)).toEqual(identity);
    await house.enter(path, 'Hal');
    expect(await codeOf(() => house.enter(path, 'Ida'))).toBe('ERR_AUTH_REQUIRED');
    const { invitations } = await house.people.handlers['invitation:list']({}, house.caller);
    expect(invitations).toEqual([{ ...invitation, uses: 2 }]);
  });

  it('counts once for one phone, under the name that was given last', async () => {
    const { house } = await household();
    const { path } = await house.invite({ max_uses: 1 });
    const first = await house.enter(path, 'Gus');
    const again = await house.enter(path, 'Gustav', first.session);
    expect(again).toMatchObject({ session: first.session, identity: { ...first.identity, name: 'Gustav' } });
    expect(house.changes).toEqual([{ kind: 'changed', identity: again.identity }]);
  });

  it('shows its guests out when it is revoked', async () => {
    const { house, handlers } = await household();
    const { path, invitation } = await house.invite();
    const { identity, session } = await house.enter(path, 'Gus');
    await handlers['invitation:revoke']({ invitation_id: invitation.invitation_id }, house.caller);
    expect(house.changes).toEqual([{ kind: 'ended', session_id: identity.session_id }]);
    expect(await codeOf(() => house.people.entrance.identify(session, 'cookie', ADDRESS))).toBe(
      'ERR_AUTH_REQUIRED',
    );
    expect(await codeOf(() => house.enter(path, 'Gus'))).toBe('ERR_AUTH_REQUIRED');
  });

  it('shows its guests out when it ends, however much they are here', async () => {
    const { house, handlers } = await household();
    const { path } = await house.invite({ expires_in_seconds: 3600 });
    await house.clock.advance(1_800_000);
    const { identity, session } = await house.enter(path, 'Gus');
    await house.people.entrance.identify(session, 'cookie', ADDRESS);
    await house.clock.advance(1_799_999);
    expect(house.changes).toEqual([]);
    await house.clock.advance(1);
    expect(house.changes).toEqual([{ kind: 'ended', session_id: identity.session_id }]);
    expect(await handlers['invitation:list']({}, house.caller)).toEqual({ invitations: [] });
    expect(await codeOf(() => house.enter(path, 'Gus'))).toBe('ERR_AUTH_REQUIRED');
  });

  it('is for a room that there is', async () => {
    const { house } = await household();
    expect(await codeOf(() => house.invite({ room_id: 'nowhere' }))).toBe('ERR_ROOM_NOT_FOUND');
  });

  it('gives no right to an account', async () => {
    const { house, handlers } = await household();
    const { identity } = await house.enter((await house.invite()).path, 'Gus');
    expect(await codeOf(() => handlers['session:list']({ everybody: false }, as(identity)))).toBe(
      'ERR_AUTH_REQUIRED',
    );
    expect(await codeOf(() => handlers['people:account']({ name: 'Ann' }, as(identity)))).toBe(
      'ERR_AUTH_REQUIRED',
    );
  });
});

describe('a disk that cannot be written', () => {
  it('keeps nobody out and nobody in', async () => {
    const { house, handlers, bob } = await household();
    const request = { name: 'Home', scopes: ['read' as const], expires_in_seconds: 3600 };
    const { token_id } = await handlers['token:create'](request, house.caller);
    house.db.exec('PRAGMA query_only = ON');
    await house.clock.advance(3_600_000);
    expect(house.changes).toEqual([{ kind: 'ended', session_id: token_id }]);
    expect(await house.people.entrance.identify(bob.session, 'cookie', ADDRESS)).toEqual(bob.identity);
    expect(await codeOf(() => handlers['token:create'](request, house.caller))).toBe('ERR_DISK');
    await house.clock.advance(600_000);
    expect(house.logged.length).toBeLessThan(20);
    house.db.exec('PRAGMA query_only = OFF');
    await handlers['token:create'](request, house.caller);
    expect(house.everythingKept()).not.toContain(token_id);
  });
});

describe('a house that closes', () => {
  it('leaves no timer behind', async () => {
    const { house } = await household();
    expect(house.clock.pending).toBeGreaterThan(0);
    house.people.close();
    expect(house.clock.pending).toBe(0);
  });
});
