import { execFile, execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseFile } from 'music-metadata';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nameProblem } from '../../src/pipeline/names.js';
import { itMounts, mountSmall } from '../fakes/small-disk.js';
import { makeAlbum, makePicture, makeTrack } from '../fixtures/make-music.js';
import { admin, ann, bob, ExportRig, sha256, tree, workOn } from './export-rig.js';
import type { LibraryRig } from './library-rig.js';

const run = promisify(execFile);
let dir: string;
let library: LibraryRig;
let rig: ExportRig;
let n = 0;

const music = (...parts: string[]): string => join(library.musicDir, ...parts);
const onStick = (...parts: string[]): string => join(rig.stick, ...parts);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-exports-'));
  library = await ExportRig.library(join(dir, 'library'));
  const art = await makePicture(join(dir, 'cover.png'), 1500);
  await makeAlbum(music('Harbour'), {
    artist: 'Pier',
    album: 'Harbour',
    tracks: ['Tide', 'Rope'],
    year: 1999,
  });
  await makePicture(music('Harbour/folder.jpg'), 300);
  await makeAlbum(music('Lossy'), { artist: 'Pier', album: 'Lossy', tracks: ['Hiss'], format: 'mp3', art });
  await makeAlbum(music('Wave'), {
    artist: 'Pier',
    album: 'Wave',
    tracks: ['Crest', 'Trough'],
    format: 'wav',
  });
  const mixed = { artist: 'AC/DC: "Live"', album: 'What?', album_artist: 'AC/DC: "Live"' };
  await mkdir(music('Mixed'));
  for (const [at, format] of (['alac', 'wav', 'opus', 'm4a', 'aiff'] as const).entries())
    await makeTrack(music('Mixed', `${format}.${format === 'alac' ? 'a.m4a' : format}`), {
      format,
      seconds: 2,
      toneHz: 300 + at * 50,
      tags: { ...mixed, title: `As ${format}`, track: String(at + 1) },
      ...(format === 'm4a' && { art }),
    });
  await library.scan();
}, 120_000);
afterAll(async () => {
  await library.close();
  await rm(dir, { recursive: true, force: true });
});
beforeEach(async () => {
  rig = await ExportRig.open(library, join(dir, `test-${++n}`));
});
afterEach(() => rig.close());

describe('[EX1] an export as FLAC', () => {
  it('has the files as they are, a cover, a list and a manifest with their sums', async () => {
    rig.loved = ['Harbour'];
    const done = await rig.run();
    expect(done).toMatchObject({ state: 'completed', progress: 100, album_count: 1, track_count: 2 });
    expect(done.error).toBeUndefined();
    const album = 'FLAC/Pier/Harbour';
    const files = [`${album}/01 Tide.flac`, `${album}/02 Rope.flac`, `${album}/cover.jpg`];
    expect(await tree(rig.stick)).toEqual(['FLAC/Hearts of Ann.m3u8', ...files, 'manifest.json']);
    expect(await sha256(onStick(files[0]!))).toBe(await sha256(music('Harbour/01 Tide.flac')));
    const manifest = JSON.parse(await readFile(onStick('manifest.json'), 'utf8')) as {
      files: { path: string; sha256: string }[];
    };
    for (const file of manifest.files) expect(await sha256(onStick(file.path))).toBe(file.sha256);
    expect(manifest.files.map(({ path }) => path)).toEqual(['FLAC/Hearts of Ann.m3u8', ...files]);
    expect(await readFile(onStick('FLAC/Hearts of Ann.m3u8'), 'utf8')).toBe(
      '#EXTM3U\n#EXTINF:1,Pier - Tide\nPier/Harbour/01 Tide.flac\n#EXTINF:1,Pier - Rope\nPier/Harbour/02 Rope.flac\n',
    );
  });
  it('makes FLAC of what is lossless, to the sample, and copies what is lossy and says so', async () => {
    rig.loved = ['What?'];
    const done = await rig.run();
    expect(done).toMatchObject({ state: 'completed', track_count: 5 });
    expect(done.error).toContain('2 tracks are lossy and were copied as they are');
    const files = (await tree(onStick('FLAC'))).filter((path) => path.includes('/'));
    for (const name of files.flatMap((path) => path.split('/'))) expect(nameProblem(name)).toBeUndefined();
    expect(files.map((path) => path.split('/').at(-1))).toEqual([
      '01 As alac.flac', '02 As wav.flac', '03 As opus.opus', '04 As m4a.m4a', '05 As aiff.flac', 'cover.jpg',
    ]); // prettier-ignore
    for (const [file, source] of [['01 As alac.flac', 'alac.a.m4a'], ['02 As wav.flac', 'wav.wav'], ['05 As aiff.flac', 'aiff.aiff']]) {
      const path = onStick('FLAC', files[0]!.replace(/[^/]*$/, ''), file!);
      expect(await samples(path)).toBe(await samples(music('Mixed', source!)));
    } // prettier-ignore
  });
});

