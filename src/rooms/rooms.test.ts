import { beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../base/index.js';
import type { CommandReply, CommandRequest, QueueSource } from '../protocol/index.js';
import type { Fact, PlayerCommand } from '../players/index.js';
import { ManualClock, settle } from '../../test/fakes/manual-clock.js';
import { emptyState, Store, type RoomRecord } from '../state/index.js';
import { createRooms, type Rooms } from './index.js';

const caller = { connection_id: 'test', role: 'admin' } as const;

/** A room with one player that obeys like a real one and can be told to misbehave. */
class House {
  readonly clock = new ManualClock();
  readonly store = new Store({
    state: emptyState('1'),
    epoch: 'e',
    keeper: { weigh: () => undefined, keep: () => undefined },
  });
  readonly sent: PlayerCommand[] = [];
  readonly broken = new Set<string>();
  offline = false;
  readonly rooms: Rooms;

  constructor() {
    this.rooms = createRooms({
      store: this.store,
      clock: this.clock,
      log: {
        trace() {},
        debug() {},
        info() {},
        warn() {},
        error(fields) {
          throw new Error(JSON.stringify(fields));
        },
        child() {
          return this;
        },
      },
      random: () => 0.5,
      players: { codecs: () => 'all', execute: (_id, command) => this.execute(command) },
      library: {
        items: (source: QueueSource) =>
          'url' in source
            ? [{ url: source.url, title: 'radio' }]
            : ('track_ids' in source ? source.track_ids : []).map((id) => ({
                track_id: id,
                title: id,
                duration_seconds: 100,
              })),
        file: (id) =>
          id.startsWith('lost')
            ? undefined
            : { path: `/music/${id}`, relative_path: id, url_path: `/media/${id}`, duration_seconds: 100 },
        stream: (url) => Promise.resolve({ url }),
        savePlaylist: (name, ids) => ({
          playlist_id: 'l',
          name,
          track_count: ids.length,
          duration_seconds: 0,
        }),
      },
    });
    this.store.commit({
      type: 'player/known',
      player: {
        player_id: 'p',
        kind: 'null',
        name: 'P',
        options: {},
        origin: 'config',
        room_id: 'r',
        address: '',
        memory: null,
        home_room_id: 'r',
        latency_ms: 0,
        volume_limit: 1,
      },
      room_name: 'R',
      sync_class: 'loose',
      capabilities: ['volume', 'mute', 'seek'],
    });
    this.store.commit({ type: 'player/link', player_id: 'p', link: 'online', at_us: 0 });
  }

  async execute(command: PlayerCommand): Promise<void> {
    if (this.offline) throw new AppError('ERR_PLAYER_OFFLINE', 'gone');
    this.sent.push(command);
    if (command.type === 'load')
      this.loaded(command.media.ref, command.next?.ref, command.position_seconds, command.playing);
    if (command.type === 'stop')
      this.fact({
        type: 'playback',
        status: 'stopped',
        position_seconds: 0,
        at_us: this.clock.nowUs(),
        rate: 0,
      });
    return Promise.resolve();
  }

  loaded(ref: string, next: string | undefined, position: number, playing: boolean): void {
    const title = this.room.queue.items.find((item) => item.item_id === ref)?.title ?? '';
    if (!this.broken.has(title)) return this.plays(ref, position, playing ? 'playing' : 'paused');
    this.fact({ type: 'ended', ref, reason: 'failed', message: 'broken' });
    if (next) this.loaded(next, undefined, 0, true);
  }

  plays(ref: string, position = 0, status: 'playing' | 'paused' = 'playing'): void {
    this.fact({
      type: 'playback',
      status,
      ref,
      position_seconds: position,
      at_us: this.clock.nowUs(),
      rate: status === 'playing' ? 1 : 0,
    });
  }

  fact(fact: Fact): void {
    this.store.commit({ type: 'player/fact', player_id: 'p', fact });
  }

  /** The item ends as on a player that had nothing behind it. */
  ends(ref: string): void {
    this.fact({ type: 'ended', ref, reason: 'finished' });
    this.fact({
      type: 'playback',
      status: 'stopped',
      position_seconds: 0,
      at_us: this.clock.nowUs(),
      rate: 0,
    });
  }

  async add(
    tracks: string[],
    extra: Partial<CommandRequest<'queue:add'>> = {},
  ): Promise<CommandReply<'queue:add'>> {
    return this.rooms.handlers['queue:add'](
      { room_id: 'r', source: { track_ids: tracks }, at: 'end', play: false, ...extra },
      caller,
    );
  }

  async quiet(): Promise<void> {
    await settle();
    await this.rooms.idle();
    await settle();
  }

  get room(): RoomRecord {
    return this.store.state.rooms.get('r')!;
  }

  get playing(): string | undefined {
    return this.room.queue.items.find((item) => item.item_id === this.room.kept.item_id)?.title;
  }

  get titles(): string {
    return this.room.queue.items.map((item) => item.title).join(' ');
  }
}

let house: House;
const id = (title: string): string => house.room.queue.items.find((item) => item.title === title)!.item_id;
const command = <
  T extends
    | 'room:play'
    | 'room:next'
    | 'room:previous'
    | 'room:pause'
    | 'room:stop'
    | 'queue:undo'
    | 'queue:redo'
    | 'queue:clear',
>(
  type: T,
): Promise<unknown> =>
  Promise.resolve(
    (house.rooms.handlers[type] as (request: { room_id: string }, by: typeof caller) => unknown)(
      { room_id: 'r' },
      caller,
    ),
  );

beforeEach(() => {
  house = new House();
});

describe('a room', () => {
  it('plays what was added, with the next item behind it', async () => {
    await house.add(['a', 'b', 'c'], { play: true });
    expect(house.sent[0]).toMatchObject({
      type: 'load',
      media: { path: '/music/a' },
      next: { path: '/music/b' },
      position_seconds: 0,
      playing: true,
    });
    expect(house.room.live.state).toBe('playing');
  });

  it('follows a player that goes on by itself, and puts the item after that behind it', async () => {
    await house.add(['a', 'b', 'c'], { play: true });
    house.plays(id('b'));
    await house.quiet();
    expect(house.playing).toBe('b');
    expect(house.sent.at(-1)).toMatchObject({ type: 'preload', next: { path: '/music/c' } });
  });

  it('stops at the end of the queue and starts at its head when asked again', async () => {
    await house.add(['a'], { play: true });
    house.ends(id('a'));
    await house.quiet();
    expect(house.room.live.state).toBe('stopped');
    expect(house.playing).toBeUndefined();
    await command('room:play');
    expect(house.playing).toBe('a');
  });

  it('begins again at the end with repeat all, and with repeat one plays the same item again', async () => {
    await house.add(['a', 'b'], { play: true, start_index: 1 });
    await house.rooms.handlers['room:repeat']({ room_id: 'r', repeat: 'all' }, caller);
    await house.quiet();
    expect(house.sent.at(-1)).toMatchObject({ type: 'preload', next: { path: '/music/a' } });
    await house.rooms.handlers['room:repeat']({ room_id: 'r', repeat: 'one' }, caller);
    await house.quiet();
    expect(house.sent.at(-1)).toEqual({ type: 'preload' });
    house.ends(id('b'));
    await house.quiet();
    expect(house.playing).toBe('b');
  });

  it('passes over tracks that cannot be played, and says why', async () => {
    house.broken.add('b');
    await house.add(['a', 'b', 'lost-c', 'd'], { play: true });
    house.fact({ type: 'ended', ref: id('a'), reason: 'finished' });
    house.fact({ type: 'ended', ref: id('b'), reason: 'failed', message: 'broken' });
    house.fact({ type: 'playback', status: 'playing', ref: id('b'), position_seconds: 0, at_us: 0, rate: 1 });
    house.fact({ type: 'ended', ref: id('b'), reason: 'failed', message: 'broken' });
    await house.quiet();
    expect(house.playing).toBe('d');
    expect(house.room.queue.items.map((item) => item.problem)).toEqual([
      undefined,
      'broken',
      'the track is no longer in the library',
      undefined,
    ]);
  });

  it('never loops over a queue in which nothing can be played', async () => {
    const tracks = Array.from({ length: 40 }, (_, n) => `lost-${n}`);
    await house.rooms.handlers['room:repeat']({ room_id: 'r', repeat: 'all' }, caller);
    await house.add(['a', ...tracks], { play: true });
    house.ends(id('a'));
    await house.quiet();
    expect(house.room.live).toMatchObject({
      state: 'stopped',
      problem: 'nothing in the queue could be played',
    });
  });

  it('resumes at its position on a player that came back with nothing loaded', async () => {
    await house.add(['a', 'b'], { play: true });
    await house.clock.advance(30_000);
    house.store.commit({ type: 'player/link', player_id: 'p', link: 'offline', at_us: house.clock.nowUs() });
    await house.clock.advance(10_000);
    house.store.commit({ type: 'player/link', player_id: 'p', link: 'online', at_us: house.clock.nowUs() });
    await house.quiet();
    expect(house.sent.at(-1)).toMatchObject({
      type: 'load',
      media: { path: '/music/a' },
      position_seconds: 30,
    });
  });

  it('adopts what a player that came back still plays', async () => {
    await house.add(['a', 'b'], { play: true });
    house.store.commit({ type: 'player/link', player_id: 'p', link: 'offline', at_us: house.clock.nowUs() });
    house.store.commit({
      type: 'player/link',
      player_id: 'p',
      link: 'connecting',
      at_us: house.clock.nowUs(),
    });
    house.plays(id('b'), 12);
    house.store.commit({ type: 'player/link', player_id: 'p', link: 'online', at_us: house.clock.nowUs() });
    await house.quiet();
    expect(house.sent.filter(({ type }) => type === 'load')).toHaveLength(1);
    expect(house.playing).toBe('b');
  });

  it('does not start music on a player that was away for long', async () => {
    await house.add(['a'], { play: true });
    house.store.commit({ type: 'player/link', player_id: 'p', link: 'offline', at_us: house.clock.nowUs() });
    await house.clock.advance(600_000);
    house.store.commit({ type: 'player/link', player_id: 'p', link: 'online', at_us: house.clock.nowUs() });
    await house.quiet();
    expect(house.room.live.state).toBe('paused');
    expect(house.sent.filter(({ type }) => type === 'load')).toHaveLength(1);
  });

  it('goes on with the heir when the current item is removed, and undo brings the item back', async () => {
    await house.add(['a', 'b', 'c'], { play: true });
    await house.rooms.handlers['queue:remove']({ room_id: 'r', item_ids: [id('a')] }, caller);
    expect(house.playing).toBe('b');
    await command('queue:undo');
    expect(house.titles).toBe('a b c');
    expect(house.playing).toBe('b');
    await command('queue:redo');
    expect(house.titles).toBe('b c');
  });

  it('falls silent when the queue is cleared', async () => {
    await house.add(['a', 'b'], { play: true });
    await command('queue:clear');
    await house.quiet();
    expect(house.sent.at(-1)).toEqual({ type: 'stop' });
    expect(house.room.live.state).toBe('stopped');
  });

  it('gives the order back when shuffle is switched off', async () => {
    await house.add(['a', 'b', 'c', 'd', 'e', 'f']);
    await house.rooms.handlers['room:shuffle']({ room_id: 'r', shuffle: true }, caller);
    expect(house.titles).not.toBe('a b c d e f');
    await house.rooms.handlers['room:shuffle']({ room_id: 'r', shuffle: false }, caller);
    expect(house.titles).toBe('a b c d e f');
  });

  it('goes to the start late in an item and to the item before early in it', async () => {
    await house.add(['a', 'b'], { play: true, start_index: 1 });
    await house.clock.advance(10_000);
    await command('room:previous');
    expect(house.sent.at(-1)).toEqual({ type: 'seek', position_seconds: 0 });
    house.plays(id('b'), 0);
    await command('room:previous');
    expect(house.playing).toBe('a');
  });

  it('notices that somebody else stopped the player', async () => {
    await house.add(['a'], { play: true });
    house.fact({ type: 'playback', status: 'stopped', position_seconds: 0, at_us: 0, rate: 0 });
    await house.quiet();
    expect(house.room.kept.intent).toBe('stopped');
  });

  it('leaves a player alone that somebody else drives, until it is taken over', async () => {
    await house.add(['a']);
    house.fact({ type: 'control', elsewhere: true });
    await expect(command('room:play')).rejects.toMatchObject({ code: 'ERR_CONTROLLED_ELSEWHERE' });
    await house.rooms.handlers['room:take-over']({ room_id: 'r' }, caller);
    await command('room:play');
    expect(house.playing).toBe('a');
  });

  it('keeps what was wanted when the player is offline, and plays it when it is back', async () => {
    house.offline = true;
    await expect(house.add(['a'], { play: true })).rejects.toMatchObject({ code: 'ERR_PLAYER_OFFLINE' });
    expect(house.titles).toBe('a');
    house.offline = false;
    house.store.commit({ type: 'player/link', player_id: 'p', link: 'online', at_us: house.clock.nowUs() });
    await house.quiet();
    expect(house.playing).toBe('a');
    expect(house.room.live.state).toBe('playing');
  });

  it('gives a player that was started just now the volume of the room', async () => {
    await house.rooms.handlers['room:volume']({ room_id: 'r', volume: 0.2 }, caller);
    house.fact({ type: 'info', capabilities: ['volume'], fresh: true });
    house.fact({ type: 'volume', volume: 1, muted: false });
    await house.quiet();
    expect(house.sent.slice(-2)).toEqual([
      { type: 'volume', volume: 0.2 },
      { type: 'mute', muted: false },
    ]);
  });

  it('opens a stream again that broke off, and gives up after a while', async () => {
    await house.rooms.handlers['queue:add'](
      { room_id: 'r', source: { url: 'http://radio/' }, at: 'end', play: true },
      caller,
    );
    await house.add(['a']);
    for (let round = 0; round < 5; round++) {
      house.ends(id('radio'));
      await house.quiet();
      expect(house.room.live).toMatchObject({
        state: 'loading',
        problem: 'the stream broke off; trying again',
      });
      await house.clock.advance(2_000);
      await house.quiet();
      expect(house.room.live.state).toBe('playing');
    }
    house.ends(id('radio'));
    await house.quiet();
    expect(house.playing).toBe('a');
  });

  it('passes over a stream that never played', async () => {
    house.broken.add('radio');
    await house.rooms.handlers['queue:add'](
      { room_id: 'r', source: { url: 'http://radio/' }, at: 'end', play: true },
      caller,
    );
    await house.add(['a']);
    await house.quiet();
    expect(house.room.queue.items[0]?.problem).toBe('broken');
    expect(house.sent.filter(({ type }) => type === 'load').length).toBeLessThan(3);
  });

  it('gives up on a load that shows no effect', async () => {
    await house.add(['a', 'b']);
    house.loaded = () => undefined;
    void command('room:play');
    await house.quiet();
    expect(house.room.live.state).toBe('loading');
    await house.clock.advance(21_000);
    await house.quiet();
    expect(house.room.queue.items[0]?.problem).toContain('did not start');
  });

  it('keeps time at 2 Hz while it plays and is silent otherwise', async () => {
    const told: unknown[] = [];
    await house.add(['a'], { play: true });
    house.store.subscribe((events) =>
      told.push(...events.filter((event) => event.type === 'playback:progress')),
    );
    await house.clock.advance(2_000);
    expect(told).toHaveLength(4);
    await command('room:pause');
    house.plays(id('a'), 2, 'paused');
    await house.clock.advance(2_000);
    expect(told).toHaveLength(4);
  });
});
