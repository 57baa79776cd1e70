import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../../src/protocol/index.js';
import { FakeDoor, someone } from '../fakes/fake-door.js';
import { ManualClock } from '../fakes/manual-clock.js';
import { type AnyFrame, Peer, rawRequest, until, UPGRADE, World } from './server-world.js';

const ANN = someone('Ann', { role: 'admin' });
const BOB = someone('Bob');
const GUEST = someone('Gus', { role: 'guest', room_id: 'kitchen' });
const PANEL = someone('panel', { role: 'device', scopes: ['read'] });

let door: FakeDoor;
let clock: ManualClock;
let world: World;
let callers: Caller[];

beforeEach(async () => {
  door = new FakeDoor();
  clock = new ManualClock();
  callers = [];
  door.knows('message', 'ann', ANN);
  door.knows('message', 'bob', BOB);
  door.knows('message', 'gus', GUEST);
  door.knows('bearer', 'panel', PANEL);
  door.knows('query', 'panel', PANEL);
  door.knows('cookie', 'bob', BOB);
  const took = (_request: unknown, caller: Caller): { outcomes: [] } => {
    callers.push(caller);
    return { outcomes: [] };
  };
  world = await World.start({ door, clock }, { 'room:pause': took, 'room:list': () => ({ rooms: [] }) });
  world.feed.put('room/kitchen', {});
  world.feed.put('room/bath', {});
  world.feed.put('players', { players: [] });
});
afterEach(() => world.stop());

const auth = (token: string) => ({ id: 'a', type: 'auth', data: { token } });
const pause = (id: string, room_id = 'kitchen') => ({ id, type: 'room:pause', data: { room_id } });
const own = (): string => `http://localhost:${world.port}`;
const page = (more: Record<string, string> = {}) => ({
  headers: { host: `localhost:${world.port}`, origin: own(), ...more },
});

async function signedIn(token: string): Promise<Peer> {
  const peer = await world.peer();
  expect((await peer.ask(auth(token))).ok).toBe(true);
  return peer;
}

async function turnedAway(peer: Peer): Promise<AnyFrame['error']> {
  const { error } = await peer.next('error');
  expect((await peer.closed).code).toBe(4001);
  return error;
}

describe('[AU1] [AU2] before somebody signs in', () => {
  it('hello says that it is required, and not who this is', async () => {
    const hello = await (await world.peer()).next('hello');
    expect(hello).toMatchObject({ auth: 'required' });
    expect(hello).not.toHaveProperty('you');
  });

  it('auth with a token that is known lets in, and says as whom', async () => {
    const peer = await world.peer();
    const { data } = await peer.ask(auth('bob'));
    expect(data).toEqual({ role: 'user', subject_id: 'u-Bob', name: 'Bob' });
    expect((await peer.ask(pause('1'))).ok).toBe(true);
    expect(callers[0]).toMatchObject({ role: 'user', subject_id: 'u-Bob', session_id: 's-Bob', name: 'Bob' });
  });

  it.each([
    ['a token nobody knows', auth('nobody')],
    ['a command', pause('1')],
    ['a subscription', { id: 's', type: 'subscribe', data: { topics: ['rooms'] } }],
    ['a ping', { type: 'ping' }],
    ['garbage', '{'],
    ['a message of more than 4 KiB', { ...auth('bob'), data: { token: 'x'.repeat(4096) } }],
  ])('%s ends the connection with an error and 4001', async (_what, message) => {
    const peer = await world.peer();
    peer.send(message);
    await turnedAway(peer);
    expect(callers).toEqual([]);
  });

  it.each([
    ['command', pause('1')],
    ['auth', auth('ann')],
  ])('a %s before the answer to the first message ends the connection', async (_what, second) => {
    const release = door.hold();
    const peer = await world.peer();
    peer.send(auth('bob'));
    peer.send(second);
    await turnedAway(peer);
    release();
    expect(callers).toEqual([]);
  });

  it('who says nothing for 5 seconds is closed, and who signed in is not', async () => {
    const silent = await world.peer();
    const bob = await signedIn('bob');
    await clock.advance(4_900);
    expect(silent.ws.readyState).toBe(silent.ws.OPEN);
    await clock.advance(200);
    await turnedAway(silent);
    await bob.settled();
  });

  it('nothing of the house is told', async () => {
    const silent = await world.peer();
    await silent.next('hello');
    await clock.advance(4_000);
    world.feed.commit([
      { type: 'toast', topic: 'toasts', data: { type: 'info', message: 'x', duration: 1 } },
    ]);
    await clock.advance(2_000);
    await silent.closed;
    expect(silent.frames.map(({ type }) => type)).toEqual(['hello', 'error']);
  });
});

