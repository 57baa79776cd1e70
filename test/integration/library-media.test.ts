import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/base/index.js';
import { openLibrary, transcodeStream } from '../../src/library/index.js';
import { ManualClock } from '../fakes/manual-clock.js';
import { makeAlbum, makePicture, makeTrack } from '../fixtures/make-music.js';
import { LibraryRig } from './library-rig.js';

const run = promisify(execFile);
let dir: string;
let rig: LibraryRig;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-media-'));
  rig = await LibraryRig.open(dir);
});
afterEach(async () => {
  await rig.close();
  await rm(dir, { recursive: true, force: true });
});

async function oneTrack(): Promise<string> {
  await makeTrack(join(rig.musicDir, 'a.flac'), { seconds: 2, tags: { title: 'One' } });
  await rig.scan();
  return rig.track('One').track_id;
}
const tokenOf = (urlPath: string): string => urlPath.slice('/media/'.length);
const expired = expect.objectContaining({ code: 'ERR_MEDIA_EXPIRED' });

describe('media URLs', () => {
  it('lead to the file, with its type and a mark that changes with it', async () => {
    const id = await oneTrack();
    const file = rig.library.file(id, 'all')!;
    expect(file).toMatchObject({
      path: join(rig.musicDir, 'a.flac'),
      relative_path: 'a.flac',
      title: 'One',
      duration_seconds: 2,
    });
    expect(file.url_path).toMatch(/^\/media\/[\w.-]+\.flac$/);
    const media = rig.library.media(tokenOf(file.url_path));
    expect(media).toMatchObject({
      path: file.path,
      mime: 'audio/flac',
      transcode: undefined,
      duration_seconds: 2,
    });
    await writeFile(file.path, 'longer or shorter');
    expect(rig.library.media(tokenOf(file.url_path)).etag).not.toBe(media.etag);
  });

  it('ask for another format only when the player does not know this one', async () => {
    const id = await oneTrack();
    const asked = (codecs: readonly string[]) => {
      const file = rig.library.file(id, codecs);
      return file && rig.library.media(tokenOf(file.url_path));
    };
    expect(asked(['flac', 'mp3'])).toMatchObject({ transcode: undefined });
    expect(asked(['mp3', 'aac'])).toMatchObject({ transcode: 'mp3', mime: 'audio/mpeg' });
    expect(asked(['aac'])).toBeUndefined();
    expect(rig.library.file('t-unknown', 'all')).toBeUndefined();
  });

  it('made up, changed or signed with another key are refused', async () => {
    const id = await oneTrack();
    const token = tokenOf(rig.library.file(id, 'all')!.url_path);
    fc.assert(
      fc.property(
        fc.nat(token.indexOf('.flac') - 1),
        fc.constantFrom('A', 'b', '-', '.', '/', '%'),
        (at, sign) => {
          const changed = token.slice(0, at) + sign + token.slice(at + 1);
          if (changed === token) return;
          // The last sign of a base64 text holds bits that mean nothing; the same bytes are the same signature.
          const same = Buffer.from(changed.split('.')[1] ?? '', 'base64url').equals(
            Buffer.from(token.split('.')[1]!, 'base64url'),
          );
          if (same && changed.split('.')[0] === token.split('.')[0]) return;
          expect(() => rig.library.media(changed)).toThrow(expired);
        },
      ),
    );
    for (const bad of ['', 'x', '../../etc/passwd', `${token}/../x`, `${token}\0`])
      expect(() => rig.library.media(bad)).toThrow(expired);
    await rig.library.close();
    rig.reopen({ mediaKey: Buffer.alloc(32, 8) });
    expect(() => rig.library.media(token)).toThrow(expired);
  });

  it('expire after a day, and a jump of the wall clock does not end them', async () => {
    const id = await oneTrack();
    const clock = new ManualClock();
    const options = {
      db: rig.db, musicDir: rig.musicDir, cacheDir: join(dir, 'cache'), log: silentLogger, demo: false, watch: false,
      mediaKey: Buffer.alloc(32, 7), onState: () => undefined, onUpdated: () => undefined,
    }; // prettier-ignore
    const library = openLibrary({ ...options, clock });
    const token = tokenOf(library.file(id, 'all')!.url_path);
    await clock.advance(23 * 3600_000);
    expect(library.media(token).mime).toBe('audio/flac');
    await clock.advance(2 * 3600_000);
    expect(() => library.media(token)).toThrow(expired);
    const jumping = new ManualClock(Date.UTC(2020, 0, 1));
    const early = openLibrary({ ...options, clock: jumping });
    const old = tokenOf(early.file(id, 'all')!.url_path);
    expect(early.media(old).mime).toBe('audio/flac');
    const later = openLibrary({ ...options, clock: new ManualClock(Date.UTC(2020, 0, 1, 20)) });
    expect(later.media(old).mime).toBe('audio/flac');
    const muchLater = openLibrary({ ...options, clock: new ManualClock(Date.UTC(2020, 0, 3)) });
    expect(() => muchLater.media(old)).toThrow(expired);
  });

  it('never lead outside the music folder, also when a link takes the place of the file', async () => {
    const id = await oneTrack();
    const token = tokenOf(rig.library.file(id, 'all')!.url_path);
    await writeFile(join(dir, 'secret'), 'secret');
    await unlink(join(rig.musicDir, 'a.flac'));
    await symlink(join(dir, 'secret'), join(rig.musicDir, 'a.flac'));
    expect(() => rig.library.media(token)).toThrow(expect.objectContaining({ code: 'ERR_TRACK_NOT_FOUND' }));
    await rename(join(rig.musicDir, 'a.flac'), join(rig.musicDir, 'b.flac'));
    expect(() => rig.library.media(token)).toThrow(expect.objectContaining({ code: 'ERR_TRACK_NOT_FOUND' }));
  });
});

