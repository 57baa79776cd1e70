import { describe, expect, it } from 'vitest';
import { AppError } from '../base/index.js';
import { ORIGIN, PeopleHouse, secretIn } from '../../test/fakes/people-house.js';
import type { Carrier } from './index.js';

const ADDRESS = ORIGIN.address;
const DAY_MS = 86_400_000;

/** What an attempt ends with: undefined, or the code of the refusal. */
const codeOf = (attempt: Promise<unknown>): Promise<string | undefined> =>
  attempt.then(
    () => undefined,
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );

describe('the link of a first start', () => {
  it('makes the first admin, once', async () => {
    const house = new PeopleHouse();
    const link = house.firstLink();
    const { entrance } = house.people;
    const made = await entrance.signIn({ how: 'link', link, name: 'Ann' }, ORIGIN);
    expect(made.identity).toMatchObject({ role: 'admin', name: 'Ann' });
    expect(made.max_age_seconds).toBe(30 * 86_400);
    expect(await codeOf(entrance.signIn({ how: 'link', link, name: 'Bob' }, ORIGIN))).toBe(
      'ERR_AUTH_REQUIRED',
    );
    expect(await entrance.identify(made.session, 'cookie', ADDRESS)).toEqual(made.identity);
    expect(house.people.firstLink()).toBeUndefined();
  });

  it('asks for a name without being used up', async () => {
    const house = new PeopleHouse();
    const link = house.firstLink();
    expect(await codeOf(house.people.entrance.signIn({ how: 'link', link }, ORIGIN))).toBe('ERR_INVALID');
    await house.people.entrance.signIn({ how: 'link', link, name: 'Ann' }, ORIGIN);
  });

  it('ends after an hour', async () => {
    const house = new PeopleHouse();
    const link = house.firstLink();
    await house.clock.advance(3_600_001);
    const late = house.people.entrance.signIn({ how: 'link', link, name: 'Ann' }, ORIGIN);
    expect(await codeOf(late)).toBe('ERR_AUTH_REQUIRED');
  });

  it('is good for nothing once there is an admin', async () => {
    const house = new PeopleHouse();
    const link = house.firstLink();
    await house.people.handlers['people:add']({ name: 'Ann', role: 'admin' }, house.caller);
    expect(await codeOf(house.people.entrance.signIn({ how: 'link', link, name: 'Eve' }, ORIGIN))).toBe(
      'ERR_AUTH_REQUIRED',
    );
  });

  it('is not made while nobody has to sign in', () => {
    expect(new PeopleHouse({ mode: 'open' }).people.firstLink()).toBeUndefined();
  });
});