describe('[AU3] what comes with the address', () => {
  it('a bearer token lets in at once', async () => {
    const peer = await world.peer({ headers: { authorization: 'Bearer panel' } });
    expect(await peer.next('hello')).toMatchObject({ you: { role: 'device', scopes: ['read'] } });
  });

  it('a wrong bearer token is refused before the 101', async () => {
    const headers = { authorization: 'Bearer wrong' };
    await expect(Peer.connect(world.port, { headers })).rejects.toThrow('401');
  });

  it('a token of the query lets in, and a ticket once', async () => {
    const panel = await world.peer({ query: '?token=panel' });
    expect(await panel.next('hello')).toMatchObject({ you: { name: 'panel' } });
    const { ticket } = await door.ticket(BOB);
    const bob = await world.peer({ query: `?token=${ticket}` });
    expect(await bob.next('hello')).toMatchObject({ you: { name: 'Bob' } });
    expect((await turnedAway(await world.peer({ query: `?token=${ticket}` }))).code).toBe(
      'ERR_AUTH_REQUIRED',
    );
  });

  it('[GT2] the cookie lets in who comes from our page', async () => {
    const peer = await world.peer(page({ cookie: 'theme=dark; tutti_session=bob' }));
    expect(await peer.next('hello')).toMatchObject({ you: { name: 'Bob' } });
  });

  it('[GT2] the cookie is not looked at without an Origin', async () => {
    const peer = await world.peer({ headers: { cookie: 'tutti_session=bob' } });
    expect(await peer.next('hello')).not.toHaveProperty('you');
    expect(door.asked).toEqual([]);
  });

  it.each(['http://evil.example', 'null', 'http://localhost:1', 'http://localhost.evil.example'])(
    '[GT2] the page at %s gets 403, with and without the cookie',
    async (origin) => {
      const lines = [`Host: localhost:${world.port}`, `Origin: ${origin}`, 'Cookie: tutti_session=bob'];
      expect((await rawRequest(world.port, ['GET /ws HTTP/1.1', ...lines, ...UPGRADE])).status).toBe(403);
      expect(door.asked).toEqual([]);
    },
  );

  it('a cookie that has ended is as good as none, and so are two of them', async () => {
    const old = await world.peer(page({ cookie: 'tutti_session=old' }));
    expect(await old.next('hello')).not.toHaveProperty('you');
    const two = await world.peer(page({ cookie: 'tutti_session=bob; tutti_session=old' }));
    expect(await two.next('hello')).not.toHaveProperty('you');
  });

  it('what the Door tells while it is still asked counts', async () => {
    const release = door.hold();
    const coming = Peer.connect(world.port, { headers: { authorization: 'Bearer panel' } });
    coming.catch(() => undefined);
    await until('the Door is asked', () => door.asked.length === 1);
    door.tell({ kind: 'ended', session_id: 's-panel' });
    release();
    await expect(coming).rejects.toThrow('401');
  });
});

describe('[AU4] when somebody has other rights', () => {
  it('what was revoked is closed at once, on every connection, and nobody else', async () => {
    const [one, two, ann] = [await signedIn('bob'), await signedIn('bob'), await signedIn('ann')];
    door.tell({ kind: 'ended', session_id: 's-Bob' });
    for (const peer of [one, two]) expect((await turnedAway(peer)).code).toBe('ERR_AUTH_REQUIRED');
    await ann.settled();
  });

  it('a command sent before the end of the connection arrives is not run any more', async () => {
    const bob = await signedIn('bob');
    await bob.ask(pause('1'));
    door.tell({ kind: 'ended', session_id: 's-Bob' });
    bob.send(pause('2'));
    await bob.closed;
    expect(callers).toHaveLength(1);
  });

  it('another role holds for the very next command', async () => {
    const bob = await signedIn('bob');
    await bob.ask(pause('1'));
    door.tell({ kind: 'changed', identity: { ...BOB, role: 'guest', room_id: 'bath' } });
    expect((await bob.ask(pause('2'))).error.code).toBe('ERR_NOT_ALLOWED');
    door.tell({ kind: 'changed', identity: { ...BOB, role: 'admin', name: 'Bobby' } });
    await bob.ask(pause('3'));
    expect(callers.at(-1)).toMatchObject({ role: 'admin', name: 'Bobby' });
  });

  it('subscriptions that are not allowed any more end, the others stay', async () => {
    const bob = await signedIn('bob');
    bob.send({ id: 's', type: 'subscribe', data: { topics: ['players', 'room/kitchen', 'room/bath'] } });
    await bob.settled();
    door.tell({ kind: 'changed', identity: { ...GUEST, session_id: 's-Bob' } });
    const ended = [(await bob.next('unsubscribed')).topic, (await bob.next('unsubscribed')).topic];
    expect(ended.sort()).toEqual(['players', 'room/bath']);
    world.feed.commit([{ type: 'player:removed', topic: 'players', data: { player_id: 'p' } }]);
    world.feed.commit([{ type: 'room:removed', topic: 'room/kitchen', data: { room_id: 'x' } }]);
    await bob.next('room:removed');
    expect(bob.frames.filter(({ type }) => type === 'player:removed')).toEqual([]);
  });

  it('[RO1] a guest follows the own room alone', async () => {
    const gus = await signedIn('gus');
    const topics = ['room/kitchen', 'room/bath', 'room/nowhere', 'players', 'rooms', 'library'];
    world.feed.put('library', {});
    gus.send({ id: 's', type: 'subscribe', data: { topics } });
    await gus.settled();
    const followed = gus.frames.filter(({ type }) => type === 'subscribed').map(({ topic }) => topic);
    expect(followed.sort()).toEqual(['library', 'room/kitchen']);
    const refused = gus.frames.filter(({ type }) => type === 'error').map(({ error }) => error);
    expect(refused.map(({ code }) => code)).toEqual(Array.from({ length: 4 }, () => 'ERR_NOT_ALLOWED'));
  });
});

