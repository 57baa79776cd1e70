import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RoomHouse } from '../../test/fakes/room-house.js';
import type { QueueItem } from '../protocol/index.js';
import { emptyState, loadState, sqliteKeeper, Store } from '../state/index.js';
import { migrate, openDb } from '../storage/index.js';

const caller = { connection_id: 'test', role: 'admin' } as const;

describe('[WI1] a wish in a queue', () => {
  let house: RoomHouse;
  beforeEach(() => (house = new RoomHouse(['a', 'b'])));
  afterEach(() => house.close());

  const wish = (title = 'wish'): Promise<string> =>
    house.settled(house.rooms.wishes.add({ room_id: 'a', download_id: 'd1', title }, caller));
  const items = (roomId = 'a'): readonly QueueItem[] => house.room(roomId).queue.items;
  const undo = (): Promise<unknown> =>
    house.settled(house.rooms.handlers['queue:undo']({ room_id: 'a' }, caller));
  const redo = (): Promise<unknown> =>
    house.settled(house.rooms.handlers['queue:redo']({ room_id: 'a' }, caller));
  const came = (...ids: string[]): void => house.rooms.wishes.came('d1', ids);

  it('is passed over when its turn comes, and says so', async () => {
    await house.queue('a', 'one');
    await wish();
    await house.queue('a', 'two', false);
    house.player('a').finish();
    await house.quiet();
    expect(house.current('a')).toBe('two');
    expect(house.player('a').status).toBe('playing');
    expect(items()[1]?.problem).toMatch(/not arrived/);
  });

  it('at the end of the queue lets the room stop in front of it, and says why', async () => {
    await house.queue('a', 'one');
    await wish();
    house.player('a').finish();
    await house.quiet();
    expect(house.room('a').live).toMatchObject({
      state: 'stopped',
      problem: expect.stringMatching(/not arrived/),
    });
    expect(house.current('a')).toBe('wish');
    came('t1');
    expect(house.room('a').live.problem).toBeUndefined();
    await house.command('play', 'a');
    expect(house.player('a').title).toBe('t1');
  });

  it('becomes all its tracks in its place; the first keeps the id', async () => {
    await house.queue('a', 'one');
    const item_id = await wish();
    await house.queue('a', 'two', false);
    came('t1', 't2', 't3');
    expect(house.titles('a')).toBe('one t1 t2 t3 two');
    expect(items()[1]).toMatchObject({ item_id, track_id: 't1' });
    expect(items()[1]?.download_id).toBeUndefined();
    expect(new Set(items().map((item) => item.item_id)).size).toBe(5);
  });

  it('waits on behind its tracks for what a person has yet to decide about, and becomes that too', async () => {
    await house.queue('a', 'one');
    const item_id = await wish();
    await house.queue('a', 'two', false);
    house.rooms.wishes.came('d1', ['t1', 't2'], true);
    expect(house.titles('a')).toBe('one t1 t2 wish two');
    expect(items()[3]).toEqual({ item_id: `${item_id}-more`, title: 'wish', download_id: 'd1' });
    came('t3', 't4');
    expect(house.titles('a')).toBe('one t1 t2 t3 t4 two');
    expect(new Set(items().map((item) => item.item_id)).size).toBe(6);
    await undo();
    await undo();
    expect(house.titles('a')).toBe('one');
    await redo();
    expect(house.titles('a')).toBe('one t1 t2 t3 t4');
  });

  it('is what the players go on to without a gap once it is there', async () => {
    await house.queue('a', 'one');
    await wish();
    await house.queue('a', 'two', false);
    await house.quiet();
    expect(house.title(house.player('a').next ?? '')).toBe('two');
    came('t1');
    await house.quiet();
    expect(house.title(house.player('a').next ?? '')).toBe('t1');
  });

  it('is never brought back by undo once it has come true', async () => {
    await wish();
    await house.queue('a', 'two', false);
    const [first] = items();
    await house.settled(
      house.rooms.handlers['queue:remove']({ room_id: 'a', item_ids: [first?.item_id ?? ''] }, caller),
    );
    came('t1', 't2');
    expect(house.titles('a')).toBe('two');
    await undo();
    expect(house.titles('a')).toBe('t1 t2 two');
    await undo();
    expect(house.titles('a')).toBe('t1 t2');
    await undo();
    expect(house.titles('a')).toBe('');
    await redo();
    await redo();
    expect(house.titles('a')).toBe('t1 t2 two');
    await redo();
    expect(house.titles('a')).toBe('two');
  });

  it('keeps edits behind it in their places', async () => {
    await wish();
    await house.queue('a', 'one two three', false);
    await house.settled(
      house.rooms.handlers['queue:move'](
        { room_id: 'a', item_ids: [items()[3]?.item_id ?? ''], index: 1 },
        caller,
      ),
    );
    expect(house.titles('a')).toBe('wish three one two');
    came('t1', 't2', 't3');
    await undo();
    expect(house.titles('a')).toBe('t1 t2 t3 one two three');
    await redo();
    expect(house.titles('a')).toBe('t1 t2 t3 three one two');
  });

  it('keeps its place in the order that a shuffle goes back to', async () => {
    await house.queue('a', 'one two three four', false);
    await wish();
    await house.settled(house.rooms.handlers['room:shuffle']({ room_id: 'a', shuffle: true }, caller));
    came('t1', 't2');
    await house.settled(house.rooms.handlers['room:shuffle']({ room_id: 'a', shuffle: false }, caller));
    expect(house.titles('a')).toBe('one two three four t1 t2');
  });

  it('comes true in every room that it was carried to', async () => {
    await wish();
    await house.queue('a', 'one', false);
    await house.transfer('a', 'b');
    came('t1');
    expect([house.titles('a'), house.titles('b')]).toEqual(['t1 one', 't1 one']);
  });

  it('says why it does not come, and takes it back', async () => {
    await wish();
    house.rooms.wishes.told('d1', 'the server has no such file');
    expect(items()[0]?.problem).toBe('the server has no such file');
    await expect(house.command('play', 'a')).rejects.toMatchObject({
      code: 'ERR_UNPLAYABLE',
      message: 'the server has no such file',
    });
    house.rooms.wishes.told('d1', undefined);
    expect(items()[0]?.problem).toBeUndefined();
  });

  it('steps aside for what can be played when somebody presses play', async () => {
    await wish();
    await house.queue('a', 'one', false);
    await house.command('play', 'a');
    expect(house.player('a').title).toBe('one');
    await house.command('previous', 'a');
    expect(house.player('a').title).toBe('one');
  });

  it('never goes round for ever where everything is a wish', async () => {
    await house.queue('a', 'one');
    await wish();
    await house.settled(house.rooms.handlers['room:repeat']({ room_id: 'a', repeat: 'all' }, caller));
    house.player('a').broken.add('one');
    house.player('a').finish();
    await house.quiet();
    expect(house.room('a').live.state).toBe('stopped');
  });

  it('is not heir of an item that is taken away', async () => {
    await house.queue('a', 'one');
    await wish();
    await house.queue('a', 'two', false);
    await house.settled(
      house.rooms.handlers['queue:remove']({ room_id: 'a', item_ids: [items()[0]?.item_id ?? ''] }, caller),
    );
    expect(house.player('a').title).toBe('two');
  });
});

