import { describe, expect, it } from 'vitest';
import { type Album, type Artist, type TopicEvent, type Track } from '../protocol/index.js';
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

const track = {
  track_id: 'tr1',
  title: 'Song',
  artist: 'Artist',
  album: 'Album 1',
  album_id: 'al1',
} as Track;
const artist = { artist_id: 'ar1', name: 'Artist' } as Artist;

/** One server life over a database, with a library of a hundred albums. */
function life(db: Db = freshDb(), clock = new ManualClock()) {
  const store = new Store({ state: emptyState('0'), epoch: 'e', keeper: sqliteKeeper(db) });
  const albums = Array.from({ length: 100 }, (_, n) => album(n));
  const log = openActivity({
    db,
    store,
    clock,
    album: (id) => albums.find(({ album_id }) => album_id === id),
    track: (id) => (id === track.track_id ? track : undefined),
    artist: (id) => (id === artist.artist_id ? artist : undefined),
  });
  const holds = (track_count: number): void =>
    store.commit({ type: 'library/state', library: { ...store.state.library, track_count } });
  const events: TopicEvent[] = [];
  store.subscribe((told) => events.push(...told));
  const actions = (): string[] => store.state.activity.map(({ action, album_id }) => `${action} ${album_id}`);
  return { db, store, log, events, albums, actions, clock, holds, again: () => life(db, clock) };
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

describe('[AC3] hearts for tracks and artists', () => {
  it('are given and taken back as those for albums are', () => {
    const { log, actions, again } = life();
    const { handlers } = log;
    expect(handlers['library:heart-track']({ track_id: 'tr1', hearted: true }, ann)).toEqual({
      hearted: true,
      heart_count: 1,
    });
    void handlers['library:heart-artist']({ artist_id: 'ar1', hearted: true }, ann);
    void handlers['library:heart']({ album_id: 'al2' }, ann);
    const loved = { album_ids: ['al2'], track_ids: ['tr1'], artist_ids: ['ar1'] };
    expect(again().log.handlers['library:hearted']({}, ann)).toEqual(loved);
    void handlers['library:heart-track']({ track_id: 'tr1', hearted: false }, ann);
    expect(handlers['library:hearted']({}, ann)).toEqual({ ...loved, track_ids: [] });
    expect(actions()).toEqual(['unheart al1', 'heart al2', 'heart undefined', 'heart al1']);
  });
  it('are not for what is not there', () => {
    const { log } = life();
    const heart = (id: string) => () =>
      log.handlers['library:heart-track']({ track_id: id, hearted: true }, ann);
    expect(heart('none')).toThrow(/no track/);
    expect(() => log.handlers['library:heart-artist']({ artist_id: 'x', hearted: true }, ann)).toThrow(
      /no artist/,
    );
  });
  it('give new albums of the artist a heart, once, and say so to that person alone', () => {
    const { log, events, albums, again } = life();
    void log.handlers['library:heart-artist']({ artist_id: 'ar1', hearted: true }, ann);
    log.newAlbums(albums.slice(0, 2), false);
    expect(log.hearted('u-ann')).toEqual(['al0', 'al1']);
    const notes = events.filter(({ type }) => type === 'notification');
    expect(notes).toMatchObject([
      { audience: { user_id: 'u-ann' }, data: { message: expect.stringContaining('Album 0') as string } },
    ]);
    void log.handlers['library:unheart']({ album_id: 'al0' }, ann);
    again().log.newAlbums(albums.slice(0, 2), false);
    expect(log.hearted('u-ann')).toEqual(['al1']);
  });
  it('say nothing of a new album that somebody brought in: who did tells of it', () => {
    const { log, albums, actions } = life();
    void log.handlers['library:heart-artist']({ artist_id: 'ar1', hearted: true }, ann);
    log.newAlbums(albums.slice(0, 1), false, 'import');
    log.add([{ action: 'album_imported', album_id: 'al0', artist: 'Artist', title: 'Album 0' }]);
    log.newAlbums(albums.slice(0, 1), false);
    expect(actions()).toEqual(['album_imported al0', 'heart undefined']);
    expect(log.hearted('u-ann')).toEqual(['al0']);
  });
});

const DAY_MS = 24 * 3600 * 1000;

describe('[AC4] hearts of what is gone', () => {
  it('are back with it until the days of the trash are over', async () => {
    const { log, albums, clock, holds } = life();
    holds(100);
    void log.handlers['library:heart']({ album_id: 'al1' }, ann);
    void log.handlers['library:heart']({ album_id: 'al2' }, ann);
    const [gone] = albums.splice(1, 1);
    expect(log.cleanUp(30)).toBe(0);
    await clock.advance(29 * DAY_MS);
    expect(log.cleanUp(30)).toBe(0);
    expect(log.hearted('u-ann')).toContain('al1');
    albums.push(gone!);
    expect(log.cleanUp(30)).toBe(0);
    albums.pop();
    await clock.advance(2 * DAY_MS);
    expect(log.cleanUp(30)).toBe(0);
    await clock.advance(31 * DAY_MS);
    expect(log.cleanUp(30)).toBe(1);
    expect(log.hearted('u-ann')).toEqual(['al2']);
  });
  it('stay while the library is empty: its disk may be away', async () => {
    const { log, albums, clock } = life();
    void log.handlers['library:heart']({ album_id: 'al1' }, ann);
    albums.length = 0;
    log.cleanUp(30);
    await clock.advance(90 * DAY_MS);
    expect(log.cleanUp(30)).toBe(0);
    expect(log.hearted('u-ann')).toEqual(['al1']);
  });
});

describe('[NT1] a word', () => {
  it('to a person is for that person, and for all where nobody signs in', () => {
    const { log, events } = life();
    const note = { level: 'success', title: 'It is here', message: 'Album 1' } as const;
    log.notify('u-ann', note);
    log.notify('household', note);
    log.notifyAdmins(note);
    expect(events.map((event) => event.audience)).toEqual([
      { user_id: 'u-ann' },
      undefined,
      { role: 'admin' },
    ]);
  });
});
