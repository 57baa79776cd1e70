import { mkdtemp, mkdir, rename, rm, cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeAlbum, makePicture } from '../fixtures/make-music.js';
import { LibraryRig } from './library-rig.js';

let dir: string;
let rig: LibraryRig;
const quiet = new AbortController().signal;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-intake-'));
  rig = await LibraryRig.open(dir);
});

afterEach(async () => {
  await rig.close();
  await rm(dir, { recursive: true, force: true });
});

const album = { artist: 'Otter', album: 'Rivers', year: 2001 };

const everything = (): unknown =>
  ['tracks', 'albums', 'artists', 'folders', 'library_problems'].map((table) =>
    rig.db
      .prepare(`SELECT * FROM ${table}`)
      .all()
      .map(({ added_ms: _, row: __, ...rest }) => rest),
  );

it('writes what a scan would write, so that the next scan finds nothing changed', async () => {
  const folder = join(rig.musicDir, 'Otter', 'Rivers');
  await makeAlbum(folder, { ...album, tracks: 2 });
  await makePicture(join(folder, 'cover.png'), 64);
  const { intake } = rig.library;
  const looked = await intake.look(['Otter/Rivers'], quiet);
  const adopted = intake.adopt(looked, { tracks: new Map() });
  intake.tell(adopted.changes, looked);
  expect(rig.changes).toEqual([{ album_id: adopted.album_id, action: 'added' }]);
  rig.changes.length = 0;

  const before = rig.db.prepare('SELECT * FROM tracks').all();
  await rig.scan(true);
  expect(rig.db.prepare('SELECT * FROM tracks').all()).toEqual(before);
  await rig.scan();
  expect(rig.db.prepare('SELECT * FROM tracks').all()).toEqual(before);
  const here = everything();

  rig.db.exec('DELETE FROM tracks; DELETE FROM albums; DELETE FROM artists; DELETE FROM folders;');
  await rig.scan();
  expect(everything()).toEqual(here);
});

it('lets ids of tracks and album go on with other files, in another folder and under another name, and scans keep them', async () => {
  const old = join(rig.musicDir, 'old');
  await makeAlbum(old, { artist: 'Oter', album: 'River', tracks: ['One', 'Two'], format: 'mp3' });
  await rig.scan();
  const [before] = rig.albums();
  const stored = rig.library.intake.album(before!.album_id)!;
  await rename(old, join(dir, 'away'));
  await makeAlbum(join(rig.musicDir, 'Otter', 'Rivers'), { ...album, tracks: ['One', 'Two'] });
  const { intake } = rig.library;
  const looked = await intake.look(['Otter/Rivers'], quiet);
  const tracks = new Map([
    ['Otter/Rivers/01 One.flac', stored.tracks[0]!],
    ['Otter/Rivers/02 Two.flac', stored.tracks[1]!],
  ]);
  const adopted = intake.adopt(looked, { album_id: before!.album_id, tracks });
  expect(adopted.album_id).toBe(before!.album_id);
  for (const full of [false, true]) {
    await rig.scan(full);
    expect(rig.albums().map(({ album_id, title, artist }) => ({ album_id, title, artist }))).toEqual([
      { album_id: before!.album_id, title: 'Rivers', artist: 'Otter' },
    ]);
    expect(rig.tracks().map(({ track_id, title, codec }) => ({ track_id, title, codec }))).toEqual(
      stored.tracks.map(({ track_id, title }) => ({ track_id, title, codec: 'flac' })),
    );
  }
  expect(rig.find('rivers').albums).toHaveLength(1);
  expect(rig.find('oter').artists).toHaveLength(0);
});

it('takes ids back from rows that a faster scan has made for the new files', async () => {
  const old = join(rig.musicDir, 'old');
  await makeAlbum(old, { artist: 'Otter', album: 'River', tracks: ['One', 'Two'], format: 'mp3' });
  await rig.scan();
  const stored = rig.library.intake.album(rig.albums()[0]!.album_id)!;
  await rename(old, join(dir, 'away'));
  await makeAlbum(join(rig.musicDir, 'Otter', 'Rivers'), { ...album, tracks: ['One', 'Two'] });
  await rig.scan();
  expect(rig.tracks().map(({ track_id }) => track_id)).not.toContain(stored.tracks[0]!.track_id);

  const { intake } = rig.library;
  const looked = await intake.look(['Otter/Rivers'], quiet);
  intake.adopt(looked, {
    album_id: stored.album_id,
    tracks: new Map([
      ['Otter/Rivers/01 One.flac', stored.tracks[0]!],
      ['Otter/Rivers/02 Two.flac', stored.tracks[1]!],
    ]),
  });
  await rig.scan(true);
  expect(rig.albums().map(({ album_id }) => album_id)).toEqual([stored.album_id]);
  expect(rig.tracks().map(({ track_id }) => track_id)).toEqual(stored.tracks.map(({ track_id }) => track_id));
});

it('exchanges the names of two tracks without exchanging their ids', async () => {
  const folder = join(rig.musicDir, 'Otter');
  await makeAlbum(folder, { ...album, tracks: ['One', 'Two'] });
  await rig.scan();
  const stored = rig.library.intake.album(rig.albums()[0]!.album_id)!;
  await mkdir(join(dir, 'x'));
  await cp(join(folder, '01 One.flac'), join(dir, 'x', 'a'));
  await rename(join(folder, '02 Two.flac'), join(folder, '01 One.flac'));
  await cp(join(dir, 'x', 'a'), join(folder, '02 Two.flac'));
  const { intake } = rig.library;
  intake.adopt(await intake.look(['Otter'], quiet), {
    album_id: stored.album_id,
    tracks: new Map([
      ['Otter/02 Two.flac', stored.tracks[0]!],
      ['Otter/01 One.flac', stored.tracks[1]!],
    ]),
  });
  await rig.scan(true);
  expect(rig.track('One').track_id).toBe(stored.tracks[0]!.track_id);
  expect(rig.track('Two').track_id).toBe(stored.tracks[1]!.track_id);
});

it('takes an album out with everything that hangs on it', async () => {
  await makeAlbum(join(rig.musicDir, 'Otter'), { ...album, tracks: 2 });
  await rig.scan();
  const { album_id } = rig.albums()[0]!;
  const { intake } = rig.library;
  intake.tell(intake.dismiss(intake.album(album_id)!.tracks.map(({ track_id }) => track_id)));
  expect(rig.albums()).toEqual([]);
  expect(rig.tracks()).toEqual([]);
  expect(rig.changes.at(-1)).toEqual({ album_id, action: 'removed' });
});