async function samples(path: string): Promise<string> {
  const args = ['-v', 'error', '-i', path, '-map', '0:a:0', '-c:a', 'pcm_s16le', '-f', 'md5', '-'];
  return (await run('ffmpeg', args)).stdout;
}

describe('[EX1] an export as MP3', () => {
  it('copies MP3 and makes MP3 of all else, with tags and picture', async () => {
    rig.loved = ['Lossy', 'What?'];
    const done = await rig.run({ format: 'mp3' });
    expect(done).toMatchObject({ state: 'completed', track_count: 6 });
    expect(done.error).toBeUndefined();
    const files = (await tree(onStick('MP3'))).filter((path) => path.endsWith('.mp3'));
    expect(files).toHaveLength(6);
    const copied = files.find((path) => path.includes('Hiss'))!;
    expect(await sha256(onStick('MP3', copied))).toBe(await sha256(music('Lossy/01 Hiss.mp3')));
    for (const path of files.filter((each) => each !== copied)) {
      const { common, format } = await parseFile(onStick('MP3', path), { duration: true });
      expect(common).toMatchObject({ album: 'What?', artist: 'AC/DC: "Live"', albumartist: 'AC/DC: "Live"' });
      expect(common.title).toMatch(/^As /);
      expect(common.track.no).toBe(Number(path.match(/\/(\d\d) /)![1]));
      expect(common.picture?.[0]?.format).toBe('image/jpeg');
      expect(Math.abs(format.duration! - 2)).toBeLessThan(0.3);
    }
  });
  it('and FLAC together has a folder for each', async () => {
    rig.loved = ['Harbour'];
    const done = await rig.run({ format: 'both' });
    expect(done).toMatchObject({ state: 'completed', album_count: 1, track_count: 2 });
    const files = await tree(rig.stick);
    expect(files.filter((path) => /01 Tide/.test(path))).toEqual([
      'FLAC/Pier/Harbour/01 Tide.flac',
      'MP3/Pier/Harbour/01 Tide.mp3',
    ]);
  });
});

describe('[EX1] an export that is repeated', () => {
  it('writes nothing that stands there already, and what is new', async () => {
    rig.loved = ['Harbour'];
    await rig.run();
    const before = await stat(onStick('FLAC/Pier/Harbour/01 Tide.flac'));
    rig.loved = ['Lossy', 'Harbour'];
    await rig.run();
    expect((await stat(onStick('FLAC/Pier/Harbour/01 Tide.flac'))).ino).toBe(before.ino);
    expect(await tree(onStick('FLAC/Pier'))).toContain('Lossy/01 Hiss.mp3');
    expect(rig.notes.at(-1)?.message).toBe('2 albums: 1 files written, 2 were there already');
  });
  it('makes again what was damaged or removed there, and nothing that only has another time', async () => {
    rig.loved = ['Harbour'];
    await rig.run();
    const [first, second] = ['FLAC/Pier/Harbour/01 Tide.flac', 'FLAC/Pier/Harbour/02 Rope.flac'].map((path) =>
      onStick(path),
    );
    await writeFile(first!, Buffer.alloc((await stat(first!)).size));
    await utimes(first!, 1_000_000_000, 1_000_000_000);
    await utimes(second!, 1_000_000_000, 1_000_000_000);
    await rig.run();
    expect(rig.notes.at(-1)?.message).toBe('1 album: 1 files written, 1 were there already');
    expect(await sha256(first!)).toBe(await sha256(music('Harbour/01 Tide.flac')));
  });
  it('takes away what it made under a name that the track no longer has', async () => {
    rig.loved = ['Harbour'];
    await rig.run();
    const db = library.db;
    db.prepare("UPDATE tracks SET title = 'Ebb' WHERE title = 'Tide'").run();
    try {
      await rig.run();
    } finally {
      db.prepare("UPDATE tracks SET title = 'Tide' WHERE title = 'Ebb'").run();
    }
    expect(await tree(onStick('FLAC/Pier/Harbour'))).toEqual(['01 Ebb.flac', '02 Rope.flac', 'cover.jpg']);
  });
  it('overwrites no file of somebody else, and takes an equal one for its own', async () => {
    rig.loved = ['Harbour'];
    await mkdir(onStick('FLAC/Pier/Harbour'), { recursive: true });
    await writeFile(onStick('FLAC/Pier/Harbour/01 Tide.flac'), 'my own');
    await writeFile(onStick('FLAC/Pier/Harbour/02 Rope.flac'), await readFile(music('Harbour/02 Rope.flac')));
    const done = await rig.run();
    expect(done).toMatchObject({ state: 'completed', track_count: 1 });
    expect(done.error).toContain('01 Tide.flac is left out: there is a file of somebody else');
    expect(await readFile(onStick('FLAC/Pier/Harbour/01 Tide.flac'), 'utf8')).toBe('my own');
  });
  it('refuses a folder whose manifest.json is of something else', async () => {
    rig.loved = ['Harbour'];
    await writeFile(onStick('manifest.json'), '{"name":"my web app"}');
    await expect(rig.start()).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    expect(await tree(rig.stick)).toEqual(['manifest.json']);
  });
});

