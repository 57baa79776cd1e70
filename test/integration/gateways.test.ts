import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { TuttiClient } from '../../src/client/index.js';
import { keptFileIn } from '../../src/config/index.js';
import { writeKept } from '../../src/settings/index.js';
import { startRedis, type RunningRedis } from '../fakes/real-redis.js';
import { ServerProcess } from '../fakes/server-process.js';
import { until } from '../until.js';
import { Peer } from './server-world.js';

/** A house, two gateways and a real Redis, each a process of its own, and what happens when one of them dies. */
let dir = '';
let redis: RunningRedis;
let house: ServerProcess;
let east: ServerProcess;
let west: ServerProcess;

const settings = (name: string, command: 'serve' | 'gateway') => ({
  dataDir: join(dir, name),
  command,
  config: { bus: redis.address, auth: 'open', bus_secret: 'a secret of this test' },
});

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-gateways-'));
  redis = await startRedis();
  house = await ServerProcess.start({
    ...settings('house', 'serve'),
    players: [{ id: 'hall', kind: 'null', name: 'Hall' }],
  });
  [east, west] = await Promise.all([
    ServerProcess.start(settings('east', 'gateway')),
    ServerProcess.start(settings('west', 'gateway')),
  ]);
});

afterAll(async () => {
  for (const process of [east, west, house]) await process.kill('SIGTERM');
  await redis.stop();
  await rm(dir, { recursive: true, force: true });
});

async function clientOf(process: ServerProcess): Promise<TuttiClient> {
  const client = process.client(['rooms', 'room/hall', 'players', 'system']);
  await client.ready();
  return client;
}

