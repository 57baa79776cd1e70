import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Examined } from '../../src/pipeline/contract.js';
import type { Duplicate, Match, Release } from '../../src/protocol/index.js';
import { makeAlbum } from '../fixtures/make-music.js';
import { examineFolder, ImportRig, planOf, releaseOf } from './import-rig.js';

const RELEASE_ID = '9d6f6f7c-2a47-4c36-a3e0-3d8a9a1a0001';
const album = {
  artist: 'Otter',
  album: 'Rivers',
  albumArtist: 'Otter',
  year: 2001,
  tracks: ['One', 'Two'],
  seconds: 2,
};
let shelf: string;
let dir: string;
let rig: ImportRig;

beforeAll(async () => {
  shelf = await mkdtemp(join(tmpdir(), 'tutti-duplicates-shelf-'));
  await makeAlbum(join(shelf, 'flac'), album);
  await makeAlbum(join(shelf, 'mp3'), { ...album, format: 'mp3' });
  await makeAlbum(join(shelf, 'other'), {
    ...album,
    artist: 'Heron',
    albumArtist: 'Heron',
    album: 'Lakes',
    tracks: ['Reed', 'Ice'],
    seconds: 5,
  });
});

afterAll(() => rm(shelf, { recursive: true, force: true }));

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-duplicates-'));
  rig = await ImportRig.open(dir);
});

afterEach(async () => {
  await rig.close();
  await rm(dir, { recursive: true, force: true });
});

async function find(
  name: string,
  change: Partial<Release> = {},
  md5?: readonly string[],
): Promise<Duplicate[]> {
  const folder = join(shelf, name);
  const files = (await examineFolder(folder)).map((file, n) => ({
    ...file,
    ...(md5 && { audio_md5: md5[n]! }),
  }));
  const examined: Examined = { folder, files, gates: [] };
  const match: Match = {
    release: releaseOf(files, change),
    confidence: 1,
    evidence: ['tags'],
    penalties: [],
    files: files.map(({ path }) => path),
    gates: [],
  };
  return await rig.importer.duplicates.find(examined, match);
}

it('finds an album by its list of tracks, and says which is better', async () => {
  await cp(join(shelf, 'mp3'), join(rig.musicDir, 'Rivers'), { recursive: true });
  await cp(join(shelf, 'other'), join(rig.musicDir, 'Lakes'), { recursive: true });
  await rig.scan();
  expect(await find('flac')).toMatchObject([
    { title: 'Rivers', artist: 'Otter', by: 'tracks', quality: 'better' },
  ]);
  expect(await find('mp3')).toMatchObject([{ by: 'tracks', quality: 'same' }]);
  expect(await find('flac', { album: 'Streams', album_artist: 'Beaver' })).toEqual([]);
});

it('calls what is worse worse, and what is only a part mixed', async () => {
  await cp(join(shelf, 'flac'), join(rig.musicDir, 'Rivers'), { recursive: true });
  await rig.scan();
  expect(await find('mp3')).toMatchObject([{ by: 'tracks', quality: 'worse' }]);
});

it('finds an album by the release it was imported as, whatever it is called', async () => {
  const candidate = rig.candidate('c1');
  await cp(join(shelf, 'flac'), candidate, { recursive: true });
  const plan = await planOf(candidate, 'i1');
  const { album_id } = await rig.run({ ...plan, release: { ...plan.release, release_id: RELEASE_ID } });
  expect(await find('mp3', { release_id: RELEASE_ID, album: 'Ríos', album_artist: 'Nutria' })).toMatchObject([
    { album_id, by: 'release' },
  ]);
});

it('finds an album of the library by its sound alone, under other names', async () => {
  await cp(join(shelf, 'flac'), join(rig.musicDir, 'x'), { recursive: true });
  await rig.scan();
  const sums = await Promise.all(
    ['01 One.flac', '02 Two.flac'].map(async (name) => {
      return (await readFile(join(shelf, 'flac', name))).toString('hex', 26, 42);
    }),
  );
  const found = await find(
    'flac',
    {
      album: 'Nothing',
      album_artist: 'Nobody',
      tracks: [1, 2].map((n) => ({ disc_number: 1, track_number: n, title: `Track ${n}`, artist: 'x' })),
    },
    sums,
  );
  expect(found).toMatchObject([{ title: 'Rivers', by: 'audio', quality: 'same' }]);
});
