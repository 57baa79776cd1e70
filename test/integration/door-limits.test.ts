import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { deferred } from '../../src/base/index.js';
import type { Handlers } from '../../src/protocol/index.js';
import { DEFAULT_LIMITS, type ServerLimits } from '../../src/server/index.js';
import { FakeDoor, someone } from '../fakes/fake-door.js';
import { ManualClock } from '../fakes/manual-clock.js';
import { Peer, until, World } from './server-world.js';

let world: World;
let door: FakeDoor;
const clock = new ManualClock();
afterEach(() => world.stop());

async function start(limits: Partial<ServerLimits> = {}, handlers: Partial<Handlers> = {}): Promise<void> {
  door = new FakeDoor();
  for (const name of ['ann', 'bob', 'cid', 'dan'])
    for (const carrier of ['message', 'bearer'] as const) door.knows(carrier, name, someone(name));
  const config = { trustedProxies: ['127.0.0.1'] };
  const rates = {
    messages: DEFAULT_LIMITS.messages,
    bytes: DEFAULT_LIMITS.bytes,
    commandsPerUser: DEFAULT_LIMITS.commandsPerUser,
    costly: DEFAULT_LIMITS.costly,
  };
  world = await World.start({ door, clock, config, limits: { ...rates, ...limits } }, handlers);
}

const from = (address: string, more: Record<string, string> = {}) => ({
  headers: { 'x-forwarded-for': address, ...more },
});
const as = (name: string) => ({ headers: { authorization: `Bearer ${name}` } });
const pause = (id: string) => ({ id, type: 'room:pause', data: { room_id: 'r' } });

describe('[GT5] [S6] who has not signed in', () => {
  it('has 8 places of one address; who is known comes in all the same, from there too', async () => {
    await start();
    for (let n = 0; n < 8; n++) await world.peer(from('192.168.1.6'));
    await expect(Peer.connect(world.port, from('192.168.1.6'))).rejects.toThrow('503');
    const known = await world.peer(from('192.168.1.6', { authorization: 'Bearer ann' }));
    expect(await known.next('hello')).toMatchObject({ you: { name: 'ann' } });
    await world.peer(from('192.168.1.7'));
  });

  it('has 64 places in all: two hundred silent ones take no more, and keep nobody out who is known', async () => {
    await start();
    const came = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        Peer.connect(world.port, from(`192.168.2.${n}`)).then(
          (peer) => peer,
          () => undefined,
        ),
      ),
    );
    expect(came.filter(Boolean)).toHaveLength(64);
    await (await world.peer(as('ann'))).next('hello');
    await clock.advance(5_100);
    for (const peer of came) await peer?.closed;
    await world.peer(from('192.168.3.1'));
  });

  it('gives the place back when it signs in', async () => {
    await start({ anonymous: 1 });
    const first = await world.peer();
    await expect(Peer.connect(world.port, {})).rejects.toThrow('503');
    await first.ask({ id: 'a', type: 'auth', data: { token: 'ann' } });
    await world.peer();
  });
});

describe('[GT4] who is known', () => {
  it('one person has 5 connections, whichever way they came; one that is left is free again', async () => {
    await start();
    const five = [];
    for (let n = 0; n < 5; n++) five.push(await world.peer(as('bob')));
    await expect(Peer.connect(world.port, as('bob'))).rejects.toThrow('503');
    const sixth = await world.peer();
    sixth.send({ id: 'a', type: 'auth', data: { token: 'bob' } });
    expect((await sixth.next('error')).error).toMatchObject({ code: 'ERR_BUSY', params: { limit: 5 } });
    expect((await sixth.closed).code).toBe(4100);
    five[0]!.ws.close();
    await until('a place is free', () => world.server.connections() === 4);
    await world.peer(as('bob'));
    await world.peer(as('ann'));
  });

  it('one address has as many as the limit says, and all together as many', async () => {
    await start({ clientsPerAddress: 2, clients: 3 });
    const here = from('192.168.1.5', { authorization: 'Bearer ann' });
    await world.peer(here);
    await world.peer(here);
    await expect(Peer.connect(world.port, here)).rejects.toThrow('503');
    await world.peer(from('192.168.1.8', { authorization: 'Bearer bob' }));
    await expect(
      Peer.connect(world.port, from('192.168.1.9', { authorization: 'Bearer cid' })),
    ).rejects.toThrow('503');
  });
});

