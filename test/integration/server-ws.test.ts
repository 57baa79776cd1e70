import { afterEach, describe, expect, it } from 'vitest';
import { AppError, deferred } from '../../src/base/index.js';
import type { Room } from '../../src/protocol/index.js';
import { ManualClock } from '../fakes/manual-clock.js';
import { World, until } from './server-world.js';

let world: World;
afterEach(() => world.stop());

const room = (room_id: string, volume = 0.5): Room => ({
  room_id,
  name: room_id,
  player_ids: [],
  state: 'stopped',
  volume,
  muted: false,
  volume_limit: 1,
});
const updated = (room_id: string, volume: number) => ({
  type: 'room:updated' as const,
  topic: 'rooms',
  data: room(room_id, volume),
});

describe('greeting and subscriptions', () => {
  it('[HE1] [PV1] the server speaks first, with version, epoch and connection id', async () => {
    world = await World.start();
    const peer = await world.peer();
    const hello = await peer.next('hello');
    expect(peer.frames[0]).toBe(hello);
    expect(hello).toMatchObject({ server: 'tutti', version: '0.1.0', epoch: 'epoch-1', auth: 'open' });
    expect(hello.protocol).toEqual({ current: 1, min: 1 });
    expect(hello.connection_id).toMatch(/^[a-z0-9]{12}$/);
  });

  it('[SB1] [SB2] one subscribed frame per topic, with the snapshot and the id of the request', async () => {
    world = await World.start();
    world.feed.put('rooms', { rooms: [room('kitchen')] }, 7);
    const peer = await world.peer();
    peer.send({ id: 's', type: 'subscribe', data: { topics: ['rooms', 'toasts', 'rooms'] } });
    expect(await peer.next('subscribed')).toEqual({
      type: 'subscribed',
      id: 's',
      topic: 'rooms',
      epoch: 'epoch-1',
      revision: 7,
      resumed: false,
      snapshot: { rooms: [room('kitchen')] },
    });
    expect((await peer.next('subscribed')).topic).toBe('toasts');
    await peer.settled();
    expect(peer.frames.filter((frame) => frame.type === 'subscribed')).toHaveLength(2);
  });

  it('[TP1] an unknown topic is an error that names it, and the other topics are answered all the same', async () => {
    world = await World.start();
    const peer = await world.peer();
    peer.send({ id: 's', type: 'subscribe', data: { topics: ['nope', 'room/gone', '__proto__', 'rooms'] } });
    for (const topic of ['nope', 'room/gone', '__proto__']) {
      const { error, id } = await peer.next('error');
      expect([id, error.code, error.params]).toEqual(['s', 'ERR_TOPIC_NOT_FOUND', { topic }]);
    }
    expect((await peer.next('subscribed')).topic).toBe('rooms');
  });

  it('[SB3] no event is lost or doubled between a snapshot and the events after it', async () => {
    world = await World.start();
    const { feed } = world;
    feed.put('rooms', { count: 0 });
    let count = 0;
    const commit = (): void => {
      count += 1;
      feed.commit([updated(`r${count}`, 0.5)], { count });
    };
    const storm = setInterval(commit, 1);
    try {
      for (let turn = 0; turn < 10; turn++) {
        const peer = await world.peer();
        peer.send({ id: 's', type: 'subscribe', data: { topics: ['rooms'] } });
        const { revision, snapshot } = await peer.next('subscribed');
        expect(snapshot.count).toBe(revision);
        const heard: number[] = [];
        while (heard.length < 5) heard.push((await peer.next('room:updated')).revision);
        expect(heard).toEqual([1, 2, 3, 4, 5].map((step) => revision + step));
        peer.ws.close();
      }
    } finally {
      clearInterval(storm);
    }
  });

  it('[SB5] after unsubscribed no event of the topic comes', async () => {
    world = await World.start();
    const peer = await world.peer();
    await peer.ask({ id: 's', type: 'subscribe', data: { topics: ['rooms'] } });
    expect(await peer.ask({ id: 'u', type: 'unsubscribe', data: { topics: ['rooms'] } })).toEqual({
      type: 'unsubscribed',
      id: 'u',
      topic: 'rooms',
    });
    world.feed.commit([updated('a', 0.1)]);
    await peer.settled();
    expect(peer.frames.some((frame) => frame.type === 'room:updated')).toBe(false);
  });

  it('[SB6] a connection has at most 64 subscriptions', async () => {
    world = await World.start();
    const topics = Array.from({ length: 65 }, (_, n) => `room/${n}`);
    for (const topic of topics) world.feed.put(topic, {});
    const peer = await world.peer();
    peer.send({ id: 'a', type: 'subscribe', data: { topics: topics.slice(0, 64) } });
    const refused = await peer.ask({ id: 'b', type: 'subscribe', data: { topics: topics.slice(64) } });
    expect(refused.error).toMatchObject({ code: 'ERR_BUSY', params: { topic: 'room/64', limit: 64 } });
  });

  it('[BP4] events of one commit arrive together, in order, after the newest of each entity', async () => {
    world = await World.start();
    const peer = await world.peer();
    await peer.ask({ id: 's', type: 'subscribe', data: { topics: ['rooms'] } });
    world.feed.commit([updated('a', 0.1), updated('b', 0.2), updated('a', 0.3)]);
    await peer.settled();
    const events = peer.frames.filter((frame) => frame.type === 'room:updated');
    expect(events.map((frame) => [frame.data.room_id, frame.data.volume, frame.revision])).toEqual([
      ['b', 0.2, 2],
      ['a', 0.3, 3],
    ]);
  });

  it('[SB2] a snapshot of 10,000 items arrives whole, and twenty clients share one text of it', async () => {
    world = await World.start();
    const items = Array.from({ length: 10_000 }, (_, n) => ({
      item_id: `i${n}`,
      title: `Title ${n}`,
      artist: 'An artist with a name',
      album: 'An album with a long name',
      duration_seconds: 240,
    }));
    let stringified = 0;
    const snapshot = { items, toJSON: () => ((stringified += 1), { items }) };
    world.feed.put('room/big', snapshot, 3);
    const peers = await Promise.all(Array.from({ length: 20 }, () => world.peer()));
    const answers = await Promise.all(
      peers.map((peer) => peer.ask({ id: 's', type: 'subscribe', data: { topics: ['room/big'] } })),
    );
    for (const answer of answers) expect(answer.snapshot.items).toHaveLength(10_000);
    expect(stringified).toBe(1);
  });
});

