import { cp, mkdtemp, mkdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nullDriver } from '../../drivers/null/index.js';
import { startApp } from '../../src/app/index.js';
import { silentLogger, systemClock, type Clock } from '../../src/base/index.js';
import { inProcessTags } from '../../src/library/tags/tag-reader.js';
import { ConfigSchema } from '../../src/config/index.js';
import { COMMANDS, type Album, type Room } from '../../src/protocol/index.js';
import { makeAlbum, type AlbumOptions } from '../fixtures/make-music.js';
import { until } from '../until.js';
import { ImportRig, planOf } from './import-rig.js';
import { LibraryRig } from './library-rig.js';

const rivers = { artist: 'Otter', album: 'Rivers', albumArtist: 'Otter', year: 2001 };
let shelf = '';
beforeAll(async () => {
  shelf = await mkdtemp(join(tmpdir(), 'tutti-plays-shelf-'));
  const album = (folder: string, options: AlbumOptions): Promise<unknown> =>
    makeAlbum(join(shelf, folder), options);
  await Promise.all([
    album('music/One', { ...rivers, tracks: ['A', 'B'] }),
    album('music/Two', { artist: 'Heron', album: 'Lakes', tracks: ['C'] }),
    album('music/Three', { artist: 'Heron', album: 'Seas', tracks: ['D'] }),
    album('old', { ...rivers, format: 'mp3', tracks: ['One', 'Two', 'Hidden'] }),
    album('better', { ...rivers, tracks: ['One', 'Two'] }),
  ]);
});
afterAll(() => rm(shelf, { recursive: true, force: true }));

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-plays-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const DAY_MS = 86_400_000;

