import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWall, silentLogger, type OpenedWall } from '../../src/base/index.js';
import { openPeople, type Carrier, type People } from '../../src/people/index.js';
import { migrate, openDb, type Db } from '../../src/storage/index.js';
import { ManualClock } from '../fakes/manual-clock.js';
import { ORIGIN, PlainPasswords, secretIn } from '../fakes/people-house.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;
const THEN = Date.UTC(2026, 10, 20, 18);
const caller = { connection_id: 'test', role: 'admin' } as const;

/** One machine with one database, that is switched on and off. */
let dir: string;
let db: Db;
const ends: (() => void)[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tutti-steps-'));
  db = openDb(join(dir, 'tutti.db'));
  migrate(db);
});

afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
  db.close();
  rmSync(dir, { recursive: true });
});

interface Boot {
  readonly clock: ManualClock;
  readonly wall: OpenedWall;
  readonly people: People;
  off(): void;
}

/** Without a battery for its clock, and with a network that sets it some time later. */
function boot(machineMs: number): Boot {
  const clock = new ManualClock(machineMs);
  const probe = { synchronized: () => undefined, battery: () => false, life: () => undefined };
  const wall = openWall({ clock, file: join(dir, 'clock'), log: silentLogger, probe });
  wall.start();
  const people = openPeople({
    db,
    clock: wall,
    log: silentLogger,
    mode: 'required',
    passwords: new PlainPasswords(),
    knowsRoom: () => true,
    changed: () => undefined,
  });
  const unfollow = wall.onTurn((turn) => people.clockSet(turn));
  const off = (): void => {
    unfollow();
    people.close();
    wall.close();
  };
  ends.push(off);
  return { clock, wall, people, off };
}

const isIn = ({ people }: Boot, secret: string, carrier: Carrier = 'cookie'): Promise<boolean> =>
  people.entrance.identify(secret, carrier, '192.168.1.20').then(
    () => true,
    () => false,
  );

/** Ann, a token for a month, and an invitation and a link for an hour. */
async function household(life: Boot) {
  const { people } = life;
  const link = secretIn(people.firstLink() ?? '');
  const { session, identity } = await people.entrance.signIn({ how: 'link', link, name: 'Ann' }, ORIGIN);
  const { token } = await people.handlers['token:create'](
    { name: 'door bell', scopes: ['control'], expires_in_seconds: (30 * DAY) / 1000 },
    caller,
  );
  const invited = await people.handlers['invitation:create'](
    { room_id: 'kitchen', name: 'Guests', expires_in_seconds: 3600, max_uses: 20 },
    caller,
  );
  return { session, token, identity, invited };
}

const enter = ({ people }: Boot, path: string): Promise<boolean> =>
  people.entrance.signIn({ how: 'invitation', invitation: secretIn(path), name: 'Guest' }, ORIGIN).then(
    () => true,
    () => false,
  );

