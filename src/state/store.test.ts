import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { QueueItem, TopicEvent } from '../protocol/index.js';
import { migrate, openDb, type Db } from '../storage/index.js';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { silentLogger } from '../base/index.js';
import {
  emptyState,
  loadState,
  Playhead,
  resumedAt,
  sqliteKeeper,
  Store,
  type Change,
  type LoadedAt,
} from './index.js';

const items = (count: number): QueueItem[] =>
  Array.from({ length: count }, (_, n) => ({ item_id: `i${n}`, title: `Track ${n}`, duration_seconds: 100 }));
const known: Change = {
  type: 'player/known',
  player: {
    player_id: 'p',
    kind: 'null',
    name: 'Kitchen',
    options: {},
    origin: 'config',
    room_id: 'kitchen',
    address: 'here',
    memory: undefined,
    home_room_id: 'kitchen',
    latency_ms: 0,
    volume_limit: 1,
  },
  room_name: 'Kitchen',
  sync_class: 'loose',
  capabilities: ['volume'],
};
const add = (count: number): Change => ({
  type: 'queue/edited',
  room_id: 'kitchen',
  label: 'add',
  patch: { insert: [[0, items(count)]] },
});
const playing = (ref: string, position: number, atUs: number): Change => ({
  type: 'player/fact',
  player_id: 'p',
  fact: { type: 'playback', status: 'playing', ref, position_seconds: position, at_us: atUs, rate: 1 },
});

function open(db: Db = openDb(':memory:')): { store: Store; events: TopicEvent[]; db: Db } {
  migrate(db);
  const store = new Store({ state: loadState(db, '1'), epoch: 'e', keeper: sqliteKeeper(db) });
  const events: TopicEvent[] = [];
  store.subscribe((some) => events.push(...some));
  return { store, events, db };
}

describe('the store', () => {
  it('gives each state event of a topic the next revision, and a told-once event the last one', () => {
    const { store, events } = open();
    store.commit(known);
    store.commit(add(2));
    store.commit(playing('i0', 5, 1000));
    const inRoom = events.filter((event) => event.topic === 'room/kitchen');
    expect(inRoom.map((event) => [event.type, event.revision])).toEqual([
      ['room:state', 1],
      ['queue:updated', 2],
      ['playback:state', 3],
      ['playback:state', 4],
      ['playback:track', 4],
    ]);
    expect(store.snapshot('room/kitchen')?.revision).toBe(4);
  });

  it('tells who followed a room that was removed what one of the same id is', () => {
    const { store, events } = open();
    store.commit(known);
    store.commit({ type: 'player/removed', player_id: 'p', at_us: 1 });
    store.commit({ type: 'room/removed', room_id: 'kitchen' });
    store.commit(known);
    const inRoom = events.filter((event) => event.topic === 'room/kitchen');
    const last = inRoom.filter(({ type }) => type === 'room:removed' || type === 'room:state');
    expect(last.map(({ type }) => type)).toEqual(['room:state', 'room:removed', 'room:state']);
    expect(new Set(inRoom.map(({ revision }) => revision)).size).toBe(inRoom.length);
  });

  it('keeps what a player gets back, and says nothing of it', async () => {
    const { store, events, db } = open();
    store.commit(known);
    events.length = 0;
    const before = { fade: { volume: 0.6, wanted: 0.7, muted: false }, clip: { volume: 0.2, muted: true } };
    store.commit({ type: 'player/before', player_id: 'p', before });
    store.commit(known);
    await store.durable();
    expect(events).toEqual([]);
    expect(loadState(db, '1').players.get('p')?.kept.before).toEqual(before);
    store.commit({ type: 'player/before', player_id: 'p', before: undefined });
    await store.durable();
    expect(loadState(db, '1').players.get('p')?.kept.before).toBeUndefined();
  });

  it('says nothing when a re-anchor agrees with the timeline', () => {
    const { store, events } = open();
    store.commit(known);
    store.commit(add(1));
    store.commit(playing('i0', 5, 1_000_000));
    const before = events.length;
    store.commit(playing('i0', 7.02, 3_000_000));
    expect(events.length).toBe(before);
    store.commit(playing('i0', 30, 3_000_000));
    expect(events.at(-1)).toMatchObject({
      type: 'playback:state',
      data: { position_seconds: 30, at_us: 3_000_000 },
    });
  });

  it('tells a volume as a volume, not as a whole playback state', () => {
    const { store, events } = open();
    store.commit(known);
    events.length = 0;
    store.commit({ type: 'room/volume', room_id: 'kitchen', volume: 0.25 });
    expect(events.map((event) => event.type)).toEqual(['volume:updated', 'room:updated']);
  });

  it('freezes the timeline where it is when the link of a playing player is lost', () => {
    const { store } = open();
    store.commit(known);
    store.commit(add(1));
    store.commit(playing('i0', 5, 1_000_000));
    store.commit({ type: 'player/link', player_id: 'p', link: 'offline', problem: 'gone', at_us: 4_000_000 });
    expect(store.state.rooms.get('kitchen')?.live).toMatchObject({
      state: 'loading',
      timeline: { position_seconds: 8, rate: 0 },
    });
    expect(store.state.rooms.get('kitchen')?.kept.intent).toBe('playing');
  });

  it('has everything a reply promised in the database, and loads it again with its undo history', async () => {
    const { store, db } = open();
    store.commit(known);
    store.commit(add(3));
    store.commit({ type: 'queue/edited', room_id: 'kitchen', label: 'remove', patch: { remove: ['i1'] } });
    store.commit({
      type: 'queue/edited',
      room_id: 'kitchen',
      label: 'clear',
      patch: { remove: ['i0', 'i2'] },
    });
    store.commit({ type: 'queue/undone', room_id: 'kitchen' });
    store.commit({ type: 'queue/undone', room_id: 'kitchen' });
    store.commit({ type: 'room/volume', room_id: 'kitchen', volume: 0.3 });
    await store.durable();
    const again = open(db).store;
    const room = again.state.rooms.get('kitchen')!;
    expect(room.queue.items).toEqual(items(3));
    expect(room.kept.volume).toBe(0.3);
    again.commit({ type: 'queue/redone', room_id: 'kitchen' });
    expect(again.state.rooms.get('kitchen')!.queue.items.map((item) => item.item_id)).toEqual(['i0', 'i2']);
    again.commit({ type: 'queue/redone', room_id: 'kitchen' });
    expect(again.state.rooms.get('kitchen')!.queue.items).toEqual([]);
    again.commit({ type: 'queue/redone', room_id: 'kitchen' });
    expect(again.state.rooms.get('kitchen')!.edits.undone).toEqual([]);
  });

  it('writes commits of one turn together and rejects `durable` when the disk refuses', async () => {
    let writes = 0;
    let broken = true;
    const store = new Store({
      state: emptyState('1'),
      epoch: 'e',
      keeper: {
        weigh: (before, after) => (before === after ? undefined : 'full'),
        keep: () => {
          writes++;
          if (broken) throw new Error('disk full');
        },
      },
    });
    store.commit(known);
    store.commit(add(1));
    await expect(store.durable()).rejects.toThrow('disk full');
    expect(writes).toBe(1);
    broken = false;
    store.commit(add(1));
    await expect(store.durable()).resolves.toBeUndefined();
  });

  it('ignores changes about rooms and players that are gone, whatever their names', () => {
    const { store } = open();
    const before = store.state;
    store.commit({ type: 'room/renamed', room_id: '__proto__', name: 'x' });
    store.commit({ type: 'player/renamed', player_id: 'constructor', name: 'x' });
    expect(store.state).toBe(before);
    expect(store.snapshot('room/constructor')).toBeUndefined();
  });
});

