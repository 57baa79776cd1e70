import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { connect, type ClientOptions, type TuttiClient } from '../../src/client/index.js';
import { FakeTutti, type FakeTuttiOptions } from '../fakes/fake-tutti.js';
import { ManualClock } from '../fakes/manual-clock.js';
import { until } from '../until.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function fakeTutti(options: FakeTuttiOptions = {}): Promise<FakeTutti> {
  const fake = await FakeTutti.start({ albums: 5, ...options });
  cleanups.push(() => fake.close());
  return fake;
}

function clientOf(fake: FakeTutti, options: Partial<ClientOptions> = {}): TuttiClient {
  const topics = ['rooms', 'room/kitchen', 'room/living-room'];
  const client = connect({ url: fake.wsUrl, WebSocket, topics, random: () => 0.5, ...options });
  cleanups.push(() => client.close());
  return client;
}

const is = (client: TuttiClient, state: string) =>
  until(`connection ${state}`, () => client.connection.state === state);

describe('client', () => {
  it('is live with a mirror of everything it wanted', async () => {
    const client = clientOf(await fakeTutti());
    const hello = await client.ready();
    expect(hello.server).toBe('tutti');
    expect(client.mirror.rooms?.map((room) => room.room_id)).toContain('kitchen');
    expect(client.mirror.room['living-room']?.queue.items).toHaveLength(24);
  });

  it('gets the reply of its own command and the effect in the mirror', async () => {
    const client = clientOf(await fakeTutti());
    await client.ready();
    const reply = await client.send('queue:add', {
      room_id: 'kitchen',
      source: { album_id: 'al1' },
      play: true,
    });
    expect(reply.queue_length).toBe(reply.item_ids?.length);
    await until('the kitchen plays', () => client.mirror.room['kitchen']?.playback.state === 'playing');
  });

  it('rejects with the code the server gave', async () => {
    const client = clientOf(await fakeTutti());
    await client.ready();
    await expect(client.send('room:play', { room_id: 'attic' })).rejects.toMatchObject({
      code: 'ERR_ROOM_NOT_FOUND',
      retryable: false,
    });
  });

  it('rejects a command without a reply after its time, as retryable', async () => {
    const fake = await fakeTutti();
    const clock = new ManualClock();
    const client = clientOf(fake, { clock });
    await client.ready();
    fake.replies = false;
    const sent = client.send('room:next', { room_id: 'living-room' });
    const seen = expect(sent).rejects.toMatchObject({ code: 'ERR_NO_REPLY', retryable: true });
    await clock.advance(10_000);
    await seen;
  });

  it('rejects at once when nobody is connected', async () => {
    const fake = await fakeTutti();
    const client = clientOf(fake);
    await expect(client.send('room:list', {})).rejects.toMatchObject({ code: 'ERR_DISCONNECTED' });
  });

  it('[RE1] asks again what was under way when the connection broke, and it has one effect', async () => {
    const fake = await fakeTutti();
    const client = clientOf(fake);
    await client.ready();
    fake.replies = false;
    const sent = client.send('room:next', { room_id: 'living-room' });
    await until('it had its effect', () => fake.received.includes('room:next'));
    fake.dropAll();
    fake.replies = true;
    expect(await sent).toHaveProperty('outcomes');
    expect(fake.received.filter((type) => type === 'room:next')).toHaveLength(1);
  });

  it('[RE1] rejects what was under way when the server knows nothing of it any more, as retryable', async () => {
    const fake = await fakeTutti();
    const { port, house } = fake;
    const client = clientOf(fake);
    await client.ready();
    fake.replies = false;
    const sent = client.send('room:next', { room_id: 'living-room' });
    const read = client.send('room:list', {});
    const seen = expect(sent).rejects.toMatchObject({ code: 'ERR_DISCONNECTED', retryable: true });
    await until('they arrived', () => fake.received.length === 2);
    await fake.close();
    const again = await fakeTutti({ port, house });
    client.wake();
    await seen;
    await read;
    expect(again.received).toEqual(['room:list']);
  });

  it('says when its mirror is stale, comes back and has what happened meanwhile', async () => {
    const fake = await fakeTutti();
    const states: string[] = [];
    const client = clientOf(fake);
    client.onConnection(({ state }) => states.push(state));
    await client.ready();
    fake.dropAll();
    fake.house.fill('kitchen', 3);
    await until('live again', () => states.join() === 'live,stale,live');
    expect(client.mirror.room['kitchen']?.queue.items).toHaveLength(3);
  });

  it('is offline while the server is down, with the time it was last right, and live when it is back', async () => {
    const clock = new ManualClock();
    const fake = await fakeTutti();
    const { port, house } = fake;
    const client = clientOf(fake, { clock });
    await client.ready();
    const heard = clock.wallMs();
    await fake.close();
    await is(client, 'stale');
    await clock.advance(1_000);
    await is(client, 'offline');
    expect(client.connection.heard_at_ms).toBe(heard);
    expect(client.mirror.rooms).toBeDefined();
    await fakeTutti({ port, house });
    client.wake();
    await is(client, 'live');
  });

  it('takes 35 s of silence for a dead server', async () => {
    const clock = new ManualClock();
    const fake = await fakeTutti();
    const client = clientOf(fake, { clock });
    await client.ready();
    fake.silent = true;
    await clock.advance(34_000);
    expect(client.connection.state).toBe('live');
    await clock.advance(2_000);
    expect(client.connection).toMatchObject({ state: 'stale' });
  });

  it('finds out within 3 s after waking up that the server is gone', async () => {
    const clock = new ManualClock();
    const fake = await fakeTutti();
    const client = clientOf(fake, { clock });
    await client.ready();
    fake.silent = true;
    client.wake();
    await clock.advance(2_900);
    expect(client.connection.state).toBe('live');
    await clock.advance(200);
    expect(client.connection.state).toBe('stale');
  });

  it('takes a second line beside one that has not answered 100 ms after waking up, and is never stale', async () => {
    const clock = new ManualClock();
    const fake = await fakeTutti();
    const client = clientOf(fake, { clock });
    await client.ready();
    const states: string[] = [];
    client.onConnection(({ state }) => states.push(state));
    fake.killLines();
    fake.house.fill('kitchen', 3);
    client.wake();
    await clock.advance(99);
    expect(fake.clientCount).toBe(1);
    await clock.advance(1);
    await until('it is right again', () => client.mirror.room['kitchen']?.queue.items.length === 3);
    await until('the dead line is let go', () => fake.clientCount === 1);
    expect(states).toEqual([]);
  });

  it('stays live after waking up when the server answers', async () => {
    const clock = new ManualClock();
    const client = clientOf(await fakeTutti(), { clock });
    await client.ready();
    const before = clock.pending;
    client.wake();
    await until('the pong took the timer away', () => clock.pending <= before);
    await clock.advance(3_100);
    expect(client.connection.state).toBe('live');
  });

  it('gives up an attempt that hangs when it wakes up, and makes a new one', async () => {
    const clock = new ManualClock();
    const fake = await fakeTutti();
    fake.silent = true;
    const client = clientOf(fake, { clock });
    await until('the attempt hangs', () => fake.clientCount === 1);
    await clock.advance(1_500);
    fake.silent = false;
    client.wake();
    await is(client, 'live');
  });

  it('does not come back when the server refuses it', async () => {
    const clock = new ManualClock();
    const fake = await fakeTutti();
    const client = clientOf(fake, { clock });
    await client.ready();
    fake.dropAll(4001);
    await is(client, 'offline');
    await clock.advance(60_000);
    expect(client.connection.problem).toBe('refused');
    expect(fake.clientCount).toBe(0);
    await expect(client.ready()).rejects.toMatchObject({ code: 'ERR_DISCONNECTED' });
  });

  it('[BP2] takes skipped revisions as normal', async () => {
    const fake = await fakeTutti();
    const client = clientOf(fake);
    await client.ready();
    const revision = client.mirror.revisions['rooms']! + 5;
    const data = { room_id: 'kitchen' };
    fake.sendRaw(JSON.stringify({ type: 'room:removed', topic: 'rooms', revision, timestamp: '', data }));
    await until('the kitchen is gone', () => client.mirror.rooms?.length === 3);
    expect(client.mirror.revisions['rooms']).toBe(revision);
  });

  it('asks for a snapshot when it cannot read an event', async () => {
    const fake = await fakeTutti();
    const client = clientOf(fake);
    await client.ready();
    fake.silent = true;
    fake.house.fill('kitchen', 4);
    fake.silent = false;
    fake.sendRaw(
      '{"type":"queue:updated","topic":"room/kitchen","revision":99,"timestamp":"","data":{"patch":7}}',
    );
    await until('the kitchen has 4 items', () => client.mirror.room['kitchen']?.queue.items.length === 4);
  });

  it('asks again for a topic when the server had too much to do', async () => {
    const fake = await fakeTutti();
    fake.busy.add('room/kitchen');
    const client = clientOf(fake);
    await client.ready();
    expect(client.mirror.room['kitchen']).toBeDefined();
    expect(fake.busy.size).toBe(0);
  });

  it('[SB5] lets go of a topic that the server says is gone', async () => {
    const fake = await fakeTutti();
    const client = clientOf(fake);
    await client.ready();
    fake.sendRaw('{"type":"unsubscribed","topic":"room/kitchen"}');
    await until('it is gone', () => client.mirror.room['kitchen'] === undefined);
    expect(client.connection.state).toBe('live');
  });

  it('passes over garbage, unknown types and older revisions', async () => {
    const fake = await fakeTutti();
    const problems: string[] = [];
    const client = clientOf(fake, { onProblem: (problem) => problems.push(problem) });
    await client.ready();
    const before = client.mirror.room;
    fake.sendRaw('{');
    fake.sendRaw('{"type":"from:the-future","topic":"rooms","revision":1,"timestamp":"","data":{}}');
    fake.sendRaw(
      '{"type":"room:removed","topic":"rooms","revision":0,"timestamp":"","data":{"room_id":"kitchen"}}',
    );
    await client.send('room:list', {});
    expect(client.mirror.room).toBe(before);
    expect(client.mirror.rooms).toHaveLength(4);
    expect(problems).toHaveLength(1);
  });

  it('rejects the subscription of a topic that is not there and stays live', async () => {
    const client = clientOf(await fakeTutti());
    await client.ready();
    await expect(client.subscribe(['room/attic'])).rejects.toMatchObject({ code: 'ERR_TOPIC_NOT_FOUND' });
    expect(client.connection.state).toBe('live');
  });

  it('hears nothing of a topic after unsubscribe', async () => {
    const fake = await fakeTutti();
    const client = clientOf(fake);
    await client.ready();
    client.unsubscribe(['room/kitchen']);
    fake.house.fill('kitchen', 3);
    await client.send('room:list', {});
    expect(client.mirror.room['kitchen']).toBeUndefined();
  });

  it('knows the server clock', async () => {
    const client = clientOf(await fakeTutti());
    await client.ready();
    const here = Number(process.hrtime.bigint() / 1000n);
    await until('within 20 ms', () => Math.abs(client.serverNowUs() - here) < 20_000);
  });

  it('says how well it knows the server clock: the error is no more than half a round trip and what drifts', async () => {
    const client = clientOf(await fakeTutti());
    expect(client.clockQuality()).toBeUndefined();
    await client.ready();
    await until('clocks were compared', () => client.clockQuality() !== undefined);
    const { offset_us, error_us, rtt_us } = client.clockQuality()!;
    expect(Number.isFinite(offset_us)).toBe(true);
    expect(rtt_us).toBeGreaterThan(0);
    expect(error_us).toBeGreaterThanOrEqual(rtt_us / 2);
    expect(error_us).toBeLessThan(rtt_us / 2 + 60_000);
  });

  it('leaves no timer behind', async () => {
    const clock = new ManualClock();
    const client = clientOf(await fakeTutti(), { clock });
    await client.ready();
    client.close();
    expect(clock.pending).toBe(0);
    expect(client.connection.state).toBe('offline');
  });
});
