import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { foundOf } from '../../drivers/snapcast/index.js';
import { Connection } from '../../drivers/snapcast/connection.js';
import { encode, MESSAGE, readTime, type ServerSettings } from '../../drivers/snapcast/wire.js';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { FakeSnapclient } from '../fakes/fake-snapclient.js';
import { ManualClock } from '../fakes/manual-clock.js';
import { until } from '../until.js';
import { BUFFER_MS, SnapRig } from './snapcast-rig.js';

let rig: SnapRig;
afterEach(() => rig.close());

const start = async (...options: Parameters<typeof SnapRig.start>): Promise<SnapRig> =>
  (rig = await SnapRig.start(...options));

describe('a client that says Hello', () => {
  it('gets settings that refer to it', async () => {
    const client = await (await start()).hello('aa:bb:cc');
    const settings = await client.gets(MESSAGE.serverSettings);
    expect(settings.refersTo).toBe(41);
    expect(client.settings).toEqual({ bufferMs: BUFFER_MS, latency: 0, muted: false, volume: 50 });
  });

  it('is found as a player, and again when it comes back', async () => {
    await start();
    const first = await rig.hello('aa:bb:cc');
    await until('the player', () => rig.found.length === 1);
    first.close();
    await rig.hello('aa:bb:cc');
    await until('the same player', () => rig.found.length === 2);
    const player = { key: 'snapcast-aa-bb-cc', name: 'aa:bb:cc', options: { client_id: 'aa:bb:cc' } };
    expect(rig.found).toEqual([player, player]);
  });

  it('is taken with what newer clients say besides', async () => {
    const client = await (await start()).connect();
    client.say(MESSAGE.hello, { ID: 'new', Auth: { scheme: 'Basic', param: 'eA==' }, Codecs: ['pcm'] });
    await client.gets(MESSAGE.serverSettings);
  });

  it('learns how long its question about the time was under way', async () => {
    const client = await (await start()).hello('a');
    const sent = systemClock.nowUs() - 5_000_000;
    client.askTime(sent, 7);
    const answer = await client.gets(MESSAGE.time);
    expect(answer.refersTo).toBe(7);
    const latency = readTime(answer.body, 0);
    expect(latency).toBeGreaterThan(5_000_000);
    expect(latency).toBeLessThanOrEqual(answer.sent_us - sent);
  });

  it('may say things we do not know', async () => {
    const client = await (await start()).hello('a');
    client.socket.write(encode({ type: 4711, id: 1, refersTo: 0, sent_us: 0 }, randomBytes(50)));
    client.askTime(0);
    await client.gets(MESSAGE.time);
  });

  it('is a different player for every name, and the same for the same', () => {
    const id = fc.string({ minLength: 1, maxLength: 40, unit: 'binary' });
    fc.assert(
      fc.property(id, id, (one, other) => {
        const [a, b] = [foundOf({ ID: one }), foundOf({ ID: other })];
        expect(a.key === b.key).toBe(one === other);
        expect(a.key).toMatch(/^snapcast-[a-z0-9-]{1,64}$/);
      }),
    );
  });

  it('is called by its host name without control characters', () => {
    expect(foundOf({ ID: 'x', HostName: 'Kü\nche\u0000', Instance: 2 }).name).toBe('Kü che 2');
    expect(foundOf({ ID: 'x', HostName: ' ' }).name).toBe('Snapclient');
  });
});