describe('a library that counts', () => {
  let rig: LibraryRig;
  /** What the wall clock of the house says: later than any file was written. */
  let now: number;
  beforeEach(async () => {
    now = systemClock.wallMs() + 3_600_000;
    const clock = { ...systemClock, wallMs: () => now };
    rig = await LibraryRig.open(dir, { clock, tags: inProcessTags });
    await cp(join(shelf, 'music'), rig.musicDir, { recursive: true });
    await rig.scan();
  });
  afterEach(() => rig.close());

  const play = (...titles: string[]): void => {
    for (const title of titles) {
      now += 60_000;
      rig.library.played(rig.track(title).track_id);
    }
  };
  const of = (title: string) => rig.album(rig.track(title).album_id);
  const counts = (title: string) => of(title).tracks.map(({ play_count }) => play_count);
  const titles = (sort: 'most_played' | 'recently_played', artist_id?: string): string[] =>
    rig.albums(sort, artist_id).map(({ title }) => title);

  it('[PC3] says how often a track and its album were played, and when last', () => {
    const began = now;
    play('A', 'B', 'A');
    const { album, tracks } = of('A');
    const after = (minutes: number): string => new Date(began + minutes * 60_000).toISOString();
    expect(tracks).toMatchObject([
      { title: 'A', play_count: 2, last_played_at: after(3) },
      { title: 'B', play_count: 1, last_played_at: after(2) },
    ]);
    expect(album).toMatchObject({ play_count: 3, last_played_at: after(3) });
    const { album: silent, tracks: never } = of('C');
    for (const one of [silent, ...never]) {
      expect(one.play_count).toBe(0);
      expect(one).not.toHaveProperty('last_played_at');
    }
    expect(rig.albums('title').every((one) => !('play_count' in one))).toBe(true);
  });

  it('[PC3] has albums in the order of their plays, without those that were never played', () => {
    expect(titles('most_played')).toEqual([]);
    play('A', 'B', 'C');
    expect(titles('most_played')).toEqual(['Rivers', 'Lakes']);
    expect(titles('recently_played')).toEqual(['Lakes', 'Rivers']);
    const heron = rig.track('C').artist_id;
    expect(titles('most_played', heron)).toEqual(['Lakes']);
    const page = { offset: 1, limit: 1, sort: 'recently_played' } as const;
    expect(rig.handlers['library:albums'](page, rig.caller)).toMatchObject({
      total: 2,
      items: [{ title: 'Rivers', play_count: 2 }],
    });
  });

  it('[PC2] counts nothing that it does not have', () => {
    rig.library.played('tutti-alarm-tone');
    expect(rig.db.prepare('SELECT * FROM plays').all()).toEqual([]);
  });

  it('[PC4] keeps counts over scans, and when folders and files have other names', async () => {
    play('A', 'A', 'B');
    await rig.scan(true);
    expect(counts('A')).toEqual([2, 1]);
    await mkdir(join(rig.musicDir, 'moved'));
    await rename(join(rig.musicDir, 'One'), join(rig.musicDir, 'moved', 'Uno'));
    await rename(join(rig.musicDir, 'moved/Uno/01 A.flac'), join(rig.musicDir, 'moved/Uno/1.flac'));
    await rig.scan();
    expect(counts('A')).toEqual([2, 1]);
    expect(titles('most_played')).toEqual(['Rivers']);
  });

  it('[PC4] goes with a track to another album', async () => {
    play('C', 'D', 'D');
    await rename(join(rig.musicDir, 'Three/01 D.flac'), join(rig.musicDir, 'Two/02 D.flac'));
    await rig.scan();
    const album_id = rig.track('D').album_id;
    expect(rig.albums('most_played').find((one) => one.album_id === album_id)?.play_count).toBe(
      of('D').album.play_count,
    );
    expect(of('D').tracks.find(({ title }) => title === 'D')?.play_count).toBe(2);
  });

  it('[PC4] has them again with what comes back, until the days of the trash are over', async () => {
    play('A', 'C');
    const lake = join(rig.musicDir, 'Two');
    await rename(lake, join(dir, 'away'));
    await rig.scan();
    expect(titles('most_played')).toEqual(['Rivers']);
    expect(rig.library.forgetPlays(30)).toBe(0);
    now += 29 * DAY_MS;
    expect(rig.library.forgetPlays(30)).toBe(0);
    await rename(join(dir, 'away'), lake);
    await rig.scan();
    expect(counts('C')).toEqual([1]);
    expect(rig.library.forgetPlays(30)).toBe(0);

    await rename(lake, join(dir, 'away'));
    await rig.scan();
    expect(rig.library.forgetPlays(30)).toBe(0);
    now += 31 * DAY_MS;
    expect(rig.library.forgetPlays(0)).toBe(0);
    expect(rig.library.forgetPlays(30)).toBe(1);
    await rename(join(dir, 'away'), lake);
    await rig.scan();
    expect([counts('C'), counts('A')]).toEqual([[0], [1, 0]]);
  });

  it('[PC4] forgets nothing while there is no music at all', () => {
    play('A');
    rig.db.exec('DELETE FROM tracks');
    now += 400 * DAY_MS;
    expect(rig.library.forgetPlays(30)).toBe(0);
    expect(rig.db.prepare('SELECT play_count FROM plays').all()).toEqual([{ play_count: 1 }]);
  });
});