describe('another format', () => {
  const lengthOf = async (path: string): Promise<number> =>
    Number(
      (await run('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', path]))
        .stdout,
    );

  it('comes as a stream, from a position on', async () => {
    await makeTrack(join(dir, '-i evil:name.flac'), { seconds: 4, sound: 'noise' });
    const { stream, mime, done } = transcodeStream({
      path: join(dir, '-i evil:name.flac'),
      to: 'mp3',
      startSeconds: 1,
      signal: new AbortController().signal,
    });
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    await done;
    await writeFile(join(dir, 'out.mp3'), Buffer.concat(chunks));
    expect(mime).toBe('audio/mpeg');
    expect(Math.abs((await lengthOf(join(dir, 'out.mp3'))) - 3)).toBeLessThan(0.2);
  });

  it('comes as bare samples, of a position to the sample', async () => {
    const path = join(dir, 'samples.flac');
    await makeTrack(path, { seconds: 3, sound: 'noise' });
    const samples = async (startSeconds: number): Promise<Buffer> => {
      const { signal } = new AbortController();
      const chunks: Buffer[] = [];
      for await (const chunk of transcodeStream({ path, to: 's16le', startSeconds, signal }).stream)
        chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    };
    const [whole, later] = [await samples(0), await samples(1.25)];
    expect(whole.length).toBe(3 * 48_000 * 4);
    // Another rate needs some samples to swing in.
    const same = later.subarray(4000).equals(whole.subarray(60_000 * 4 + 4000));
    expect([later.length, same]).toEqual([84_000 * 4, true]);
  });

  it('ends with the signal, and a broken file is an error that says so', async () => {
    await makeTrack(join(dir, 'long.flac'), { seconds: 60, sound: 'noise' });
    const abort = new AbortController();
    const { stream, done } = transcodeStream({
      path: join(dir, 'long.flac'),
      to: 'flac',
      signal: abort.signal,
    });
    await new Promise((resolve) => stream.once('data', resolve));
    abort.abort();
    await done;
    expect(stream.destroyed).toBe(true);
    await writeFile(join(dir, 'bad.flac'), 'no music');
    const bad = transcodeStream({
      path: join(dir, 'bad.flac'),
      to: 'mp3',
      signal: new AbortController().signal,
    });
    bad.stream.on('error', () => undefined).resume();
    await expect(bad.done).rejects.toMatchObject({ code: 'ERR_UNPLAYABLE' });
  });
});

