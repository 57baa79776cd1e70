import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../fakes/manual-clock.js';
import { until, World, type Peer } from './server-world.js';

/** Of [BP5] and [BP7]. */
const HOPELESS_MS = 30_000;
const PING_INTERVAL_MS = 15_000;

let world: World;
afterEach(() => world.stop());

const progress = (n: number) => ({
  type: 'playback:progress' as const,
  topic: 'room/a',
  data: { room_id: 'a', position_seconds: n, server_time_us: n, rate: 1 },
});
const toast = (n: number) => ({
  type: 'toast' as const,
  topic: 'toasts',
  data: { type: 'info' as const, message: `toast ${n}`, duration: 1 },
});
const edit = (n: number) => ({
  type: 'queue:updated' as const,
  topic: 'room/a',
  data: { room_id: 'a', patch: { remove: [`i${n}`] }, queue_length: n },
});

async function listener(topics: readonly string[]): Promise<Peer> {
  const peer = await world.peer();
  await peer.ask({ id: 's', type: 'subscribe', data: { topics: [...topics] } });
  return peer;
}

/** Turns of the event loop, each with one commit, until the listener has heard the last. */
async function each(count: number, quick: Peer, commit: (n: number) => void, type: string): Promise<void> {
  for (let n = 1; n <= count; n++) {
    commit(n);
    await quick.next(type);
  }
}

describe('a client that stops reading', () => {
  it('[BP1] [BP2] gets the newest when it reads again, and the others never notice', async () => {
    world = await World.start();
    world.feed.put('room/a', {});
    const quick = await listener(['room/a']);
    const slow = await listener(['room/a']);
    slow.ws.pause();
    await each(200, quick, (n) => world.feed.commit([progress(n)]), 'playback:progress');
    slow.ws.resume();
    await slow.next((frame) => frame.data?.['position_seconds'] === 200);
    const heard = slow.frames.filter((frame) => frame.type === 'playback:progress');
    // Eight that are stale, and the newest.
    expect(heard.length).toBeLessThanOrEqual(9);
  });

  it('[BP1] gets no more stale updates when two come in each tick', async () => {
    world = await World.start();
    world.feed.put('room/a', {});
    const quick = await listener(['room/a']);
    const slow = await listener(['room/a']);
    const volumes = (n: number) =>
      [{}, { player_id: 'p' }].map((of) => ({
        type: 'volume:updated' as const,
        topic: 'room/a',
        data: { room_id: 'a', ...of, volume: n / 200, muted: false },
      }));
    slow.ws.pause();
    for (let n = 1; n <= 200; n++) {
      world.feed.commit(volumes(n));
      await quick.next((frame) => frame.data?.['player_id'] === 'p');
    }
    slow.ws.resume();
    await slow.next((frame) => frame.data?.['volume'] === 1);
    await slow.settled();
    const heard = slow.frames.filter((frame) => frame.type === 'volume:updated');
    expect(heard.filter(({ data }) => data['volume'] !== 1).length).toBeLessThanOrEqual(8);
  });

  it('[BP2] has at most the last 32 told-once events waiting', async () => {
    world = await World.start();
    const quick = await listener(['toasts']);
    const slow = await listener(['toasts']);
    slow.ws.pause();
    await each(100, quick, (n) => world.feed.commit([toast(n)]), 'toast');
    slow.ws.resume();
    await slow.next((frame) => frame.data?.['message'] === 'toast 100');
    const heard = slow.frames.filter((frame) => frame.type === 'toast').map((frame) => frame.data['message']);
    expect(heard.length).toBeLessThanOrEqual(32 + 9);
    expect(heard.slice(-32)).toEqual(Array.from({ length: 32 }, (_, n) => `toast ${n + 69}`));
  });

  it('[BP3] loses queue patches only with an announced snapshot, and is right afterwards', async () => {
    world = await World.start();
    world.feed.put('room/a', { edits: 0 });
    const quick = await listener(['room/a']);
    const slow = await listener(['room/a']);
    slow.ws.pause();
    await each(200, quick, (n) => world.feed.commit([edit(n)], { edits: n }), 'queue:updated');
    slow.ws.resume();
    const again = await slow.next('subscribed');
    expect(again).toMatchObject({ topic: 'room/a', resumed: false, revision: 200, snapshot: { edits: 200 } });
    expect(again.id).toBeUndefined();
    world.feed.commit([edit(201)], { edits: 201 });
    expect((await slow.next('queue:updated')).revision).toBe(201);
    const before = slow.frames
      .filter((frame) => frame.type === 'queue:updated')
      .map((frame) => frame.revision);
    expect(before).toEqual([...before].sort((a, b) => a - b));
  });

  it('[SB5] is told when the topic whose patches it lost is gone', async () => {
    world = await World.start();
    world.feed.put('room/a', {});
    const quick = await listener(['room/a']);
    const slow = await listener(['room/a']);
    slow.ws.pause();
    await each(200, quick, (n) => world.feed.commit([edit(n)]), 'queue:updated');
    world.feed.remove('room/a');
    slow.ws.resume();
    expect(await slow.next('unsubscribed')).toEqual({ type: 'unsubscribed', topic: 'room/a' });
  });

  it('[BP2] keeps a few patches in order without a snapshot', async () => {
    world = await World.start();
    world.feed.put('room/a', {});
    const quick = await listener(['room/a']);
    const slow = await listener(['room/a']);
    slow.ws.pause();
    await each(38, quick, (n) => world.feed.commit([edit(n)]), 'queue:updated');
    slow.ws.resume();
    for (let n = 1; n <= 38; n++) expect((await slow.next('queue:updated')).revision).toBe(n);
    expect(slow.frames.filter((frame) => frame.type === 'subscribed')).toHaveLength(1);
  });

  it('[BP5] is closed with 4200 after 30 s', async () => {
    const clock = new ManualClock();
    world = await World.start({ clock });
    world.feed.put('room/a', {});
    const quick = await listener(['room/a']);
    const slow = await listener(['room/a']);
    slow.ws.pause();
    await each(20, quick, (n) => world.feed.commit([progress(n)]), 'playback:progress');
    for (let passed = 0; passed < HOPELESS_MS; passed += 5000) {
      await quick.settled();
      await clock.advance(5000);
    }
    await clock.advance(5000);
    slow.ws.resume();
    expect((await slow.closed).code).toBe(4200);
    await until('the place is free', () => world.server.connections() === 1);
  });

  it('[BP6] that asks for more than it reads is closed before it costs memory', async () => {
    world = await World.start();
    const items = 'x'.repeat(2_000_000);
    world.feed.put('room/a', { items });
    const slow = await listener(['room/a']);
    slow.ws.pause();
    for (let n = 0; n < 40; n++) slow.send({ type: 'subscribe', data: { topics: ['room/a'] } });
    await until('it is gone', () => world.server.connections() === 0);
  });
});

describe('a client that is gone without a word', () => {
  it('[BP7] is ended after two unanswered pings, and one that answers is not', async () => {
    const clock = new ManualClock();
    world = await World.start({ clock });
    const alive = await world.peer();
    const dead = await world.peer({ autoPong: false });
    await Promise.all([alive.next('hello'), dead.next('hello')]);
    for (let passed = 0; passed <= 4 * PING_INTERVAL_MS; passed += 5000) {
      await clock.advance(5000);
      await alive.settled();
    }
    await until('the dead one is gone', () => world.server.connections() === 1);
    expect(alive.ws.readyState).toBe(alive.ws.OPEN);
    await alive.settled();
  });
});