describe('a password', () => {
  it('lets in whoever knows it, however the name is written', async () => {
    const house = new PeopleHouse();
    const { identity } = await house.admin('Ann', 'Tannenzapfen');
    const again = await house.signIn(' aNN ', 'Tannenzapfen');
    expect(again.identity.subject_id).toBe(identity.subject_id);
    expect(again.identity.session_id).not.toBe(identity.session_id);
  });

  it('is refused in one way and at one price, whether there is such an account or not [S5]', async () => {
    const house = new PeopleHouse();
    await house.admin('Ann', 'Tannenzapfen');
    await house.people.handlers['people:add']({ name: 'Bob', role: 'user' }, house.caller);
    const answers = [];
    for (const [name, password] of [
      ['Ann', 'wrong'],
      ['Nobody', 'wrong'],
      ['Bob', ''],
    ] as const) {
      const before = house.passwords.asked;
      const refusal = await house.signIn(name, password).catch((error: unknown) => error);
      answers.push([String(refusal), JSON.stringify(refusal), house.passwords.asked - before]);
      await house.clock.advance(120_000);
    }
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  it('is not guessed in a hundred tries, and others come in meanwhile [S5]', async () => {
    const house = new PeopleHouse();
    await house.admin('Ann', 'Tannenzapfen');
    const start = house.clock.nowUs();
    let wrong = 0;
    while (wrong < 100) {
      const refusal = await house
        .signIn('Ann', `guess ${wrong}`)
        .catch((error: unknown) => error as AppError);
      if (!(refusal instanceof AppError)) throw new Error('a guess was let in');
      if (refusal.code === 'ERR_AUTH_REQUIRED') wrong += 1;
      else await house.clock.advance(Number(refusal.params['retry_after_ms']));
    }
    expect((house.clock.nowUs() - start) / 60e6).toBeGreaterThan(45);
    expect(await codeOf(house.signIn('Ann', 'Tannenzapfen'))).toBe('ERR_RATE_LIMITED');
    expect(await codeOf(house.signIn('Ann', 'Tannenzapfen', '192.168.1.99'))).toBeUndefined();
  });
});

describe('a session', () => {
  it('is good in a cookie alone', async () => {
    const house = new PeopleHouse();
    const { session } = await house.admin();
    for (const carrier of ['message', 'query', 'bearer'] satisfies Carrier[])
      expect(await codeOf(house.people.entrance.identify(session, carrier, ADDRESS))).toBe(
        'ERR_AUTH_REQUIRED',
      );
  });

  it('lives on while it is used and ends 30 days after that, at once for who is connected', async () => {
    const house = new PeopleHouse();
    const { session, identity } = await house.admin();
    await house.clock.advance(29 * DAY_MS);
    await house.people.entrance.identify(session, 'cookie', ADDRESS);
    await house.clock.advance(29 * DAY_MS);
    await house.people.entrance.seen([identity.session_id]);
    await house.clock.advance(29 * DAY_MS);
    expect(house.changes).toEqual([]);
    await house.clock.advance(DAY_MS + 1);
    expect(house.changes).toEqual([{ kind: 'ended', session_id: identity.session_id }]);
    expect(await codeOf(house.people.entrance.identify(session, 'cookie', ADDRESS))).toBe(
      'ERR_AUTH_REQUIRED',
    );
  });

  it('ends by signing out, at once', async () => {
    const house = new PeopleHouse();
    const { session, identity } = await house.admin();
    await house.people.entrance.signOut(identity);
    expect(house.changes).toEqual([{ kind: 'ended', session_id: identity.session_id }]);
    expect(await codeOf(house.people.entrance.identify(session, 'cookie', ADDRESS))).toBe(
      'ERR_AUTH_REQUIRED',
    );
  });

  it('makes room when one person has twenty', async () => {
    const house = new PeopleHouse();
    const first = await house.admin('Ann', 'Tannenzapfen');
    for (let count = 0; count < 20; count++) {
      await house.clock.advance(1000);
      await house.signIn('Ann', 'Tannenzapfen');
    }
    expect(house.changes).toEqual([{ kind: 'ended', session_id: first.identity.session_id }]);
  });

  it('is kept as a hash', async () => {
    const house = new PeopleHouse();
    const { session } = await house.admin();
    expect(house.everythingKept()).not.toContain(session);
  });

  it('lasts over a restart', async () => {
    const house = new PeopleHouse();
    const { session, identity } = await house.admin();
    house.people.close();
    const after = new PeopleHouse({ db: house.db });
    expect(await after.people.entrance.identify(session, 'cookie', ADDRESS)).toEqual(identity);
  });
});

describe('an access token', () => {
  it('is whoever has the session, as they are now', async () => {
    const house = new PeopleHouse();
    const { identity } = await house.admin();
    const { access_token, identity: live } = await house.people.entrance.accessToken(identity);
    expect(live).toMatchObject({ ...identity, expires_at_ms: house.clock.wallMs() + 900_000 });
    for (const carrier of ['message', 'bearer'] satisfies Carrier[])
      expect(await house.people.entrance.identify(access_token, carrier, ADDRESS)).toEqual(live);
    await house.clock.advance(900_000);
    expect(await codeOf(house.people.entrance.identify(access_token, 'bearer', ADDRESS))).toBe(
      'ERR_AUTH_REQUIRED',
    );
  });

  it('is refreshed by whoever slept over its end, for a minute', async () => {
    const house = new PeopleHouse();
    const { entrance } = house.people;
    const { identity } = await entrance.accessToken((await house.admin()).identity);
    await house.clock.advance(900_000 + 59_999);
    const { access_token } = await entrance.accessToken(identity);
    expect(await entrance.identify(access_token, 'bearer', ADDRESS)).toMatchObject({ name: 'Ann' });
    await house.clock.advance(1);
    expect(await codeOf(entrance.accessToken(identity))).toBe('ERR_AUTH_REQUIRED');
  });

  it('is not good in a query or a cookie', async () => {
    const house = new PeopleHouse();
    const { access_token } = await house.people.entrance.accessToken((await house.admin()).identity);
    for (const carrier of ['query', 'cookie'] satisfies Carrier[])
      expect(await codeOf(house.people.entrance.identify(access_token, carrier, ADDRESS))).toBe(
        'ERR_AUTH_REQUIRED',
      );
  });

  it('ends with the session', async () => {
    const house = new PeopleHouse();
    const { identity } = await house.admin();
    const { access_token, identity: live } = await house.people.entrance.accessToken(identity);
    await house.people.entrance.signOut(identity);
    expect(await codeOf(house.people.entrance.identify(access_token, 'bearer', ADDRESS))).toBe(
      'ERR_AUTH_REQUIRED',
    );
    expect(await codeOf(house.people.entrance.accessToken(live))).toBe('ERR_AUTH_REQUIRED');
  });

  it('can be revoked by itself, also for tickets that it was exchanged for', async () => {
    const house = new PeopleHouse();
    const { entrance } = house.people;
    const { identity, session } = await house.admin();
    const { access_token, identity: live } = await entrance.accessToken(identity);
    const { ticket } = await entrance.ticket(live);
    await entrance.revokeAccess(live);
    expect(house.changes).toEqual([
      { kind: 'ended', session_id: identity.session_id, access_id: live.access_id },
    ]);
    expect(await codeOf(entrance.identify(access_token, 'bearer', ADDRESS))).toBe('ERR_AUTH_REQUIRED');
    expect(await codeOf(entrance.identify(ticket, 'query', ADDRESS))).toBe('ERR_AUTH_REQUIRED');
    expect(await codeOf(entrance.accessToken(live))).toBe('ERR_AUTH_REQUIRED');
    expect(await entrance.identify(session, 'cookie', ADDRESS)).toEqual(identity);
  });
});

describe('a ticket', () => {
  it('is good once, in a query, for 30 seconds', async () => {
    const house = new PeopleHouse();
    const { entrance } = house.people;
    const { identity } = await house.admin();
    const { ticket } = await entrance.ticket(identity);
    expect(await entrance.identify(ticket, 'query', ADDRESS)).toEqual(identity);
    expect(await codeOf(entrance.identify(ticket, 'query', ADDRESS))).toBe('ERR_AUTH_REQUIRED');
    const late = await entrance.ticket(identity);
    await house.clock.advance(30_000);
    expect(await codeOf(entrance.identify(late.ticket, 'query', ADDRESS))).toBe('ERR_AUTH_REQUIRED');
  });

  it('ends with the session', async () => {
    const house = new PeopleHouse();
    const { identity } = await house.admin();
    const { ticket } = await house.people.entrance.ticket(identity);
    await house.people.entrance.signOut(identity);
    expect(await codeOf(house.people.entrance.identify(ticket, 'query', ADDRESS))).toBe('ERR_AUTH_REQUIRED');
  });
});

describe('a secret that is no good', () => {
  it('is refused in one way whatever it is, and after some tries told to wait; a good one is let in all the same', async () => {
    const house = new PeopleHouse();
    const { session, identity } = await house.admin();
    const wrong = ['', 'x', 'tutti_x', 'a.b.c', 'é'.repeat(5000)];
    const answers = new Set<string>();
    for (const carrier of ['message', 'query', 'cookie', 'bearer'] satisfies Carrier[])
      for (const secret of wrong) {
        answers.add(
          String(await house.people.entrance.identify(secret, carrier, 'x').catch((e: unknown) => e)),
        );
        await house.clock.advance(120_000);
      }
    expect([...answers]).toEqual(['AppError: Sign in first']);
    for (let tries = 0; tries < 20; tries++)
      await codeOf(house.people.entrance.identify('x', 'cookie', ADDRESS));
    expect(await codeOf(house.people.entrance.identify('x', 'cookie', ADDRESS))).toBe('ERR_RATE_LIMITED');
    expect(await house.people.entrance.identify(session, 'cookie', ADDRESS)).toEqual(identity);
  });
});

describe('logs, answers and errors', () => {
  it('hold no secret [S3, S20]', async () => {
    const house = new PeopleHouse();
    const { entrance } = house.people;
    const link = house.firstLink();
    const admin = await entrance.signIn(
      { how: 'link', link, name: 'Ann', password: 'canary-password' },
      ORIGIN,
    );
    await codeOf(house.signIn('Ann', 'canary-wrong'));
    const access = await entrance.accessToken(admin.identity);
    const { ticket } = await entrance.ticket(admin.identity);
    const { token } = await house.people.handlers['token:create'](
      { name: 'ha', scopes: ['read'] },
      house.caller,
    );
    const { path } = await house.invite();
    const guest = await house.enter(path, 'Gus');
    await codeOf(entrance.identify('canary-cookie', 'cookie', ADDRESS));
    await codeOf(entrance.identify('tutti_canary', 'bearer', ADDRESS));
    const kept = house.everythingKept();
    const secrets = [
      link,
      'canary',
      admin.session,
      access.access_token,
      ticket,
      token,
      secretIn(path),
      guest.session,
    ];
    expect(house.logged.length).toBeGreaterThan(2);
    for (const secret of secrets) {
      expect(house.logged.join('\n')).not.toContain(secret);
      if (secret !== 'canary') expect(kept).not.toContain(secret);
    }
    expect(kept).not.toContain('canary-wrong');
  });
});