describe('[EX1] a playlist', () => {
  it('is a list in its order over the folders of its albums, with the tracks that are on it', async () => {
    const ids = ['Hiss', 'Rope', 'Hiss'].map((title) => library.track(title).track_id);
    const { playlist_id } = library.library.savePlaylist(`Road / trip ${n}`, ids);
    const done = await rig.run({ playlist_id });
    expect(done).toMatchObject({
      state: 'completed',
      title: `Road / trip ${n}`,
      album_count: 2,
      track_count: 2,
    });
    const list = await readFile(onStick(`FLAC/Road _ trip ${n}.m3u8`), 'utf8');
    expect(list.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([
      'Pier/Lossy/01 Hiss.mp3',
      'Pier/Harbour/02 Rope.flac',
      'Pier/Lossy/01 Hiss.mp3',
    ]);
  });
});

describe('[EX1] a folder', () => {
  it('that nobody allowed, the music folder, a link out and one that is not there are refused', async () => {
    rig.loved = ['Harbour'];
    await symlink('/tmp', onStick('out'));
    for (const folder of [
      '/tmp',
      library.musicDir,
      onStick('out'),
      onStick('none'),
      onStick('..'),
      'stick',
      '/etc',
    ])
      await expect(rig.start({ folder })).rejects.toMatchObject({ code: 'ERR_NOT_ALLOWED' });
  });
  it('inside an allowed one is allowed, and a link on the way inside is not followed', async () => {
    rig.loved = ['Harbour'];
    await mkdir(onStick('car'));
    await mkdir(onStick('elsewhere'));
    await symlink(onStick('elsewhere'), onStick('car/FLAC'));
    const done = await rig.run({ folder: onStick('car') });
    expect(done).toMatchObject({ state: 'failed' });
    expect(await tree(onStick('elsewhere'))).toEqual([]);
    await rm(onStick('car/FLAC'));
    expect(await rig.run({ folder: onStick('car') })).toMatchObject({ state: 'completed' });
  });
  it('that is a stick now is listed, and only then may be written to', async () => {
    const mountinfo = join(dir, 'mountinfo');
    const media = join(dir, 'media');
    await mkdir(join(media, 'ann/My Stick'), { recursive: true });
    await writeFile(mountinfo, `36 25 8:1 / ${media}/ann/My\\040Stick rw,nosuid - vfat /dev/sda1 rw\n`);
    await rig.close();
    rig = await ExportRig.open(library, join(dir, `stick-${n}`), {
      mountinfo,
      removable: [media],
      exportDirs: [],
    });
    rig.loved = ['Lossy'];
    const { folders } = await rig.exports.handlers['export:list']({}, ann);
    expect(folders).toEqual([join(media, 'ann/My Stick')]);
    expect(await rig.run({ folder: folders[0]! })).toMatchObject({ state: 'completed' });
    await writeFile(mountinfo, '');
    await expect(rig.start({ folder: folders[0]! })).rejects.toMatchObject({ code: 'ERR_NOT_ALLOWED' });
  });
});

describe('[EX2] an export', () => {
  it('tells how it goes on, and the person when it is done', async () => {
    rig.loved = ['Lossy', 'Harbour'];
    const done = await rig.run();
    const told = rig.events.filter(({ type }) => type === 'export:progress' || type === 'export:complete');
    expect(told.at(-1)).toMatchObject({
      topic: 'exports',
      data: { user_id: 'u-ann', path: rig.stick, album_count: 2 },
    });
    expect(told.slice(0, -1).map(({ data }) => (data as { current_album?: string }).current_album)).toContain(
      'Pier - Lossy',
    );
    expect(done.username).toBe('Ann');
    expect(rig.notes).toMatchObject([{ user_id: 'u-ann', title: 'Hearts of Ann is ready to take along' }]);
  });
  it('belongs to who began it; an admin may end it too', async () => {
    rig.loved = ['Harbour'];
    rig.works = false;
    const { export_id, job_id } = await rig.start();
    const { handlers } = rig.exports;
    expect(() => rig.jobs['job:cancel']({ job_id }, bob)).toThrow('belongs to somebody else');
    for (const command of ['export:cancel', 'export:resume', 'export:remove'] as const)
      await expect((async () => handlers[command]({ export_id }, bob))()).rejects.toMatchObject({
        code: 'ERR_NOT_ALLOWED',
      });
    await expect((async () => handlers['export:remove']({ export_id }, admin))()).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
    });
    const { exports } = await handlers['export:list']({}, bob);
    expect(exports).toMatchObject([{ export_id, state: 'queued' }]);
  });
  it('that waits when the server stops is done by the next one', async () => {
    rig.loved = ['Harbour'];
    rig.works = false;
    const { export_id } = await rig.start();
    await rig.close();
    rig = await ExportRig.open(library, join(dir, `test-${n}`));
    expect(rig.item(export_id)).toMatchObject({ state: 'queued', album_count: 1, track_count: 2 });
    rig.goOn();
    expect(await rig.over(export_id)).toMatchObject({ state: 'completed', track_count: 2 });
  });
  it('is the only one that writes to its folder', async () => {
    rig.loved = ['Harbour'];
    rig.works = false;
    await rig.start();
    await expect(rig.start()).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
  });
  it('of nobody who loves anything says what to do', async () => {
    await expect(rig.start()).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });
  it('that is cancelled leaves whole albums, and goes on where it was', async () => {
    rig.loved = ['Lossy', 'Wave'];
    const plan = await rig.planned({ format: 'mp3' });
    const abort = new AbortController();
    const cancelled = workOn(plan, ({ message }) => message?.endsWith('Wave') && abort.abort(), abort.signal);
    await expect(cancelled).rejects.toThrow();
    const whole = ['MP3/Pier/Lossy/01 Hiss.mp3', 'MP3/Pier/Lossy/cover.jpg', 'manifest.json'];
    expect(await tree(rig.stick)).toEqual(whole);
    expect(await workOn(plan)).toMatchObject({ written: 2, unchanged: 1 });
  });
  it('that failed is done again by a retry of its job', async () => {
    rig.loved = ['Lossy'];
    rig.works = false;
    const { export_id, job_id } = await rig.start();
    await rename(rig.stick, `${rig.stick}-pulled`);
    rig.goOn();
    expect(await rig.over(export_id)).toMatchObject({ state: 'failed' });
    await rename(`${rig.stick}-pulled`, rig.stick);
    void rig.jobs['job:retry']({ job_id }, ann);
    expect(rig.item(export_id)).toMatchObject({ state: 'queued', progress: 0 });
    expect(await rig.over(export_id)).toMatchObject({ state: 'completed' });
  });
  it('can be cancelled while it waits, resumed, and then forgotten', async () => {
    rig.loved = ['Lossy'];
    rig.works = false;
    const { export_id } = await rig.start();
    const { handlers } = rig.exports;
    await handlers['export:cancel']({ export_id }, ann);
    rig.goOn();
    expect(await rig.over(export_id)).toMatchObject({ state: 'cancelled' });
    await handlers['export:resume']({ export_id }, ann);
    expect(await rig.over(export_id)).toMatchObject({ state: 'completed', track_count: 1 });
    await handlers['export:remove']({ export_id }, ann);
    expect(rig.store.state.lists.exports.size).toBe(0);
  });
  it('leaves out a file that is gone or damaged, says why, and takes the others', async () => {
    await makeAlbum(music('Broken'), {
      artist: 'Pier',
      album: 'Broken',
      tracks: ['Cut', 'Gone', 'Fine'],
      format: 'wav',
      sound: 'noise',
      seconds: 3,
    });
    await library.scan();
    rig.loved = ['Broken'];
    await run('truncate', ['-s', '200000', music('Broken/01 Cut.wav')]);
    await rename(music('Broken/02 Gone.wav'), join(dir, 'gone.wav'));
    const done = await rig.run({ format: 'mp3' });
    expect(done).toMatchObject({ state: 'completed', track_count: 1 });
    expect(done.error).toMatch(/Cut is left out: its file .*\n.*Gone is left out: its file is not there/);
    expect(await tree(onStick('MP3/Pier/Broken'))).toEqual(['03 Fine.mp3']);
  });
  it('takes a file whose name is no text, copied and made anew', async () => {
    await makeAlbum(music('Bytes'), { artist: 'Pier', album: 'Bytes', tracks: ['Raw'] });
    const odd = Buffer.concat([
      Buffer.from(music('Bytes/')),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('.flac'),
    ]);
    await rename(music('Bytes/01 Raw.flac'), odd);
    await library.scan();
    rig.loved = ['Bytes'];
    expect(await rig.run({ format: 'both' })).toMatchObject({ state: 'completed', track_count: 1 });
    expect(await tree(onStick('FLAC/Pier'))).toEqual(['Bytes/01 Raw.flac']);
    expect(await tree(onStick('MP3/Pier'))).toEqual(['Bytes/01 Raw.mp3']);
  });
  it('reads no link that leads out of the music folder', async () => {
    await makeAlbum(music('Linked'), { artist: 'Pier', album: 'Linked', tracks: ['Trap', 'Bait'] });
    await library.scan();
    rig.loved = ['Linked'];
    await rm(music('Linked/01 Trap.flac'));
    await symlink('/etc/passwd', music('Linked/01 Trap.flac'));
    const done = await rig.run();
    expect(done).toMatchObject({ state: 'completed', track_count: 1 });
    expect(done.error).toContain('Trap is left out: its file is outside the music folder');
  });
  it('fails when its folder is another one than when it began, and writes nothing there', async () => {
    rig.loved = ['Harbour'];
    rig.works = false;
    const { export_id } = await rig.start();
    await rename(rig.stick, `${rig.stick}-pulled`);
    rig.goOn();
    const done = await rig.over(export_id);
    expect(done).toMatchObject({ state: 'failed', error: 'The folder or stick is not there any more' });
    expect(await tree(`${rig.stick}-pulled`)).toEqual([]);
  });
});