/** A moment at which a state is loaded. */
const at = (clock: ManualClock, more = 0, rest: Partial<LoadedAt> = {}): LoadedAt => ({
  wall_ms: clock.wallMs() + more,
  trusted: true,
  us: clock.nowUs() + more * 1000,
  ...rest,
});

describe('the playhead', () => {
  it('knows to the second where music was, and pauses what has been silent for long', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'tutti-playhead-')), 'playhead');
    const clock = new ManualClock();
    const { store, db } = open();
    store.commit(known);
    store.commit(add(1));
    const playhead = new Playhead({ path, store, clock, log: silentLogger });
    store.commit(playing('i0', 10, clock.nowUs()));
    await store.durable();
    await clock.advance(7_900);
    const soon = resumedAt(loadState(db, '1'), [path], at(clock, 5_000)).state.rooms.get('kitchen')!;
    expect(soon.kept).toMatchObject({ intent: 'playing', item_id: 'i0', position_seconds: 17 });
    const late = resumedAt(loadState(db, '1'), [path], at(clock, 3_600_000)).state.rooms.get('kitchen')!;
    expect(late.kept).toMatchObject({ intent: 'paused', position_seconds: 17 });
    playhead.close();
    expect(clock.pending).toBe(0);
  });

  it.each([
    ['in the same life of the machine music goes on', { boot: 'one' }, 'playing', undefined],
    ['after the machine was off it is paused, and undecided', { boot: 'two' }, 'paused', ['kitchen']],
  ] as const)('knows no hour: %s', async (_name, life, intent, room_ids) => {
    const path = join(mkdtempSync(join(tmpdir(), 'tutti-playhead-')), 'playhead');
    const clock = new ManualClock();
    const { store, db } = open();
    store.commit(known);
    store.commit(add(1));
    const playhead = new Playhead({ path, store, clock, log: silentLogger, boot: 'one' });
    store.commit(playing('i0', 10, clock.nowUs()));
    await store.durable();
    await clock.advance(5_000);
    const doubted = at(clock, 20_000, { trusted: false, wall_ms: 0, ...life });
    const { state, undecided } = resumedAt(loadState(db, '1'), [path], doubted);
    expect([state.rooms.get('kitchen')?.kept.intent, undecided?.room_ids]).toEqual([intent, room_ids]);
    playhead.close();
  });

  it('is in memory each second and on disk every two minutes, and the newest of both counts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tutti-playhead-'));
    const [path, near] = [join(folder, 'playhead'), join(folder, 'near')];
    const clock = new ManualClock();
    const { store, db } = open();
    store.commit(known);
    store.commit(add(1));
    const playhead = new Playhead({ path, near, store, clock, log: silentLogger });
    store.commit(playing('i0', 10, clock.nowUs()));
    await store.durable();
    await clock.advance(130_000);
    const position = (...paths: string[]): number =>
      resumedAt(loadState(db, '1'), paths, at(clock)).state.rooms.get('kitchen')!.kept.position_seconds;
    expect([position(path), position(near, path), position(path, near)]).toEqual([131, 140, 140]);
    playhead.close();
    expect([position(path), existsSync(near)]).toEqual([140, false]);
  });

  it.each([
    ['one', 119_000, 'playing'],
    ['one', 121_000, 'paused'],
    ['two', 239_000, 'playing'],
    ['two', 241_000, 'paused'],
  ])(
    'knows that music went on after its last mark: life %s, %i ms after it, it is %s',
    async (boot, ms, intent) => {
      const { path, near } = both();
      const clock = new ManualClock();
      const { store, db } = open();
      store.commit(known);
      store.commit(add(1));
      const playhead = new Playhead({ path, near, store, clock, log: silentLogger, boot: 'one' });
      store.commit(playing('i0', 10, clock.nowUs()));
      await store.durable();
      await clock.advance(1_000);
      const { state } = resumedAt(loadState(db, '1'), [path], at(clock, ms, { boot }));
      expect(state.rooms.get('kitchen')?.kept).toMatchObject({ intent, position_seconds: 11 });
      playhead.close();
    },
  );

  const both = (): { readonly path: string; readonly near: string } => {
    const folder = mkdtempSync(join(tmpdir(), 'tutti-playhead-'));
    return { path: join(folder, 'playhead'), near: join(folder, 'near') };
  };

  it('goes to disk along with each new item, and with what is written in its middle', async () => {
    const { path, near } = both();
    const clock = new ManualClock();
    const { store } = open();
    store.commit(known);
    store.commit(add(15));
    const playhead = new Playhead({ path, near, store, clock, log: silentLogger });
    const marks = new Set<string>();
    for (let song = 0; song < 15; song++) {
      store.commit(playing(`i${song}`, 0, clock.nowUs()));
      for (let second = 0; second < 217; second++) {
        await clock.advance(1000);
        if (second === 108) playhead.goAlong();
        marks.add(readFileSync(path, 'utf8'));
        if (second === 0) expect(readFileSync(path, 'utf8')).toContain(`"i${song}"`);
      }
    }
    expect(marks.size).toBe(15 * 2);
    playhead.close();
  });

  it('goes along with what else is written, when it is a quarter as old as it may be', async () => {
    const { path, near } = both();
    const clock = new ManualClock();
    const { store } = open();
    store.commit(known);
    store.commit(add(1));
    const playhead = new Playhead({ path, near, store, clock, log: silentLogger });
    store.commit(playing('i0', 0, clock.nowUs()));
    const at = (): string => /"position_seconds":(\d+)/.exec(readFileSync(path, 'utf8'))?.[1] ?? '';
    const along = async (ms: number): Promise<string> => {
      await clock.advance(ms);
      playhead.goAlong();
      await clock.advance(1000);
      return at();
    };
    expect([await along(20_000), await along(24_000)]).toEqual(['1', '46']);
    await clock.advance(119_000);
    expect(at()).toBe('46');
    await clock.advance(1000);
    expect(at()).toBe('166');
    playhead.close();
  });

  it('is on disk at once when music goes on after a pause', async () => {
    const { path, near } = both();
    const clock = new ManualClock();
    const { store } = open();
    store.commit(known);
    store.commit(add(1));
    const playhead = new Playhead({ path, near, store, clock, log: silentLogger });
    store.commit(playing('i0', 10, clock.nowUs()));
    await clock.advance(30_000);
    const fact = { type: 'playback', status: 'paused', ref: 'i0', position_seconds: 40, rate: 0 } as const;
    store.commit({ type: 'player/fact', player_id: 'p', fact: { ...fact, at_us: clock.nowUs() } });
    await clock.advance(600_000);
    store.commit(playing('i0', 40, clock.nowUs()));
    await clock.advance(1_000);
    const { kept } = resumedAt(store.state, [path], at(clock)).state.rooms.get('kitchen')!;
    expect(kept).toMatchObject({ intent: 'playing', position_seconds: 41 });
    playhead.close();
  });

  it('falls back to the database when its file is torn', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'tutti-playhead-')), 'playhead');
    writeFileSync(path, '{"wall_ms":12');
    const { store } = open();
    store.commit(known);
    expect(
      resumedAt(store.state, [path], at(new ManualClock())).state.rooms.get('kitchen')?.kept.position_seconds,
    ).toBe(0);
  });
});