describe('a client that behaves badly', () => {
  const good = async (): Promise<void> => {
    const client = await rig.hello('good');
    client.askTime(0);
    await client.gets(MESSAGE.time);
  };

  it('is cut off when it sends what is no message, and others stay', async () => {
    await start();
    const client = await rig.connect();
    client.socket.write(Buffer.alloc(200, 0xff));
    await client.isCut();
    await good();
  });

  it('is cut off when its Hello cannot be read', async () => {
    const client = await (await start()).connect();
    client.say(MESSAGE.hello, { ID: '' });
    await client.isCut();
    expect(rig.found).toEqual([]);
  });

  it('may vanish in the middle of a message', async () => {
    await start();
    const client = await rig.connect();
    client.socket.write(
      encode({ type: MESSAGE.hello, id: 1, refersTo: 0, sent_us: 0 }, Buffer.alloc(90)).subarray(0, 60),
    );
    client.close();
    await good();
  });

  it('is cut off when it does not say Hello, and when it falls silent', async () => {
    const clock = new ManualClock();
    await start({ clock });
    const mute = await rig.connect();
    const silent = await rig.hello('silent');
    await silent.gets(MESSAGE.serverSettings);
    await clock.advance(5100);
    await mute.isCut();
    expect(silent.closed).toBe(false);
    await clock.advance(3000);
    await silent.isCut();
  });

  it('is cut off when it takes nothing for five seconds, and not when it takes a little', async () => {
    const clock = new ManualClock();
    const accepted: Connection[] = [];
    const server = createServer((socket) => {
      const onHello = (): ServerSettings => ({ bufferMs: 400, latency: 0, muted: false, volume: 50 });
      accepted.push(new Connection({ socket, clock, log: silentLogger, onHello }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const slow = await FakeSnapclient.hello(port, 'slow');
    const stuck = await FakeSnapclient.hello(port, 'stuck');
    await until('both are greeted', () => accepted.length === 2 && accepted.every(({ hello }) => hello));
    const of = (id: string): Connection => accepted.find(({ hello }) => hello?.ID === id)!;
    await Promise.all([slow, stuck].map((client) => client.gets(MESSAGE.serverSettings)));
    for (const client of [slow, stuck]) client.socket.pause();
    for (const connection of accepted)
      for (let n = 0; n < 20; n++) connection.chunk(0, Buffer.alloc(1 << 19));
    await until('both are behind', () => accepted.every(({ backlog }) => backlog > 0));
    await clock.advance(4000);
    slow.socket.resume();
    await until('it has taken all', () => of('slow').backlog === 0);
    slow.askTime(0);
    await slow.gets(MESSAGE.time);
    await clock.advance(2100);
    expect((await of('stuck').closed).message).toContain('does not take its sound');
    expect(of('slow').over).toBe(false);
    for (const connection of accepted) connection.end(new Error('the test is over'));
    for (const client of [slow, stuck]) client.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it('ends its link when it goes', async () => {
    await start();
    const client = await rig.hello('a');
    const { link } = await rig.link('a');
    client.close();
    expect((await link.closed).message).toContain('gone');
  });
});

describe('two clients of one name', () => {
  it('are one that came back, when they come from the same address', async () => {
    await start();
    const before = await rig.hello('a');
    const { link } = await rig.link('a');
    const after = await rig.hello('a');
    await before.isCut();
    expect((await link.closed).message).toContain('again');
    await after.gets(MESSAGE.serverSettings);
    const again = await rig.link('a');
    await again.run({ type: 'volume', volume: 0.25 });
    await until('the new one has the volume', () => after.settings?.['volume'] === 25);
  });

  it('do not push each other out, when they come from two places', async () => {
    await start();
    const first = await rig.hello('a');
    await first.gets(MESSAGE.serverSettings);
    const second = await rig.hello('a', '127.0.0.2');
    await second.isCut();
    expect(first.closed).toBe(false);
  });

  it('are one that moved, when the first has fallen silent', async () => {
    const clock = new ManualClock();
    await start({ clock });
    const first = await rig.hello('a');
    await first.gets(MESSAGE.serverSettings);
    await clock.advance(3500);
    const second = await rig.hello('a', '127.0.0.2');
    await second.gets(MESSAGE.serverSettings);
    await first.isCut();
  });
});

describe('a link', () => {
  it('waits for a client that has not come yet', async () => {
    await start();
    const coming = rig.link('late');
    const client = await rig.hello('late');
    await coming;
    await client.gets(MESSAGE.serverSettings);
  });

  it('gives a client the volume it had', async () => {
    await start();
    const client = await rig.hello('a');
    const player = await rig.link('a', { volume: 0.31, muted: true });
    await until('the settings', () => client.settings?.['volume'] === 31);
    expect(client.settings).toMatchObject({ muted: true });
    expect(player.last('info')).not.toHaveProperty('fresh');
    expect(player.last('volume')).toEqual({ type: 'volume', volume: 0.31, muted: true });
  });

  it('says that a client it does not know remembers nothing', async () => {
    await start();
    await rig.hello('a');
    const player = await rig.link('a', { volume: 'loud' });
    expect(player.last('info')).toMatchObject({ fresh: true, lead_ms: 200, sync_class: 'locked' });
  });

  it('reports what is turned at the client', async () => {
    await start();
    const client = await rig.hello('a');
    const player = await rig.link('a');
    client.say(MESSAGE.clientInfo, { volume: 83, muted: true });
    await player.next('volume', 'the knob', (fact) => fact.volume === 0.83 && fact.muted);
  });

  it('passes on latency, and makes room for a long one', async () => {
    await start();
    const client = await rig.hello('a');
    const player = await rig.link('a');
    await player.run({ type: 'latency', latency_ms: -120 });
    await until('-120 ms', () => client.settings?.['latency'] === -120);
    expect(client.settings).toMatchObject({ bufferMs: BUFFER_MS });
    await player.run({ type: 'latency', latency_ms: 1500 });
    await until('1500 ms', () => client.settings?.['latency'] === 1500);
    expect(Number(client.settings?.['bufferMs'])).toBeGreaterThanOrEqual(1750);
  });
});