describe('[PC4] an import and the trash', () => {
  let rig: ImportRig;
  beforeEach(async () => {
    rig = await ImportRig.open(dir);
    await cp(join(shelf, 'old'), join(rig.musicDir, 'old place'), { recursive: true });
    await rig.scan();
    const tracks = rig.rows('SELECT track_id FROM tracks ORDER BY track_number');
    for (const [n, { track_id }] of tracks.entries())
      for (let times = 0; times <= n; times++) rig.library.played(String(track_id));
  });
  afterEach(() => rig.close());

  const albumId = (): string => String(rig.rows('SELECT album_id FROM albums')[0]?.['album_id']);
  const counts = (): (number | undefined)[] => {
    const shown = rig.library.handlers['library:album']({ album_id: albumId() }, rig.caller);
    if (shown instanceof Promise) throw new Error('an album comes at once');
    return [shown.album, ...shown.tracks].map(({ play_count }) => play_count);
  };

  it('keep how often tracks were played: better files, and the old ones again', async () => {
    const before = rig.rows('SELECT * FROM plays ORDER BY track_id');
    const plan = await planOf(join(shelf, 'better'), 'i1', {
      replace_album_id: albumId(),
      keep_sources: true,
    });
    const { upgraded, track_ids } = await rig.run(plan);
    expect(upgraded).toHaveLength(2);
    expect(counts()).toEqual([3, 1, 2]);
    rig.library.played(track_ids[0]!);
    await rig.scan(true);
    expect(counts()).toEqual([4, 2, 2]);
    const { items } = rig.importer.trash.handlers['trash:list']({ offset: 0, limit: 10 });
    await rig.importer.trash.restore(items[0]!.trash_id);
    expect(counts()).toEqual([7, 2, 2, 3]);
    expect(rig.rows('SELECT * FROM plays')).toHaveLength(before.length);
  });

  it('keep it when an album goes out and comes back', async () => {
    const before = rig.rows('SELECT * FROM plays ORDER BY track_id');
    const gone = await rig.importer.trash.delete(albumId());
    await rig.scan();
    await rig.importer.trash.restore(gone);
    expect(counts()).toEqual([6, 1, 2, 3]);
    expect(rig.rows('SELECT * FROM plays ORDER BY track_id')).toEqual(before);
  });
});

it('[PC1] a house counts what its rooms play, and tells it on the wire', async () => {
  let leapUs = 0;
  const clock: Clock = { ...systemClock, nowUs: () => systemClock.nowUs() + leapUs };
  const musicDir = join(dir, 'music');
  await makeAlbum(musicDir, { artist: 'Otter', album: 'Rivers', tracks: ['A', 'B'], seconds: 60 });
  const silent = { mdns: false, local_output: false, snapcast: false, mpd_port: 0 };
  // Whoever waits here asks again at once.
  const settings = { port: 0, auth: 'open', ...silent, commands_per_minute_per_user: 1_000_000 };
  const config = ConfigSchema.parse({ ...settings, players: [{ id: 'bath', kind: 'null', name: 'Bath' }] });
  const app = await startApp({
    config: { ...config, host: '127.0.0.1', data_dir: join(dir, 'state'), music_dir: musicDir },
    log: silentLogger,
    drivers: [nullDriver],
    clock,
  });
  try {
    const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
      const json = { 'content-type': 'application/json' };
      const what = body === undefined ? {} : { headers: json, body: JSON.stringify(body) };
      const answer = await fetch(`http://127.0.0.1:${app.port}/api/v1${path}`, { method, ...what });
      return answer.json();
    };
    const albums = async (sort = 'title') =>
      COMMANDS['library:albums'].reply.parse(await ask('GET', `/library/albums?sort=${sort}`)).items;
    await until('the album is there', async () => (await albums()).length === 1);
    const [{ album_id }] = (await albums()) as [Album];
    const rooms = async () => COMMANDS['room:list'].reply.parse(await ask('GET', '/rooms')).rooms;
    await until('the room is there', async () => (await rooms()).length === 1);
    const [{ room_id }] = (await rooms()) as [Room];
    await ask('POST', `/rooms/${room_id}/queue`, { source: { album_id }, at: 'end', play: true });
    await until('it plays', async () => (await rooms())[0]?.state === 'playing');
    leapUs = 31e6;
    await until('it counts', async () => (await albums('most_played')).length === 1);
    const shown = COMMANDS['library:album'].reply.parse(await ask('GET', `/library/albums/${album_id}`));
    expect([shown.album, ...shown.tracks].map(({ play_count }) => play_count)).toEqual([1, 1, 0]);
  } finally {
    await app.close();
  }
});
