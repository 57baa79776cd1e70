import { describe, expect, it } from 'vitest';
import type { Album, TopicEvent } from '../protocol/index.js';
import { emptyState, sqliteKeeper, Store } from '../state/index.js';
import { migrate, openDb, type Db } from '../storage/index.js';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { openActivity } from './index.js';

const ann = { connection_id: 'c', role: 'user', subject_id: 'u-ann', name: 'Ann' } as const;
const anybody = { connection_id: 'c', role: 'admin' } as const;

const album = (n: number): Album => ({
  album_id: `al${n}`,
  title: `Album ${n}`,
  artist: 'Artist',
  artist_id: 'ar1',
  compilation: false,
  track_count: 1,
  disc_count: 1,
  duration_seconds: 1,
});

function freshDb(): Db {
  const db = openDb(':memory:');
  migrate(db);
  return db;
}

/** One server life over a database, with a library of a hundred albums. */
function life(db: Db = freshDb()) {
  const store = new Store({ state: emptyState('0'), epoch: 'e', keeper: sqliteKeeper(db) });
  const albums = Array.from({ length: 100 }, (_, n) => album(n));
  const log = openActivity({
    db,
    store,
    clock: new ManualClock(),
    album: (id) => albums.find(({ album_id }) => album_id === id),
  });
  const events: TopicEvent[] = [];
  store.subscribe((told) => events.push(...told));
  const actions = (): string[] => store.state.activity.map(({ action, album_id }) => `${action} ${album_id}`);
  return { db, store, log, events, albums, actions, again: () => life(db) };
}

describe('[AC1] what happened', () => {
  it('has the albums that a scan found, the newest first, also after a restart', () => {
    const { log, albums, actions, again } = life();
    log.newAlbums(albums.slice(0, 2), false);
    expect(actions()).toEqual(['new_album al1', 'new_album al0']);
    expect(again().actions()).toEqual(actions());
  });
  it('has nothing of a first scan, and no album twice', () => {
    const { log, albums, actions } = life();
    log.newAlbums(albums, true);
    expect(actions()).toEqual([]);
    log.newAlbums(albums.slice(0, 1), false);
    log.newAlbums(albums.slice(0, 1), false);
    expect(actions()).toEqual(['new_album al0']);
  });
  it('names twenty albums of a large scan and tells how many there were', () => {
    const { log, albums, events, actions } = life();
    log.newAlbums(albums.slice(0, 60), false);
    expect(actions()).toHaveLength(20);
    expect(events.filter(({ type }) => type === 'notification').map(({ data }) => data)).toEqual([
      { level: 'info', title: 'New music', message: '60 albums were added to the library' },
    ]);
  });
  it('keeps the last fifty', () => {
    const { log, albums, actions, again } = life();
    for (let at = 0; at < 80; at += 20) log.newAlbums(albums.slice(at, at + 20), false);
    expect(actions()).toHaveLength(50);
    expect(again().actions()).toEqual(actions());
  });
});

describe('[AC2] hearts', () => {
  it('belong to the person, are given once, and tell who gave them', () => {
    const { log, events } = life();
    const { handlers } = log;
    expect(handlers['library:heart']({ album_id: 'al1' }, ann)).toEqual({ hearted: true, heart_count: 1 });
    expect(handlers['library:heart']({ album_id: 'al1' }, ann)).toEqual({ hearted: true, heart_count: 1 });
    expect(handlers['library:heart']({ album_id: 'al1' }, anybody)).toMatchObject({ heart_count: 2 });
    const told = events.flatMap((event) => (event.type === 'activity' ? [event.data.username] : []));
    expect(told).toEqual(['Ann', 'household']);
  });
  it('are listed for their owner alone, the same after a restart', () => {
    const { log, again } = life();
    void log.handlers['library:heart']({ album_id: 'al1' }, ann);
    const of = (caller: typeof ann | typeof anybody): unknown =>
      again().log.handlers['library:hearts']({ offset: 0, limit: 10 }, caller);
    expect(of(ann)).toMatchObject({ total: 1, items: [{ album_id: 'al1' }] });
    expect(of(anybody)).toEqual({ total: 0, items: [] });
  });
  it('can be taken back, which is told as well', () => {
    const { log, actions } = life();
    void log.handlers['library:heart']({ album_id: 'al1' }, ann);
    expect(log.handlers['library:unheart']({ album_id: 'al1' }, ann)).toEqual({
      hearted: false,
      heart_count: 0,
    });
    expect(actions()).toEqual(['unheart al1', 'heart al1']);
  });
  it('are not for albums that are not there', () => {
    const { log } = life();
    expect(() => log.handlers['library:heart']({ album_id: 'none' }, ann)).toThrow(/no album/);
  });
});