describe('commands', () => {
  it('[CM1] the reply has the id of the command, and defaults are filled in', async () => {
    const asked: unknown[] = [];
    world = await World.start({}, { 'queue:add': (request) => (asked.push(request), { queue_length: 1 }) });
    const peer = await world.peer();
    const data = { room_id: 'a', source: { track_ids: ['t'] } };
    expect(await peer.ask({ id: 'c1', type: 'queue:add', data })).toEqual({
      type: 'reply',
      id: 'c1',
      ok: true,
      data: { queue_length: 1 },
    });
    expect(asked).toEqual([{ ...data, at: 'end', play: false }]);
  });

  it('[CM1] a command without an id is refused and not run', async () => {
    let ran = 0;
    world = await World.start({}, { 'room:list': () => ((ran += 1), { rooms: [] }) });
    const peer = await world.peer();
    peer.send({ type: 'room:list' });
    expect((await peer.next('error')).error.code).toBe('ERR_BAD_MESSAGE');
    expect(ran).toBe(0);
  });

  it.each([
    ['room:seek', { room_id: 'a', position_seconds: 1, bogus: 1 }, 'bogus'],
    ['room:seek', { room_id: 'a', position_seconds: -1 }, 'position_seconds'],
    ['room:seek', { room_id: 'a' }, 'position_seconds'],
    ['queue:add', { room_id: 'a', source: { track_ids: ['t'], bogus: 1 } }, 'source.bogus'],
    ['queue:add', { room_id: 'a', source: { track_ids: ['t', 'a b'] } }, 'source.track_ids.1'],
    ['room:list', [], ''],
    ['room:list', null, ''],
  ])('[CM2] %s with %j is ERR_INVALID and names %j', async (type, data, path) => {
    world = await World.start();
    const peer = await world.peer();
    const { error } = await peer.ask({ id: 'c', type, data });
    expect([error.code, error.params]).toEqual(['ERR_INVALID', { path }]);
  });

  it.each(['toString', '__proto__', 'constructor', 'hasOwnProperty', 'room:fly', 'hello'])(
    '[CM6] the type %s is no command',
    async (type) => {
      world = await World.start();
      const peer = await world.peer();
      expect((await peer.ask({ id: 'c', type })).error.code).toBe('ERR_UNKNOWN_COMMAND');
    },
  );

  it('[CM3] the same id again gives the same reply and no second effect', async () => {
    let effects = 0;
    world = await World.start({}, { 'room:repeat': () => ((effects += 1), {}) });
    const peer = await world.peer();
    const command = { id: 'c', type: 'room:repeat', data: { room_id: 'a', repeat: 'all' } };
    const first = await peer.ask(command);
    const second = await peer.ask(command);
    expect(second).toEqual(first);
    expect(effects).toBe(1);
  });

  it('[CM3] also while the first is still running, and also when it fails', async () => {
    const gate = deferred<void>();
    let effects = 0;
    world = await World.start(
      {},
      {
        'room:pause': async () => {
          effects += 1;
          await gate.promise;
          throw new AppError('ERR_PLAYER_OFFLINE', 'The player is away');
        },
      },
    );
    const peer = await world.peer();
    const command = { id: 'c', type: 'room:pause', data: { room_id: 'a' } };
    peer.send(command);
    peer.send(command);
    await peer.settled();
    gate.resolve();
    const first = await peer.next('error');
    expect(await peer.next('error')).toEqual(first);
    expect(await peer.ask(command)).toEqual(first);
    expect(effects).toBe(1);
  });

  it('[CM3] 128 later ids are remembered beside it, and ids of another connection are their own', async () => {
    let effects = 0;
    world = await World.start({}, { 'room:repeat': () => ((effects += 1), {}) });
    const command = (id: string) => ({ id, type: 'room:repeat', data: { room_id: 'a', repeat: 'all' } });
    const peer = await world.peer();
    for (let n = 0; n < 128; n++) await peer.ask(command(`c${n}`));
    await peer.ask(command('c0'));
    expect(effects).toBe(128);
    await (await world.peer()).ask(command('c0'));
    expect(effects).toBe(129);
  });

  it('[CM5] a slow command does not hold up the next', async () => {
    const gate = deferred<void>();
    world = await World.start(
      {},
      {
        'room:pause': async () => (await gate.promise, { outcomes: [] }),
        'room:list': () => ({ rooms: [] }),
      },
    );
    const peer = await world.peer();
    peer.send({ id: 'slow', type: 'room:pause', data: { room_id: 'a' } });
    expect((await peer.ask({ id: 'quick', type: 'room:list' })).ok).toBe(true);
    gate.resolve();
    await peer.next((frame) => frame.id === 'slow');
  });

  it('[CM7] a connection with 64 running commands is told to wait', async () => {
    const gate = deferred<void>();
    world = await World.start({}, { 'room:pause': async () => (await gate.promise, { outcomes: [] }) });
    const peer = await world.peer();
    const command = (id: string) => ({ id, type: 'room:pause', data: { room_id: 'a' } });
    for (let n = 0; n < 64; n++) peer.send(command(`c${n}`));
    expect((await peer.ask(command('over'))).error).toMatchObject({ code: 'ERR_BUSY', retryable: true });
    gate.resolve();
    await peer.next((frame) => frame.id === 'c63');
    expect((await peer.ask(command('over'))).ok).toBe(true);
  });

  it('[CM8] what a command caused arrives before its reply', async () => {
    world = await World.start(
      {},
      {
        'room:volume': ({ room_id, volume }) => {
          world.feed.commit([updated(room_id, volume)]);
          return { outcomes: [] };
        },
      },
    );
    const peer = await world.peer();
    await peer.ask({ id: 's', type: 'subscribe', data: { topics: ['rooms'] } });
    await peer.ask({ id: 'c', type: 'room:volume', data: { room_id: 'a', volume: 0.4 } });
    expect(peer.frames.slice(-2).map((frame) => frame.type)).toEqual(['room:updated', 'reply']);
  });

  it('[ER2] a bug in a handler is ERR_INTERNAL without its text', async () => {
    world = await World.start(
      {},
      {
        'room:list': () => {
          throw new TypeError('secret /home/pi/tutti.db');
        },
      },
    );
    const peer = await world.peer();
    const answer = await peer.ask({ id: 'c', type: 'room:list' });
    expect(answer.error).toEqual({
      code: 'ERR_INTERNAL',
      message: 'Something went wrong inside Tutti',
      retryable: false,
      params: {},
    });
  });
});