describe('[EX2] a stick that is full', () => {
  /** A stick of 6 MB. */
  const onSmallStick = async (use: (small: string) => Promise<void>): Promise<void> => {
    const small = join(dir, `small-${n}`);
    await mkdir(small);
    const unmount = await mountSmall(small, '6m');
    try {
      await rig.close();
      rig = await ExportRig.open(library, join(dir, `full-${n}`), { exportDirs: [small] });
      await use(small);
    } finally {
      await unmount();
    }
  };

  itMounts('is refused before anything is written', () =>
    onSmallStick(async (small) => {
      rig.loved = ['Harbour'];
      await run('fallocate', ['-l', '5900000', join(small, 'holiday.mp4')]);
      await expect(rig.start({ folder: small })).rejects.toMatchObject({ code: 'ERR_SPACE' });
      expect(await tree(small)).toEqual(['holiday.mp4']);
    }),
  );
  for (const [second, format] of [
    ['Wave', 'mp3'],
    ['Harbour', 'flac'],
  ] as const)
    itMounts(
      `meanwhile (${second} as ${format}) leaves whole albums, and it goes on when there is room`,
      () =>
        onSmallStick(async (small) => {
          rig.loved = ['Lossy', second];
          const plan = await rig.planned({ folder: small, format });
          let album = '';
          const fill = (): void => {
            const free = Number(
              execFileSync('df', ['--output=avail', '-k', small]).toString().split('\n')[1],
            );
            execFileSync('fallocate', ['-l', `${free}K`, join(small, 'holiday.mp4')]);
          };
          const full = workOn(plan, ({ message, current = 0 }) => {
            if (message !== undefined) album = `${message} ${current}`;
            else if (album.startsWith(`Pier - ${second}`) && album !== 'full') {
              fill();
              album = 'full';
            }
          });
          await expect(full).rejects.toMatchObject({ code: 'ERR_SPACE' });
          const folder = format.toUpperCase();
          const music = (await tree(small)).filter((path) => path.startsWith(folder));
          expect(music).toEqual([`${folder}/Pier/Lossy/01 Hiss.mp3`, `${folder}/Pier/Lossy/cover.jpg`]);
          await rm(join(small, 'holiday.mp4'));
          expect(await workOn(plan)).toMatchObject({ written: 2, unchanged: 1 });
        }),
    );
});
