import { cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { makeAlbum, makePicture } from '../fixtures/make-music.js';
import { filesBelow, ImportRig, planOf } from './import-rig.js';

let dir: string;
let rig: ImportRig;
let master: string;
let shelf: string;

const album = { artist: 'Otter', album: 'Rivers', albumArtist: 'Otter', year: 2001, tracks: ['One', 'Two'] };

beforeAll(async () => {
  shelf = await mkdtemp(join(tmpdir(), 'tutti-import-shelf-'));
  await makeAlbum(join(shelf, 'flac'), album);
});

afterAll(() => rm(shelf, { recursive: true, force: true }));

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-import-'));
  rig = await ImportRig.open(dir);
  master = rig.candidate('c1');
  await cp(join(shelf, 'flac'), master, { recursive: true });
});

afterEach(async () => {
  await rig.close();
  await rm(dir, { recursive: true, force: true });
});

const stagingOf = async (): Promise<string[]> =>
  (await filesBelow(join(rig.musicDir, '.staging'))).filter(
    (name) => !/^\.(ndignore|plexignore|nomedia)$/.test(name),
  );

it('brings an album to its place with cover and booklet, and takes the candidate away', async () => {
  await makePicture(join(master, 'cover.png'), 64);
  await writeFile(join(master, 'notes.txt'), 'thanks');
  await writeFile(join(master, 'Thumbs.db'), 'x');
  const imported = await rig.run(await planOf(master, 'i1'));
  expect(imported.folder).toBe('Otter/Rivers (2001)');
  expect(await rig.shown()).toEqual(
    ['01 One.flac', '02 Two.flac', 'cover.png', 'notes.txt'].map((name) => `Otter/Rivers (2001)/${name}`),
  );
  await expect(stat(master)).rejects.toThrow('ENOENT');
  expect(await stagingOf()).toEqual([]);
  expect(rig.told).toEqual(['imported Otter/Rivers (2001)']);
  expect(rig.library.album(imported.album_id)).toMatchObject({
    title: 'Rivers',
    artist: 'Otter',
    track_count: 2,
  });
  expect(
    rig
      .rows('SELECT track_id FROM file_sums')
      .map(({ track_id }) => track_id)
      .sort(),
  ).toEqual([...imported.track_ids].sort());
  const before = rig.rows('SELECT * FROM tracks');
  await rig.scan();
  await rig.scan(true);
  expect(rig.rows('SELECT * FROM tracks')).toEqual(before);
});

it('links what needs no tags, and copies what does; a kept source stays as it is', async () => {
  const plan = await planOf(master, 'i1', { keep_sources: true });
  const one = await readFile(join(master, '01 One.flac'));
  const release = {
    ...plan.release,
    release_id: '9d6f6f7c-2a47-4c36-a3e0-3d8a9a1a0001',
    tracks: plan.release.tracks.map((track, n) => (n === 0 ? { ...track, title: 'Öne' } : track)),
  };
  await rig.run({ ...plan, release });
  expect(await readFile(join(master, '01 One.flac'))).toEqual(one);
  expect(rig.rows('SELECT title FROM tracks ORDER BY track_number')).toEqual([
    { title: 'Öne' },
    { title: 'Two' },
  ]);

  const other = rig.candidate('c2');
  await makeAlbum(other, { ...album, album: 'Lakes' });
  await rig.run({
    ...(await planOf(other, 'i2')),
    keep_sources: true,
    release: { ...(await planOf(other, 'i2')).release },
  });
  const [there] = await filesBelow(join(rig.musicDir, 'Otter', 'Lakes (2001)'));
  const [a, b] = await Promise.all([
    stat(join(rig.musicDir, 'Otter', 'Lakes (2001)', there!)),
    stat(join(other, '01 One.flac')),
  ]);
  expect(a.ino === b.ino).toBe(true);
});

it.each(['flac', 'mp3', 'm4a', 'alac', 'opus', 'ogg', 'wav', 'aiff'] as const)(
  'writes into a copy of %s what its tags do not say, and the sound is the same',
  async (format) => {
    const from = rig.candidate('tags');
    await makeAlbum(from, { ...album, album: 'Wrong', format, tracks: ['One'] });
    const plan = await planOf(from, `i-${format}`);
    const release = {
      ...plan.release,
      album: 'Réka “いち”',
      album_artist: 'AC/DC',
      year: 1999,
      release_id: '9d6f6f7c-2a47-4c36-a3e0-3d8a9a1a0001',
      tracks: [{ ...plan.release.tracks[0]!, title: 'Tïtle/2', artist: 'AC/DC' }],
    };
    const imported = await rig.run({ ...plan, release });
    expect(rig.library.album(imported.album_id)).toMatchObject({
      title: 'Réka “いち”',
      artist: 'AC/DC',
      year: 1999,
    });
    expect(rig.rows('SELECT title, artist, track_number FROM tracks')).toEqual([
      { title: 'Tïtle/2', artist: 'AC/DC', track_number: 1 },
    ]);
  },
);

it('gives the same answer to the same plan and changes nothing', async () => {
  const plan = await planOf(master, 'i1');
  const [first, second] = await Promise.all([rig.run(plan), rig.run(plan)]);
  expect(second).toEqual(first);
  expect(await rig.run(plan)).toEqual(first);
  expect(rig.told).toHaveLength(1);
});