describe('time', () => {
  it('[PI1] ping is answered by pong with the id', async () => {
    world = await World.start();
    const peer = await world.peer();
    const pong = await peer.ask({ id: 'p', type: 'ping' });
    expect(pong.type).toBe('pong');
    expect(Date.parse(pong.timestamp)).not.toBeNaN();
    peer.send({ type: 'ping' });
    expect((await peer.next('pong')).id).toBeUndefined();
  });

  it('[CL1] clock gives back t0 and when it was received and sent', async () => {
    world = await World.start({ clock: new ManualClock() });
    const peer = await world.peer();
    const answer = await peer.ask({ id: 'k', type: 'clock', data: { t0_us: 12.5 } });
    expect(answer).toEqual({ type: 'clock', id: 'k', t0_us: 12.5, t1_us: 1_000_000, t2_us: 1_000_000 });
  });

  it('[AU1] open: auth is answered with the role', async () => {
    world = await World.start();
    const peer = await world.peer();
    const answer = await peer.ask({ id: 'a', type: 'auth', data: { token: 'anything' } });
    expect(answer).toEqual({ type: 'reply', id: 'a', ok: true, data: { role: 'admin' } });
  });

  it('[HB1] [TP2] every 30 s everybody gets a heartbeat', async () => {
    const clock = new ManualClock();
    world = await World.start({ clock });
    const peer = await world.peer();
    await peer.next('hello');
    await clock.advance(30_000);
    expect(await peer.next('heartbeat')).toMatchObject({
      topic: 'system',
      data: { timestamp: expect.stringMatching(/Z$/) as string },
    });
  });
});

