import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Schedule, TopicEvent } from '../protocol/index.js';
import { emptyState, sqliteKeeper, Store } from './index.js';
import { migrate, openDb, type Db } from '../storage/index.js';
import { KeptList } from './kept-list.js';

const Own = z.object({ secret: z.string() });

const schedule = (id: string, title = 'Statistics'): Schedule => ({
  schedule_id: id,
  title,
  cron: '0 3 * * *',
  enabled: true,
  running: false,
});

function freshDb(): Db {
  const db = openDb(':memory:');
  migrate(db);
  return db;
}

function life(db: Db = freshDb()) {
  const store = new Store({ state: emptyState('0'), epoch: 'e', keeper: sqliteKeeper(db) });
  const events: TopicEvent[] = [];
  store.subscribe((told) => events.push(...told));
  const list = new KeptList({ db, store, list: 'schedules', own: Own });
  return { db, store, list, events, again: () => life(db) };
}

describe('a list that is kept', () => {
  it('is the same after a restart, in the order its things were made', () => {
    const { list, again } = life();
    for (const id of ['b', 'a', 'c']) list.put(schedule(id), { secret: id });
    list.put(schedule('b', 'Clean-up'), { secret: 'new' });
    const { list: now, store } = again();
    expect(now.all()).toEqual(list.all());
    expect(now.all().map(({ item, own }) => `${item.title} ${own.secret}`)).toEqual([
      'Clean-up new',
      'Statistics a',
      'Statistics c',
    ]);
    expect([...store.state.lists.schedules.keys()]).toEqual(['b', 'a', 'c']);
  });

  it('tells nobody what is its own', () => {
    const { list, store, events } = life();
    list.put(schedule('a'), { secret: 'hush' });
    expect(JSON.stringify([events, [...store.state.lists.schedules.values()]])).not.toContain('hush');
  });

  it('shows what is not worth a write, and forgets it with the process', () => {
    const { list, store, again } = life();
    list.put(schedule('a'), { secret: '' });
    list.show({ ...schedule('a'), running: true }, { secret: '' });
    expect(store.state.lists.schedules.get('a')?.running).toBe(true);
    expect(again().list.get('a')?.item.running).toBe(false);
  });

  it('removes for good', () => {
    const { list, store, again } = life();
    list.put(schedule('a'), { secret: '' });
    list.remove(['a', 'never']);
    expect(store.state.lists.schedules.size).toBe(0);
    expect(again().list.all()).toEqual([]);
  });

  it('leaves rows alone that it cannot read', () => {
    const db = freshDb();
    db.prepare('INSERT INTO kept_lists (list, id, value, own) VALUES (?, ?, ?, ?)').run(
      'schedules',
      'x',
      '{"of":"later"}',
      '{}',
    );
    const { list } = life(db);
    list.put(schedule('a'), { secret: '' });
    expect(list.all()).toHaveLength(1);
    expect(db.prepare('SELECT count(*) AS n FROM kept_lists').get()).toEqual({ n: 2 });
  });

  it('says nothing that the disk refused', () => {
    const { db, list, store } = life();
    db.exec('DROP TABLE kept_lists');
    expect(() => list.put(schedule('a'), { secret: '' })).toThrow();
    expect([list.all(), store.state.lists.schedules.size]).toEqual([[], 0]);
  });
});