it('lets ids go on with better files, and the old ones wait in the trash', async () => {
  const old = rig.candidate('old');
  await makeAlbum(old, { ...album, album: 'Rivrs', format: 'mp3', tracks: ['One', 'Two', 'Hidden'] });
  const before = await rig.run(await planOf(old, 'i0'));
  const better = await rig.run(await planOf(master, 'i1', { replace_album_id: before.album_id }));
  expect(better.album_id).toBe(before.album_id);
  expect(better.track_ids).toEqual(before.track_ids.slice(0, 2));
  expect(better.upgraded).toEqual([
    {
      track_id: before.track_ids[0],
      old_quality: expect.stringMatching(/^MP3 1\d\d kbit\/s$/),
      new_quality: 'FLAC 16 bit 44.1 kHz',
    },
    {
      track_id: before.track_ids[1],
      old_quality: expect.stringMatching(/^MP3/),
      new_quality: 'FLAC 16 bit 44.1 kHz',
    },
  ]);
  expect(await rig.shown()).toEqual(['Otter/Rivers (2001)/01 One.flac', 'Otter/Rivers (2001)/02 Two.flac']);
  expect(rig.told.slice(1)).toEqual(['upgraded Otter/Rivers (2001)', 'upgraded Otter/Rivrs (2001)']);
  await rig.scan(true);
  expect(rig.rows('SELECT track_id, album_id FROM tracks ORDER BY track_number')).toEqual(
    better.track_ids.map((track_id) => ({ track_id, album_id: before.album_id })),
  );

  const { items } = rig.importer.trash.handlers['trash:list']({ offset: 0, limit: 10 });
  expect(items).toMatchObject([{ title: 'Rivrs', reason: 'replaced', file_count: 3 }]);
  await rig.importer.trash.restore(items[0]!.trash_id);
  expect(await rig.shown()).toEqual(
    [1, 2, 3].map((n) => `Otter/Rivrs (2001)/0${n} ${['', 'One', 'Two', 'Hidden'][n]}.mp3`),
  );
  await rig.scan(true);
  expect(rig.rows('SELECT track_id, album_id FROM tracks ORDER BY track_number')).toEqual(
    before.track_ids.map((track_id) => ({ track_id, album_id: before.album_id })),
  );
  expect(rig.importer.trash.handlers['trash:list']({ offset: 0, limit: 10 }).items).toMatchObject([
    { title: 'Rivers', reason: 'replaced' },
  ]);
});

it('keeps place and names of an album that is replaced by the same format', async () => {
  const place = join(rig.musicDir, 'my place', 'Rivers');
  await makeAlbum(place, { ...album, tracks: ['One', 'Two'] });
  await rig.scan();
  const [{ album_id }] = rig.rows('SELECT album_id FROM albums') as [{ album_id: string }];
  await rig.run(await planOf(master, 'i1', { replace_album_id: album_id }));
  expect(await rig.shown()).toEqual(['my place/Rivers/01 One.flac', 'my place/Rivers/02 Two.flac']);
  expect(rig.rows('SELECT album_id FROM albums')).toEqual([{ album_id }]);
});

it('leaves music of others where it is when an album shares its folder', async () => {
  await makeAlbum(join(rig.musicDir, 'mixed'), { ...album, format: 'mp3' });
  await makeAlbum(join(rig.musicDir, 'mixed'), {
    ...album,
    album: 'Other',
    format: 'mp3',
    tracks: ['Three'],
  });
  await rig.scan();
  const { album_id } = rig.rows("SELECT album_id FROM albums WHERE title = 'Rivers'")[0] as {
    album_id: string;
  };
  const { trash_id } = await rig.importer.trash.handlers['library:delete']({ album_id }, rig.caller);
  expect(await rig.shown()).toEqual(['mixed/01 Three.mp3']);
  expect(rig.rows('SELECT title FROM albums')).toEqual([{ title: 'Other' }]);
  await rig.importer.trash.restore(trash_id);
  expect(rig.rows('SELECT album_id FROM albums ORDER BY title DESC')[0]).toEqual({ album_id });
  expect((await rig.shown()).length).toBe(3);
});

it('does not touch what stands in the place, whatever its case', async () => {
  await makeAlbum(join(rig.musicDir, 'OTTER', 'rivers (2001)'), { ...album, tracks: 1 });
  const before = await rig.shown();
  await expect(rig.run(await planOf(master, 'i1'))).rejects.toMatchObject({
    code: 'ERR_CONFLICT',
    params: { gate: 'target_exists' },
  });
  expect(await rig.shown()).toEqual(before);
  expect(await stagingOf()).toEqual([]);
  expect((await filesBelow(master)).length).toBe(2);
});

it('uses the folder of an artist as it is spelled', async () => {
  await cp(master, join(rig.musicDir, 'OTTER', 'Lakes'), { recursive: true });
  expect((await rig.run(await planOf(master, 'i1'))).folder).toBe('OTTER/Rivers (2001)');
});

it.each(['copy', 'publish'])('stops when somebody cancels at %s, and leaves no trace', async (stage) => {
  const stop = new AbortController();
  const plan = await planOf(master, 'i1');
  const running = rig.importer.run(
    plan,
    (news) => news.stage === stage && stop.abort(new Error('cancelled')),
    stop.signal,
  );
  await expect(running).rejects.toThrow('cancelled');
  expect(await rig.shown()).toEqual([]);
  expect(await stagingOf()).toEqual([]);
  expect((await filesBelow(master)).length).toBe(2);
});