describe('the end', () => {
  it('[RT1] [CC1] close announces, and ends every connection with 4101', async () => {
    world = await World.start();
    const peers = await Promise.all([world.peer(), world.peer()]);
    await until('both greeted', () => world.server.connections() === 2);
    await world.server.close();
    for (const peer of peers) {
      const told = await peer.next('server:restarting');
      expect(told).toMatchObject({ topic: 'system', data: { retry_after_ms: 2000 } });
      expect((await peer.closed).code).toBe(4101);
    }
    expect(world.feed.listeners).toBe(0);
  });

  it('[RT1] an announcement made before is not made again', async () => {
    world = await World.start();
    const peer = await world.peer();
    await peer.next('hello');
    world.server.announce('an update', 5000);
    expect((await peer.next('server:restarting')).data).toEqual({
      reason: 'an update',
      retry_after_ms: 5000,
    });
    await world.server.close();
    await peer.closed;
    expect(peer.frames.filter((frame) => frame.type === 'server:restarting')).toHaveLength(1);
  });

  it('a port that is taken is told in a sentence that names TUTTI_PORT', async () => {
    world = await World.start();
    const second = World.start({ config: { port: world.port } });
    await expect(second).rejects.toThrow(new RegExp(`Port ${world.port} .*TUTTI_PORT`));
  });
});