describe('artwork', () => {
  const sizeOf = async (path: string): Promise<string> =>
    (
      await run('ffprobe', [
        '-v',
        'error',
        '-select_streams',
        'v:0',
        '-show_entries',
        'stream=width,height',
        '-of',
        'csv=p=0',
        path,
      ])
    ).stdout.trim();

  it('embedded in FLAC, MP3, M4A and Ogg is one picture by its content, the same as beside them', async () => {
    const cover = await makePicture(join(dir, 'cover.jpg'), 700);
    for (const format of ['flac', 'mp3', 'm4a'] as const)
      await makeAlbum(join(rig.musicDir, format), {
        artist: format,
        album: format,
        tracks: 1,
        format,
        art: cover,
      });
    await makeAlbum(join(rig.musicDir, 'folder'), { artist: 'f', album: 'f', tracks: 1 });
    await writeFile(join(rig.musicDir, 'folder/Cover.JPG'), await readFile(cover));
    await rig.scan();
    const ids = new Set(rig.tracks().map((track) => track.artwork_id));
    expect(ids.size).toBe(1);
    const [id] = ids;
    expect(id).toMatch(/^im-/);
    for (const album of rig.albums()) expect(album.artwork_id).toBe(id);
  });

  it('comes in the next larger of four sizes, never larger than it is, made once', async () => {
    const cover = await makePicture(join(dir, 'cover.jpg'), 700);
    await makeAlbum(join(rig.musicDir, 'a'), {
      artist: 'a',
      album: 'a',
      tracks: 1,
      format: 'mp3',
      art: cover,
    });
    await rig.scan();
    const id = rig.albums()[0]!.artwork_id!;
    const [small, again] = await Promise.all([rig.library.artwork(id, 64), rig.library.artwork(id, 96)]);
    expect(small).toMatchObject({ mime: 'image/jpeg' });
    expect(again).toEqual(small);
    expect(await sizeOf(small!.path)).toBe('96,96');
    expect(await sizeOf((await rig.library.artwork(id, 321))!.path)).toBe('640,640');
    expect(await sizeOf((await rig.library.artwork(id, 5000))!.path)).toBe('700,700');
  });

  it('in its original size when ffmpeg is missing', async () => {
    await makeAlbum(join(rig.musicDir, 'a'), { artist: 'a', album: 'a', tracks: 1 });
    await makePicture(join(rig.musicDir, 'a/front.png'), 300);
    await rig.library.close();
    rig.reopen({ ffmpeg: '/nonexistent/ffmpeg' });
    await rig.scan();
    const found = await rig.library.artwork(rig.albums()[0]!.artwork_id!, 96);
    expect(found).toMatchObject({ mime: 'image/png' });
    expect(await readFile(found!.path)).toEqual(await readFile(join(rig.musicDir, 'a/front.png')));
  });

  it('that is no picture, unknown, or a bomb is none', async () => {
    await makeAlbum(join(rig.musicDir, 'a'), { artist: 'a', album: 'a', tracks: 1 });
    await writeFile(join(rig.musicDir, 'a/cover.jpg'), '<svg onload="alert(1)"></svg>');
    await rig.scan();
    expect(rig.albums()[0]!.artwork_id).toBeUndefined();
    for (const id of ['im-aaaaaaaaaaaa', '../../etc/passwd', ''])
      expect(await rig.library.artwork(id, 96)).toBeUndefined();
    await makePicture(join(rig.musicDir, 'a/cover.png'), 9000, 'black');
    await rm(join(rig.musicDir, 'a/cover.jpg'));
    await rig.scan();
    expect(await rig.library.artwork(rig.albums()[0]!.artwork_id!, 96)).toBeUndefined();
  });

  it('follows the folder: a new picture is a new id', async () => {
    await makeAlbum(join(rig.musicDir, 'a'), { artist: 'a', album: 'a', tracks: 1 });
    await makePicture(join(rig.musicDir, 'a/cover.jpg'), 200, 'red');
    await rig.scan();
    const before = rig.albums()[0]!.artwork_id;
    await makePicture(join(rig.musicDir, 'a/cover.jpg'), 200, 'blue');
    await rig.scan();
    expect(rig.albums()[0]!.artwork_id).not.toBe(before);
    await rm(join(rig.musicDir, 'a/cover.jpg'));
    await rig.scan();
    expect(rig.albums()[0]!.artwork_id).toBeUndefined();
  });
});
