import { cp, mkdir, mkdtemp, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeAlbum, makeHostile, makeTrack } from '../fixtures/make-music.js';
import { makeManyFlacs } from '../fixtures/many-flacs.js';
import { LibraryRig } from './library-rig.js';

let dir: string;
let rig: LibraryRig;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-library-'));
  rig = await LibraryRig.open(dir);
});
afterEach(async () => {
  await rig.close();
  await rm(dir, { recursive: true, force: true });
});

describe('a scan', () => {
  it('reads title, artist, album, numbers, length and format of every kind of file', async () => {
    const formats = ['flac', 'mp3', 'm4a', 'alac', 'opus', 'ogg', 'wav', 'aiff'] as const;
    for (const [n, format] of formats.entries())
      await makeTrack(join(rig.musicDir, `${format}.${format === 'alac' ? 'm4a' : format}`), {
        format,
        seconds: 2,
        tags: {
          title: `As ${format}`,
          artist: 'Ärtist',
          album: 'All',
          album_artist: 'Ärtist',
          track: String(n + 1),
        },
      });
    await makeTrack(join(rig.musicDir, 'raw.aac'), { format: 'aac', seconds: 2 });
    await rig.scan();
    expect(rig.problems()).toEqual([]);
    const tagged = rig.tracks().filter((track) => track.album === 'All');
    expect(tagged.map((track) => track.codec).sort()).toEqual(
      ['flac', 'mp3', 'aac', 'alac', 'opus', 'vorbis', 'wav', 'aiff'].sort(),
    );
    for (const track of tagged) {
      const format = track.codec === 'aac' ? 'm4a' : track.codec === 'vorbis' ? 'ogg' : track.codec;
      expect(track).toMatchObject({
        title: `As ${format}`,
        artist: 'Ärtist',
        sample_rate_hz: format === 'opus' ? 48_000 : 44_100,
      });
      expect(Math.abs(track.duration_seconds - 2)).toBeLessThan(0.2);
      expect(track.lossless).toBe(['flac', 'alac', 'wav', 'aiff'].includes(track.codec ?? ''));
      expect(track.bits_per_sample).toBe(track.lossless ? 16 : undefined);
    }
    expect(Math.abs(rig.track('raw').duration_seconds - 2)).toBeLessThan(0.3);
  });

  it('of an unchanged folder changes nothing and reads no file', async () => {
    await makeManyFlacs(rig.musicDir, { count: 30 });
    await rig.scan();
    const { generation } = rig.states.at(-1)!;
    const ids = rig.tracks().map((track) => track.track_id);
    rig.changes.length = 0;
    await rig.scan();
    expect(rig.changes).toEqual([]);
    expect(rig.states.at(-1)!.generation).toBe(generation);
    expect(rig.states.at(-1)!.scan).toMatchObject({ state: 'idle', total: 0 });
    await rig.scan(true);
    expect(rig.tracks().map((track) => track.track_id)).toEqual(ids);
  });

  it('tells its progress and ends idle', async () => {
    await makeManyFlacs(rig.musicDir, { count: 100 });
    await rig.scan();
    expect(rig.states.some(({ scan }) => scan.state === 'running')).toBe(true);
    expect(rig.states.at(-1)).toMatchObject({
      track_count: 100,
      album_count: 10,
      artist_count: 3,
      duration_seconds: 100,
    });
    expect(rig.states.at(-1)!.scan).toMatchObject({ state: 'idle', done: 100, total: 100 });
  });

  it('takes a changed file anew under its old id, and tells which album changed', async () => {
    const [path] = await makeAlbum(join(rig.musicDir, 'A'), { artist: 'X', album: 'Y', tracks: 2 });
    await rig.scan();
    const before = rig.track('Track 1');
    rig.changes.length = 0;
    await makeTrack(path!, { seconds: 2, tags: { title: 'Renamed', artist: 'X', album: 'Y', track: '1' } });
    await rig.scan();
    expect(rig.track('Renamed')).toMatchObject({ track_id: before.track_id, album_id: before.album_id });
    expect(rig.changes).toEqual([{ album_id: before.album_id, action: 'updated' }]);
  });

  it('takes out what is gone, with albums and artists that have nothing left', async () => {
    await makeManyFlacs(rig.musicDir, { count: 50, albumsPerArtist: 1 });
    await rig.scan();
    await rm(join(rig.musicDir, 'Artist 2'), { recursive: true });
    await rm(join(rig.musicDir, 'Artist 3/Album 3/01 Song 31.flac'));
    await rig.scan();
    expect(rig.states.at(-1)).toMatchObject({ track_count: 39, album_count: 4, artist_count: 4 });
    expect(rig.find('Artist 2').artists).toEqual([]);
    expect(rig.find('Song 31').tracks).toEqual([]);
  });

  it('keeps the ids of tracks and albums that were moved or renamed', async () => {
    await makeAlbum(join(rig.musicDir, 'old/CD1'), { artist: 'X', album: 'Y', tracks: 2, disc: 1 });
    await makeAlbum(join(rig.musicDir, 'old/CD2'), {
      artist: 'X',
      album: 'Y',
      tracks: ['Three'],
      disc: 2,
      seconds: 2,
    });
    await rig.scan();
    const before = rig.tracks();
    await mkdir(join(rig.musicDir, 'new'));
    await rename(join(rig.musicDir, 'old'), join(rig.musicDir, 'new/place'));
    await rename(
      join(rig.musicDir, 'new/place/CD1/01 Track 1.flac'),
      join(rig.musicDir, 'new/place/CD1/1.flac'),
    );
    await rig.scan();
    expect(rig.tracks()).toEqual(before);
  });

  it('of a folder that is missing or suddenly empty keeps the library, and says so', async () => {
    await makeAlbum(join(rig.musicDir, 'A'), { artist: 'X', album: 'Y', tracks: 2 });
    await rig.scan();
    await rename(rig.musicDir, `${rig.musicDir}-away`);
    await rig.scan();
    expect(rig.tracks()).toHaveLength(2);
    expect(rig.problems()).toEqual([
      { path: '.', reason: expect.stringContaining('the music folder is not there') },
    ]);
    await mkdir(rig.musicDir);
    await rig.scan();
    expect(rig.tracks()).toHaveLength(2);
    expect(rig.problems()).toEqual([{ path: '.', reason: expect.stringContaining('is empty') }]);
    await rm(rig.musicDir, { recursive: true });
    await rename(`${rig.musicDir}-away`, rig.musicDir);
    await rig.scan();
    expect(rig.problems()).toEqual([]);
    expect(rig.tracks()).toHaveLength(2);
  });

  it('keeps what was on a disk that is no longer mounted until a full scan', async () => {
    await makeAlbum(join(rig.musicDir, 'usb/A'), { artist: 'X', album: 'Y', tracks: 1 });
    await makeAlbum(join(rig.musicDir, 'B'), { artist: 'X', album: 'Z', tracks: 1 });
    await rig.scan();
    rig.db.exec("UPDATE folders SET mounted = 1 WHERE folder = CAST('usb' AS BLOB)");
    await rm(join(rig.musicDir, 'usb/A'), { recursive: true });
    await rig.scan();
    expect(rig.tracks()).toHaveLength(2);
    expect(rig.problems()).toEqual([{ path: 'usb', reason: expect.stringContaining('disk that was here') }]);
    await rm(join(rig.musicDir, 'usb'), { recursive: true });
    await rig.scan();
    expect(rig.tracks()).toHaveLength(2);
    await rig.scan(true);
    expect(rig.tracks()).toHaveLength(1);
  });

  it('stopped in the middle goes on where it was', async () => {
    await makeManyFlacs(rig.musicDir, { count: 300 });
    await rig.library.start();
    await rig.until('some tracks', () => (rig.states.at(-1)?.track_count ?? 0) > 0);
    await rig.library.close();
    rig.reopen();
    await rig.library.start();
    await rig.library.scanned();
    expect(rig.states.at(-1)).toMatchObject({ track_count: 300, album_count: 30 });
  });
});

