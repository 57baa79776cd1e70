import { afterEach, describe, expect, it } from 'vitest';
import type { CommandRequest } from '../../src/protocol/index.js';
import { MAX_CHANGES } from '../../src/server/hub/ring.js';
import { deferred, type Deferred } from '../../src/base/index.js';
import { ManualClock } from '../fakes/manual-clock.js';
import { until, World, type AnyFrame, type Peer } from './server-world.js';

let world: World;
afterEach(() => world.stop());

const edit = (n: number) => ({
  type: 'queue:updated' as const,
  topic: 'room/a',
  data: { room_id: 'a', patch: { remove: [`i${n}`] }, queue_length: n },
});
const volume = (n: number) => ({
  type: 'volume:updated' as const,
  topic: 'room/a',
  data: { room_id: 'a', volume: n / 1000, muted: false },
});
const progress = (n: number) => ({
  type: 'playback:progress' as const,
  topic: 'room/a',
  data: { room_id: 'a', position_seconds: n, server_time_us: n, rate: 1 },
});

type Subscribed = AnyFrame & {
  readonly epoch: string;
  readonly resumed: boolean;
  readonly events?: readonly AnyFrame[];
};

async function room(clock?: ManualClock): Promise<Subscribed> {
  world = await World.start(clock ? { clock } : {});
  world.feed.put('room/a', { edits: 0 });
  return back(await world.peer());
}

async function back(peer: Peer, left?: { epoch: string; revision: number }): Promise<Subscribed> {
  const resume = left && { epoch: left.epoch, revisions: { 'room/a': left.revision } };
  const data = { topics: ['room/a'], ...(resume && { resume }) };
  return (await peer.ask({ id: 's', type: 'subscribe', data })) as Subscribed;
}

const revisions = (frame: Subscribed): number[] | undefined => frame.events?.map((event) => event.revision);

describe('[SB4] who comes back', () => {
  it('gets the missed changes, and those that follow without a hole', async () => {
    const left = await room();
    for (let n = 1; n <= 3; n++) world.feed.commit([edit(n)]);
    const peer = await world.peer();
    const answer = await back(peer, left);
    expect([answer.resumed, answer.revision, revisions(answer)]).toEqual([true, 3, [1, 2, 3]]);
    expect(answer).not.toHaveProperty('snapshot');
    expect(answer.events![0]).toMatchObject({
      type: 'queue:updated',
      topic: 'room/a',
      timestamp: expect.stringMatching(/^20/),
    });
    world.feed.commit([edit(4)]);
    expect((await peer.next('queue:updated')).revision).toBe(4);
  });

  it('gets an empty list when nothing happened', async () => {
    const left = await room();
    const answer = await back(await world.peer(), left);
    expect([answer.resumed, answer.events]).toEqual([true, []]);
  });

  it('gets of changes that replace each other only the last, and nothing that was told once', async () => {
    const left = await room();
    world.feed.commit([volume(1)]);
    world.feed.commit([edit(1)]);
    world.feed.commit([progress(7)]);
    world.feed.commit([volume(2)]);
    expect(revisions(await back(await world.peer(), left))).toEqual([2, 3]);
  });

  it('gets a snapshot when more happened than is kept', async () => {
    const left = await room();
    for (let n = 0; n <= MAX_CHANGES; n++) world.feed.commit([edit(n)], { edits: n });
    const answer = await back(await world.peer(), left);
    expect(answer).toMatchObject({ resumed: false, snapshot: { edits: MAX_CHANGES } });
  });

  it('gets a snapshot when the epoch is another one', async () => {
    const left = await room();
    expect(await back(await world.peer(), { ...left, epoch: 'before' })).toMatchObject({ resumed: false });
  });

  it('gets a snapshot when it claims to know more than happened', async () => {
    const left = await room();
    expect(await back(await world.peer(), { ...left, revision: 9 })).toMatchObject({ resumed: false });
  });

  it('gets a snapshot when it left more than two minutes ago and something happened', async () => {
    const clock = new ManualClock();
    const left = await room(clock);
    world.feed.commit([edit(1)]);
    await clock.advance(10_000);
    expect((await back(await world.peer(), left)).resumed).toBe(true);
    await clock.advance(115_000);
    expect((await back(await world.peer(), left)).resumed).toBe(false);
  });
});

const CLIENT = 'a-client-that-nobody-guesses';

describe('[RE1] a command across a cut', () => {
  let done: string[];
  let hold: Deferred<void> | undefined;
  const rename = async ({ name }: CommandRequest<'room:rename'>): Promise<Record<string, never>> => {
    done.push(name);
    await hold?.promise;
    return {};
  };
  const command = (name: string, id = 'c1') => ({ id, type: 'room:rename', data: { room_id: 'a', name } });

  async function start(clock?: ManualClock): Promise<void> {
    done = [];
    hold = undefined;
    world = await World.start(clock ? { clock } : {}, { 'room:rename': rename });
  }
  async function resumed(clientId = CLIENT): Promise<[Peer, AnyFrame]> {
    const peer = await world.peer();
    return [peer, await peer.ask({ id: 'r', type: 'resume', data: { client_id: clientId } })];
  }

  it('that was done is answered again, and not done again', async () => {
    await start();
    const [first, hello] = await resumed();
    expect(hello.data).toEqual({ resumed: false });
    const answer = await first.ask(command('one'));
    first.ws.terminate();
    const [second, again] = await resumed();
    expect(again.data).toEqual({ resumed: true });
    expect(await second.ask(command('one'))).toEqual(answer);
    expect(done).toEqual(['one']);
  });

  it('that still runs is answered on the new connection, once', async () => {
    await start();
    hold = deferred();
    const [first] = await resumed();
    first.send(command('one'));
    await until('it runs', () => done.length === 1);
    first.ws.terminate();
    const [second] = await resumed();
    second.send(command('one'));
    await second.settled();
    hold.resolve();
    expect(await second.next('reply')).toMatchObject({ id: 'c1', ok: true });
    await second.settled();
    expect(second.frames.filter((frame) => frame.id === 'c1')).toHaveLength(1);
    expect(done).toEqual(['one']);
  });

  it('ends the former connection, which may not know yet that it is dead', async () => {
    await start();
    const [first] = await resumed();
    const [, again] = await resumed();
    expect(again.data).toEqual({ resumed: true });
    await first.closed;
    await until('one is left', () => world.server.connections() === 1);
  });

  it('is not known to another client, nor after two minutes', async () => {
    const clock = new ManualClock();
    await start(clock);
    const [first] = await resumed();
    await first.ask(command('one'));
    first.ws.terminate();
    await until('it left', () => world.server.connections() === 0);
    const [, other] = await resumed('another-client-altogether');
    expect(other.data).toEqual({ resumed: false });
    await clock.advance(121_000);
    const [, late] = await resumed();
    expect(late.data).toEqual({ resumed: false });
  });

  it('is refused a memory after its first command, and a name that could be guessed', async () => {
    await start();
    const peer = await world.peer();
    await peer.ask(command('one'));
    const late = await peer.ask({ id: 'r', type: 'resume', data: { client_id: CLIENT } });
    expect(late.error.code).toBe('ERR_CONFLICT');
    const short = await peer.ask({ id: 'q', type: 'resume', data: { client_id: 'short' } });
    expect(short.error.code).toBe('ERR_INVALID');
  });
});