describe('[AU5] tokens that end', () => {
  const minute = 60_000;
  it('an access token has 25 seconds of grace, then the connection is closed', async () => {
    door.knows('message', 'short', { ...BOB, access_id: 'x', expires_at_ms: clock.wallMs() + minute });
    const bob = await signedIn('short');
    await clock.advance(minute + 24_000);
    await bob.settled();
    await clock.advance(1_500);
    expect((await turnedAway(bob)).code).toBe('ERR_AUTH_REQUIRED');
  });

  it('a session that ends in a month is not closed by a timer that cannot wait so long', async () => {
    const month = 30 * 24 * 3_600_000;
    door.knows('message', 'long', { ...BOB, expires_at_ms: clock.wallMs() + month });
    const bob = await signedIn('long');
    await clock.advance(1_000);
    await bob.settled();
    expect(clock.pending).toBeGreaterThan(0);
  });

  it('a session is not closed before its time when the clock was ahead as it began, and was set right', async () => {
    const day = 24 * 60 * minute;
    const begun = clock.wallMs();
    door.knows('message', 'session', { ...BOB, expires_at_ms: begun + 30 * day });
    clock.set(begun + 29.5 * day);
    const bob = await signedIn('session');
    clock.set(begun);
    await clock.advance(day);
    await bob.settled();
    await clock.advance(29 * day);
    expect((await turnedAway(bob)).code).toBe('ERR_AUTH_REQUIRED');
  });

  it('auth:refresh gives a new access token and the connection goes on with it', async () => {
    door.knows('message', 'short', { ...BOB, access_id: 'x', expires_at_ms: clock.wallMs() + minute });
    const bob = await signedIn('short');
    const { data } = await bob.ask({ id: 'r', type: 'auth:refresh', data: {} });
    expect(data).toMatchObject({ access_token: expect.any(String), expires_in_seconds: 900, name: 'Bob' });
    await clock.advance(2 * minute);
    await bob.settled();
  });

  it('auth:refresh takes another token of the same person, and none of somebody else', async () => {
    const bob = await signedIn('bob');
    door.knows('message', 'other', { ...BOB, session_id: 's-other' });
    const refresh = (id: string, token: string) => ({ id, type: 'auth:refresh', data: { token } });
    expect((await bob.ask(refresh('1', 'other'))).ok).toBe(true);
    expect((await bob.ask(refresh('2', 'ann'))).error.code).toBe('ERR_NOT_ALLOWED');
    expect((await bob.ask(refresh('3', 'nobody'))).error.code).toBe('ERR_AUTH_REQUIRED');
    await bob.settled();
    door.tell({ kind: 'ended', session_id: 's-other' });
    await turnedAway(bob);
  });

  it('the end of one access token leaves who came otherwise', async () => {
    door.knows('message', 'short', { ...BOB, access_id: 'x', expires_at_ms: clock.wallMs() + minute });
    const [short, bob] = [await signedIn('short'), await signedIn('bob')];
    door.tell({ kind: 'ended', session_id: 's-Bob', access_id: 'x' });
    await turnedAway(short);
    await bob.settled();
  });
});

describe('[AD1] events for some', () => {
  const toast = (message: string, audience?: object) => ({
    type: 'toast' as const,
    topic: 'toasts',
    data: { type: 'info' as const, message, duration: 1 },
    ...(audience && { audience }),
  });

  it('reach a person, a role, a connection, a room and nobody else', async () => {
    const [ann, bob, gus] = [await signedIn('ann'), await signedIn('bob'), await signedIn('gus')];
    for (const peer of [ann, bob, gus])
      peer.send({ id: 's', type: 'subscribe', data: { topics: ['toasts'] } });
    bob.send({ id: 't', type: 'subscribe', data: { topics: ['room/kitchen'] } });
    for (const peer of [ann, bob, gus]) await peer.settled();
    const { connection_id } = ann.frames[0]!;
    world.feed.commit([
      toast('all'),
      toast('person', { user_id: 'u-Bob' }),
      toast('role', { role: 'admin' }),
      toast('connection', { connection_id }),
      toast('room', { room_id: 'kitchen' }),
      toast('house', { access: 'house' }),
      toast('nobody', { role: 'admin', user_id: 'u-Bob' }),
    ]);
    for (const peer of [ann, bob, gus]) await peer.settled();
    const told = (peer: Peer): unknown[] =>
      peer.frames.filter(({ type }) => type === 'toast').map(({ data }) => data['message']);
    expect([told(ann), told(bob), told(gus)]).toEqual([
      ['all', 'role', 'connection', 'house'],
      ['all', 'person', 'room', 'house'],
      ['all', 'room'],
    ]);
    expect(JSON.stringify(bob.frames)).not.toContain('audience');
  });
});