describe('hostile files', () => {
  it('never stop a scan: each is listed with its reason, and all that can be played is there', async () => {
    await makeHostile(join(rig.musicDir, 'h'));
    await makeAlbum(join(rig.musicDir, 'z'), { artist: 'X', album: 'Good', tracks: 1 });
    await rig.scan();
    const reasons = Object.fromEntries(rig.problems().map(({ path, reason }) => [path.slice(2), reason]));
    for (const extension of ['flac', 'mp3', 'm4a', 'opus', 'ogg', 'wav'])
      expect(reasons[`zero.${extension}`]).toBe('the file is empty');
    expect(reasons['page.mp3']).toContain('web page');
    expect(reasons['truncated.m4a']).toBeDefined();
    expect(reasons['zeros.flac']).toContain('zeros');
    for (const name of ['truncated.flac', 'truncated.mp3', 'truncated.wav'])
      expect(reasons[name]).toContain('shorter');
    expect(reasons['named.flac']).toBe('the file is named .flac but is MP3');
    expect(reasons['outside.mp3']).toContain('outside the music folder');
    expect(reasons['etc']).toContain('outside the music folder');
    expect(reasons['self']).toContain('back to itself');
    expect(Object.keys(reasons)).toHaveLength(16);
    const titles = rig.tracks().map((track) => track.title);
    for (const title of [
      'Cut FLAC',
      'Cut MP3',
      'Cut WAV',
      'Thunderstruck',
      'Tïtle',
      'bigart',
      '../../etc/passwd',
      'Track 1',
    ])
      expect(titles).toContain(title);
    expect(titles.filter((title) => title === 'Really MP3')).toHaveLength(5);
    expect(titles.some((title) => /^é{100,}$/.test(title))).toBe(true);
  });

  it('an artist with a slash in ID3v2.3 stays one artist', async () => {
    await makeHostile(join(rig.musicDir, 'h'));
    await rig.scan();
    expect(rig.track('Thunderstruck')).toMatchObject({ artist: 'AC/DC' });
    expect(rig.find('acdc').artists).toMatchObject([{ name: 'AC/DC' }]);
  });

  it('UTF-8 in a WAV LIST chunk is read as what it is', async () => {
    await makeTrack(join(rig.musicDir, 'a.wav'), {
      format: 'wav',
      tags: { title: 'Tïtle', artist: 'Björk' },
    });
    await rig.scan();
    expect(rig.track('Tïtle').artist).toBe('Björk');
  });

  it('a file listed as a problem leaves the list when it is mended or removed', async () => {
    await writeFile(join(rig.musicDir, 'a.flac'), '');
    await writeFile(join(rig.musicDir, 'b.flac'), '');
    await rig.scan();
    expect(rig.problems()).toHaveLength(2);
    await makeTrack(join(rig.musicDir, 'a.flac'));
    await rm(join(rig.musicDir, 'b.flac'));
    await rig.scan();
    expect(rig.problems()).toEqual([]);
    expect(rig.tracks()).toHaveLength(1);
  });

  it('hidden files, folders of other systems and files still downloading are not looked at', async () => {
    await makeTrack(join(rig.musicDir, 'a.flac'));
    for (const place of ['.hidden', '@eaDir', 'sub/.Trash']) {
      await mkdir(join(rig.musicDir, place), { recursive: true });
      await cp(join(rig.musicDir, 'a.flac'), join(rig.musicDir, place, 'b.flac'));
    }
    await cp(join(rig.musicDir, 'a.flac'), join(rig.musicDir, 'loading.flac'));
    await writeFile(join(rig.musicDir, 'loading.flac.aria2'), '');
    await rig.scan();
    expect(rig.tracks().map((track) => track.title)).toEqual(['a']);
    expect(rig.problems()).toEqual([]);
  });

  it('links inside the folder are neither followed nor counted twice', async () => {
    await makeAlbum(join(rig.musicDir, 'A/B'), { artist: 'X', album: 'Y', tracks: 1 });
    await symlink('..', join(rig.musicDir, 'A/B/up'));
    await symlink('A/B', join(rig.musicDir, 'again'));
    await rig.scan();
    expect(rig.tracks()).toHaveLength(1);
    expect(rig.problems()).toEqual([]);
  });

  it('a name that is no text is in the library and can be opened', async () => {
    await makeTrack(join(rig.musicDir, 'a.mp3'), { format: 'mp3', tags: { title: 'Bytes' } });
    const odd = Buffer.concat([
      Buffer.from(`${rig.musicDir}/`),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('.mp3'),
    ]);
    await rename(join(rig.musicDir, 'a.mp3'), odd);
    await rig.scan();
    const file = rig.library.file(rig.track('Bytes').track_id, 'all')!;
    expect(file.relative_path).toBe('\u{fffd}\u{fffd}.mp3');
    expect(await readdir(join(file.path, '..'))).toHaveLength(1);
    expect(rig.library.media(file.url_path.slice('/media/'.length)).path).toBe(file.path);
  });
});

describe('settling', () => {
  it('a file that still grows is taken when it has come to rest, not before', async () => {
    await rig.library.close();
    rig.reopen({ settleMs: 400 });
    const path = join(rig.musicDir, 'a.flac');
    await makeTrack(path);
    await rig.handlers['library:scan']({ full: false }, rig.caller);
    await rig.until('the first look', () => rig.states.some(({ scan }) => scan.finished_at !== undefined));
    expect(rig.tracks()).toHaveLength(0);
    await rig.library.scanned();
    expect(rig.tracks()).toHaveLength(1);
  });

  it('a file of the future is taken all the same', async () => {
    await makeTrack(join(rig.musicDir, 'a.flac'));
    await utimes(join(rig.musicDir, 'a.flac'), 4e9, 4e9);
    await rig.scan();
    expect(rig.tracks()).toHaveLength(1);
  });
});