describe('[RA1] [S17] floods', () => {
  const took = { outcomes: [] };

  it('beyond its burst a connection is told when to come again, and another one is not', async () => {
    let ran = 0;
    await start({}, { 'room:pause': () => (ran++, took) });
    const [ann, bob] = [await world.peer(as('ann')), await world.peer(as('bob'))];
    for (let n = 0; n < 60; n++) ann.send(pause(`c${n}`));
    const { error } = await ann.next((frame) => frame.id === 'c59');
    expect(error).toMatchObject({ code: 'ERR_RATE_LIMITED', params: { retry_after_ms: expect.any(Number) } });
    expect(ran).toBe(DEFAULT_LIMITS.messages.burst);
    expect((await bob.ask(pause('b'))).ok).toBe(true);
    await clock.advance(Number(error.params['retry_after_ms']));
    expect((await ann.ask(pause('c59'))).ok).toBe(true);
  });

  it('[RA5] who does not listen is closed with 4102', async () => {
    await start({}, { 'room:pause': () => took });
    const ann = await world.peer(as('ann'));
    for (let n = 0; n < 400; n++) ann.send(pause(`c${n}`));
    expect((await ann.closed).code).toBe(4102);
  });

  it('[RA1] bytes count too', async () => {
    await start({ bytes: { burst: 4096, per_minute: 4096 } }, { 'room:list': () => ({ rooms: [] }) });
    const ann = await world.peer(as('ann'));
    const long = { type: 'subscribe', data: { topics: ['x'.repeat(140)], x: 'y'.repeat(3000) } };
    expect((await ann.ask({ id: '1', ...long })).error.code).toBe('ERR_INVALID');
    expect((await ann.ask({ id: '2', ...long })).error.code).toBe('ERR_RATE_LIMITED');
  });

  it('[RA2] a person is counted over all connections', async () => {
    await start({ commandsPerUser: { burst: 6, per_minute: 60 } }, { 'room:pause': () => took });
    const [one, two] = [await world.peer(as('ann')), await world.peer(as('ann'))];
    for (let n = 0; n < 3; n++) for (const peer of [one, two]) await peer.ask(pause(`c${n}`));
    for (const peer of [one, two])
      expect((await peer.ask(pause('over'))).error).toMatchObject({ code: 'ERR_RATE_LIMITED' });
    expect((await (await world.peer(as('bob'))).ask(pause('b'))).ok).toBe(true);
  });

  it('[RA2] where nobody signs in an address is counted, when it asks by HTTP', async () => {
    const config = { trustedProxies: ['127.0.0.1'] };
    const limits = { commandsPerUser: { burst: 2, per_minute: 60 } };
    world = await World.start({ clock, config, limits }, { 'room:pause': () => took });
    const ask = async (address: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${world.port}/api/v1/rooms/r/pause`, {
        method: 'POST',
        headers: { 'x-forwarded-for': address },
      });
    for (let n = 0; n < 2; n++) expect((await ask('192.168.1.6')).status).toBe(200);
    const refused = await ask('192.168.1.6');
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ error: { params: { retry_after_ms: 1000 } } });
    expect((await ask('192.168.1.7')).status).toBe(200);
  });

  it('[RA3] what is costly is counted over everybody, and what is not goes on', async () => {
    const scan = { id: 's', type: 'library:search', data: { query: 'x' } };
    const found = { artists: [], albums: [], tracks: [] };
    await start(
      { costly: { burst: 2, per_minute: 60 } },
      { 'library:search': () => found as never, 'room:pause': () => took },
    );
    for (const name of ['ann', 'bob']) expect((await (await world.peer(as(name))).ask(scan)).ok).toBe(true);
    const cid = await world.peer(as('cid'));
    expect((await cid.ask(scan)).error).toMatchObject({ params: { retry_after_ms: 1000 } });
    expect((await cid.ask(pause('p'))).ok).toBe(true);
  });
});

describe('[RA4] [S17] of volume and seek only the last counts', () => {
  const volume = (n: number, room_id = 'r') => ({
    id: `v${n}`,
    type: 'room:volume',
    data: { room_id, volume: n / 1000 },
  });

  it('a thousand in a second are all answered, few are run, and the last one holds', async () => {
    const ran: number[] = [];
    await start({}, { 'room:volume': ({ volume: v }) => (ran.push(v), { outcomes: [] }) });
    const [ann, bob] = [await world.peer(as('ann')), await world.peer(as('bob'))];
    for (let n = 1; n <= 1000; n++) {
      ann.send(volume(n));
      if (n % 100 === 0) await clock.advance(100);
    }
    await clock.advance(1_000);
    await ann.next((frame) => frame.id === 'v1000');
    await ann.settled().catch(() => undefined);
    expect(ann.frames.filter(({ id, ok }) => id?.startsWith('v') && ok).length).toBe(1000);
    const { burst, per_minute } = DEFAULT_LIMITS.messages;
    expect(ran.length).toBeLessThanOrEqual(burst + (2 * per_minute) / 60 + 1);
    expect(ran.at(-1)).toBe(1);
    expect((await bob.ask(volume(5))).ok).toBe(true);
  });

  it('one that is wrong does not take the place of a good one', async () => {
    const ran: number[] = [];
    await start({}, { 'room:volume': ({ volume: v }) => (ran.push(v), { outcomes: [] }) });
    const ann = await world.peer(as('ann'));
    ann.send(volume(500));
    ann.send(volume(5000));
    expect((await ann.next((frame) => frame.id === 'v5000')).error.code).toBe('ERR_INVALID');
    expect(ran).toEqual([0.5]);
  });

  it('rooms do not take each other’s place, and what follows does not overtake', async () => {
    const ran: string[] = [];
    const gate = deferred<void>();
    await start(
      {},
      {
        'room:seek': async ({ room_id, position_seconds }) => {
          ran.push(`${room_id} ${position_seconds}`);
          await gate.promise;
          return { outcomes: [] };
        },
        'room:pause': ({ room_id }) => (ran.push(`${room_id} pause`), { outcomes: [] }),
      },
    );
    const ann = await world.peer(as('ann'));
    const seek = (room_id: string, position_seconds: number): void =>
      ann.send({
        id: `${room_id}${position_seconds}`,
        type: 'room:seek',
        data: { room_id, position_seconds },
      });
    seek('q', 1);
    for (const at of [1, 2, 3]) seek('r', at);
    await ann.settled();
    expect(ran).toEqual(['q 1', 'r 1']);
    await ann.ask(pause('p'));
    expect(ran).toEqual(['q 1', 'r 1', 'r 3', 'r pause']);
    gate.resolve();
    await until('all are answered', () => ann.frames.filter(({ ok }) => ok).length === 5);
  });

  it('a connection that is lost leaves its last value', async () => {
    const ran: number[] = [];
    await start(
      { messages: { burst: 1, per_minute: 1 } },
      { 'room:volume': ({ volume: v }) => (ran.push(v), { outcomes: [] }) },
    );
    const ann = await world.peer(as('ann'));
    await ann.ask(volume(1));
    ann.send(volume(2));
    ann.send(volume(900));
    ann.ws.close();
    await ann.closed;
    await until('the last one ran', () => ran.length === 2);
    expect(ran).toEqual([0.001, 0.9]);
  });
});

describe('[EN6] compression', () => {
  it('is taken by who offers it, without memory between messages, and is made once for all', async () => {
    await start({ compression: 'shared' });
    world.feed.put('rooms', { rooms: Array.from({ length: 40 }, (_, n) => ({ room_id: `room-${n}` })) });
    const [packs, plain] = [
      await world.peer({ ...as('ann'), perMessageDeflate: true }),
      await world.peer({ ...as('bob'), perMessageDeflate: false }),
    ];
    expect(packs.ws.extensions).toBe('permessage-deflate');
    const read = (peer: Peer): number =>
      (peer.ws as unknown as { _socket: { bytesRead: number } })._socket.bytesRead;
    const before = [read(packs), read(plain)] as const;
    for (const peer of [packs, plain]) peer.send({ id: 's', type: 'subscribe', data: { topics: ['rooms'] } });
    const said = [await packs.next('subscribed'), await plain.next('subscribed')];
    expect(said[0]).toEqual(said[1]);
    expect(read(packs) - before[0]).toBeLessThan((read(plain) - before[1]) / 2);
  });
});

describe('[S7] bombs', () => {
  it('a small message that is large inside ends its connection with 1009, and takes no memory', async () => {
    await start({ compression: 'shared' });
    const bomb = deflateRawSync(Buffer.alloc(8 * 1024 * 1024, 'x'), { level: 9 });
    expect(bomb.length).toBeLessThan(65_536);
    const peer = await world.peer({ ...as('ann'), perMessageDeflate: true });
    const socket = (peer.ws as unknown as { _socket: { write(bytes: Buffer): void } })._socket;
    const mask = randomBytes(4);
    const head = Buffer.from([0xc1, 0x80 | 126, bomb.length >> 8, bomb.length & 255, ...mask]);
    socket.write(Buffer.concat([head, bomb.map((byte, at) => byte ^ mask[at % 4]!)]));
    expect((await peer.closed).code).toBe(1009);
  });
});