describe('[WI1] a wish on disk', () => {
  it('survives a restart, and so does what it became, in queue and undo', async () => {
    const db = openDb(':memory:');
    migrate(db);
    const open = (): Store => new Store({ state: loadState(db, '1'), epoch: 'e', keeper: sqliteKeeper(db) });
    const store = new Store({ state: emptyState('1'), epoch: 'e', keeper: sqliteKeeper(db) });
    const room_id = 'r';
    store.commit({
      type: 'player/known',
      player: {
        player_id: 'p',
        kind: 'null',
        name: 'P',
        options: {},
        origin: 'config',
        room_id,
        address: '',
        memory: null,
        home_room_id: room_id,
        latency_ms: 0,
        volume_limit: 1,
      },
      room_name: 'R',
      sync_class: 'loose',
      capabilities: [],
    });
    const wish: QueueItem = { item_id: 'w', title: 'wish', download_id: 'd1' };
    store.commit({ type: 'queue/edited', room_id, label: 'add', patch: { insert: [[0, [wish]]] } });
    await store.durable();
    const second = open();
    expect(second.state.rooms.get(room_id)?.queue.items).toEqual([wish]);
    second.commit({
      type: 'wish/came',
      download_id: 'd1',
      tracks: [
        { track_id: 't1', title: 'one' },
        { track_id: 't2', title: 'two' },
      ],
    });
    await second.durable();
    const third = open();
    const titles = (): (string | undefined)[] | undefined =>
      third.state.rooms.get(room_id)?.queue.items.map((item) => item.track_id);
    expect(titles()).toEqual(['t1', 't2']);
    third.commit({ type: 'queue/undone', room_id });
    expect(titles()).toEqual([]);
    third.commit({ type: 'queue/redone', room_id });
    expect(titles()).toEqual(['t1', 't2']);
  });
});