const volume = (client: TuttiClient): number | undefined => client.mirror.room['hall']?.playback.volume;
const command = { room_id: 'hall' } as const;
async function metric(process: ServerProcess, line: string): Promise<number> {
  const text = await (await fetch(`${process.url}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((row) => row.startsWith(`${line} `))
      ?.split(' ')[1],
  );
}
const live = (client: TuttiClient): boolean => client.connection.state === 'live';

describe('gateways', () => {
  it('show one house: what one client does, every client sees', async () => {
    const clients = await Promise.all([house, east, west].map(clientOf));
    await clients[1]!.send('room:volume', { room_id: 'hall', volume: 0.31 });
    for (const client of clients) await until('it is seen', () => volume(client) === 0.31);
    expect(clients[1]!.mirror).toEqual(clients[0]!.mirror);
    expect(new Set(clients.map(({ hello }) => hello?.epoch)).size).toBe(1);
    expect(Math.abs(clients[1]!.serverNowUs() - clients[0]!.serverNowUs())).toBeLessThan(50_000);
    for (const client of clients) client.close();
  });

  it('[PT7] let nobody look into a private party who is not in it', async () => {
    const ann = house.client(['room/hall']);
    await ann.ready();
    const { invite } = await ann.send('room:open', { ...command, name: 'Ann', public: false });
    const bob = east.client(['room/hall']);
    await bob.ready();
    expect(bob.mirror.room['hall']?.party).toMatchObject({ host: 'Ann', participant_count: 1 });
    await expect(bob.subscribe(['party/hall'])).rejects.toMatchObject({ code: 'ERR_NOT_ALLOWED' });
    await bob.send('room:join', { ...command, name: 'Bob', invite });
    await bob.subscribe(['party/hall']);
    const said = () => bob.mirror.party['hall']?.chat.map(({ message }) => message).join();
    await ann.send('room:chat', { ...command, message: 'hello' });
    await until('it is heard', () => said() === 'hello');
    const heard: string[] = [];
    bob.onEvent((event) => event.type === 'room:chat' && heard.push(event.data.message));
    await bob.send('room:leave', command);
    await until('it is over for who left', () => bob.mirror.party['hall'] === undefined);
    await ann.send('room:chat', { ...command, message: 'now that he is gone' });
    await ann.send('room:volume', { ...command, volume: 0.77 });
    await until('what came later is heard', () => volume(bob) === 0.77);
    expect(heard).toEqual([]);
    await ann.send('room:close', command);
    for (const client of [ann, bob]) client.close();
  });

  it('say what was missed to a client that comes from a gateway that was killed', async () => {
    const watcher = await clientOf(west);
    const phone = await Peer.connect(east.port, {});
    phone.send({ id: '1', type: 'subscribe', data: { topics: ['room/hall'] } });
    const { revision, epoch } = (await phone.next('subscribed')) as unknown as {
      revision: number;
      epoch: string;
    };
    await east.kill();
    await phone.closed;
    for (const level of [0.4, 0.5, 0.6]) await watcher.send('room:volume', { ...command, volume: level });
    const again = await Peer.connect(west.port, {});
    const resume = { epoch, revisions: { 'room/hall': revision } };
    again.send({ id: '1', type: 'subscribe', data: { topics: ['room/hall'], resume } });
    const answer = (await again.next('subscribed')) as unknown as {
      resumed: boolean;
      revision: number;
      events: { revision: number }[];
    };
    expect(answer.resumed).toBe(true);
    expect(answer.revision).toBeGreaterThan(revision);
    expect(answer.events.at(-1)?.revision).toBe(answer.revision);
    await until('the house has one gateway left', async () => (await metric(house, 'tutti_bus_nodes')) === 1);
    again.ws.terminate();
    watcher.close();
    await east.start();
  });

  it('go by their config file when it is written, and by what the page of a house in the same folder sets', async () => {
    const origin = 'https://panel.example';
    const letsIn = (gateway: ServerProcess): Promise<boolean> =>
      new Promise((resolve) => {
        const ws = new WebSocket(`ws://127.0.0.1:${gateway.port}/ws`, { origin });
        ws.once('open', () => resolve(true)).once('error', () => resolve(false));
        ws.once('open', () => ws.terminate());
      });
    expect([await letsIn(east), await letsIn(west)]).toEqual([false, false]);
    await appendFile(join(dir, 'east', 'tutti.yaml'), `allowed_origins: [${origin}]\n`);
    await writeKept(keptFileIn(join(dir, 'west')), { allowed_origins: [origin] });
    await until('the config file counts', () => letsIn(east));
    await until('what the page has set counts', () => letsIn(west));
    await appendFile(join(dir, 'east', 'tutti.yaml'), 'nonsense: 1\n');
    await until('a fault is told', () => east.said.includes('settings refused'));
    expect(await letsIn(east)).toBe(true);
  });

  it('tell their clients when the house is killed, and bring them back to the next one', async () => {
    const client = await clientOf(east);
    const before = client.hello?.epoch;
    const told: string[] = [];
    client.onEvent((event) => told.push(event.type));
    const phone = await Peer.connect(west.port, {});
    phone.send({ id: '1', type: 'subscribe', data: { topics: ['rooms'] } });
    await phone.next('subscribed');
    await house.kill();
    await phone.next('server:restarting');
    await until('the other one is told, too', () => told.includes('server:restarting'));
    await expect(client.send('room:volume', { ...command, volume: 0.2 })).rejects.toMatchObject({
      code: 'ERR_HOUSE_OFFLINE',
      retryable: true,
      params: { sent: false },
    });
    await house.start();
    await until(
      'the client is with the new house',
      () => live(client) && client.hello?.epoch !== before,
      20_000,
    );
    expect((await phone.closed).code).toBe(4101);
    await client.send('room:volume', { ...command, volume: 0.22 });
    await until('it is seen', () => volume(client) === 0.22);
    client.close();
  });

  it('show what happened while Redis was gone, without being asked', async () => {
    const inside = await clientOf(house);
    const client = await clientOf(east);
    await redis.kill();
    await until('commands are refused', () =>
      client.send('room:volume', { ...command, volume: 0.9 }).then(
        () => false,
        (error: unknown) => (error as { code: string }).code === 'ERR_HOUSE_OFFLINE',
      ),
    );
    await inside.send('room:volume', { ...command, volume: 0.77 });
    expect(volume(client)).not.toBe(0.77);
    const lived = client.hello?.connection_id;
    await redis.start();
    await until('the change is seen', () => volume(client) === 0.77, 20_000);
    expect(client.hello?.connection_id).toBe(lived);
    expect(await metric(east, 'tutti_bus_gaps_total')).toBeGreaterThan(0);
    await client.send('room:volume', { ...command, volume: 0.5 });
    await until('both see what comes next', () => volume(client) === 0.5 && volume(inside) === 0.5);
    client.close();
    inside.close();
  });

  it('count and drop what others put on the channels, and go on [S18]', async () => {
    const client = await clientOf(east);
    const level = volume(client);
    const stranger = new Redis(redis.address);
    const ask = { kind: 'ask', id: 'x', ask: 'run', data: { type: 'room:volume' } };
    const texts = ['', 'x', '.{}', '.[1]', `.${'['.repeat(100_000)}`, '\u0000\uffff', 'x'.repeat(100_000)];
    texts.push(`.${JSON.stringify({ v: 1, node: 'forged', seq: 1, ...ask })}`);
    texts.push(
      `.${JSON.stringify({ v: 1, node: 'forged', seq: 1, kind: 'join', nonce: 'x', version: 'x' })}`,
    );
    texts.push(
      `.${JSON.stringify({ v: 1, node: 'forged', seq: 9, kind: 'stop', reason: 'x', retry_after_ms: 1 })}`,
    );
    for (const channel of ['tutti:house', 'tutti:gateways'])
      for (const text of texts) await stranger.publish(channel, text);
    await stranger.publish('tutti:gateways', 'x'.repeat(17 * 1024 * 1024));
    const dropped = (process: ServerProcess, reason: string): Promise<number> =>
      metric(process, `tutti_bus_dropped_total{reason="${reason}"}`);
    await until('the gateway counted', async () => (await dropped(east, 'oversize')) === 1);
    expect(await dropped(east, 'forged')).toBeGreaterThan(3);
    expect(await dropped(house, 'forged')).toBeGreaterThan(3);
    expect(await dropped(house, 'garbage')).toBeGreaterThan(1);
    expect(volume(client)).toBe(level);
    await client.send('room:volume', { ...command, volume: 0.66 });
    await until('it is seen', () => volume(client) === 0.66);
    stranger.disconnect();
    client.close();
  });
});