describe('sessions, tokens and invitations', () => {
  it('last as long as they should on a machine that starts in 1970, and what was over stays over', async () => {
    const first = boot(THEN);
    const { session, token, invited } = await household(first);
    await first.clock.advance(HOUR + MINUTE);
    expect(await enter(first, invited.path)).toBe(false);
    first.off();
    const second = boot(0);
    expect(await isIn(second, session)).toBe(true);
    expect(await isIn(second, token, 'bearer')).toBe(true);
    expect(await enter(second, invited.path)).toBe(false);
    await second.clock.advance(5 * MINUTE);
    second.clock.set(THEN + 29 * DAY);
    await second.clock.advance(15_000);
    expect([await isIn(second, session), await isIn(second, token, 'bearer')]).toEqual([true, true]);
    second.clock.set(THEN + 31 * DAY);
    await second.clock.advance(15_000);
    expect([await isIn(second, session), await isIn(second, token, 'bearer')]).toEqual([true, false]);
  });

  it('of a new house that does not know the year yet last as long as they should when it does', async () => {
    const life = boot(0);
    const { session, token, invited } = await household(life);
    await life.clock.advance(MINUTE);
    life.clock.set(THEN);
    await life.clock.advance(15_000);
    expect([await isIn(life, session), await isIn(life, token, 'bearer')]).toEqual([true, true]);
    expect(await enter(life, invited.path)).toBe(true);
    await life.clock.advance(HOUR);
    expect(await enter(life, invited.path)).toBe(false);
    life.clock.set(THEN + 31 * DAY);
    await life.clock.advance(15_000);
    expect(await isIn(life, token, 'bearer')).toBe(false);
  });

  it('of a new house, and the link to its first account, are good when the year is known at last', async () => {
    const life = boot(0);
    const link = secretIn(life.people.firstLink() ?? '');
    life.clock.set(THEN);
    await life.clock.advance(15_000);
    const { session } = await life.people.entrance.signIn({ how: 'link', link, name: 'Ann' }, ORIGIN);
    expect(await isIn(life, session)).toBe(true);
  });

  it('outlast a clock that is fifty years ahead for five minutes, and nobody is swept out', async () => {
    const life = boot(THEN);
    const { session, token, invited } = await household(life);
    life.clock.set(THEN + 50 * YEAR);
    await life.clock.advance(5 * MINUTE);
    expect([await isIn(life, session), await isIn(life, token, 'bearer')]).toEqual([true, true]);
    expect(await enter(life, invited.path)).toBe(true);
    life.clock.set(THEN + 5 * MINUTE);
    await life.clock.advance(15_000);
    expect([await isIn(life, session), await isIn(life, token, 'bearer')]).toEqual([true, true]);
    const { sessions } = await life.people.handlers['session:list'](
      { everybody: true },
      { ...caller, role: 'admin' },
    );
    expect(sessions.length).toBeGreaterThan(0);
  });

  it('of a new house whose clock is twenty years ahead end when they should, when it was set right', async () => {
    const life = boot(THEN + 20 * YEAR);
    const { session, token, invited } = await household(life);
    const { access_token } = await life.people.entrance.accessToken(
      await life.people.entrance.identify(session, 'cookie', '192.168.1.20'),
    );
    life.clock.set(THEN);
    await life.clock.advance(11 * MINUTE);
    expect(life.wall.trusted()).toBe(true);
    expect([await isIn(life, session), await isIn(life, token, 'bearer')]).toEqual([true, true]);
    expect(await isIn(life, access_token, 'bearer')).toBe(false);
    expect(await enter(life, invited.path)).toBe(true);
    await life.clock.advance(HOUR);
    expect(await enter(life, invited.path)).toBe(false);
    life.clock.set(THEN + 31 * DAY);
    await life.clock.advance(15_000);
    expect([await isIn(life, session), await isIn(life, token, 'bearer')]).toEqual([false, false]);
  });

  it('keep their end when it was the later clock that was weeks behind', async () => {
    const life = boot(THEN);
    const { session, token, invited } = await household(life);
    life.clock.set(THEN - 18 * DAY);
    await life.clock.advance(11 * MINUTE);
    expect(life.wall.trusted()).toBe(true);
    life.clock.set(THEN + 12 * MINUTE);
    await life.clock.advance(15_000);
    expect([await isIn(life, session), await isIn(life, token, 'bearer')]).toEqual([true, true]);
    expect(await enter(life, invited.path)).toBe(true);
  });

  it('that are made before the network has set the clock last from then on', async () => {
    boot(THEN).off();
    const life = boot(0);
    const { session, token, invited } = await household(life);
    expect(await enter(life, invited.path)).toBe(true);
    life.clock.set(THEN + 20 * MINUTE);
    await life.clock.advance(15_000);
    expect([await isIn(life, session), await isIn(life, token, 'bearer')]).toEqual([true, true]);
    expect(await enter(life, invited.path)).toBe(true);
  });
});
