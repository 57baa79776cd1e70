import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LibraryRig } from './library-rig.js';
import { makeTrack } from '../fixtures/make-music.js';

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
          album: 'All Formats',
          album_artist: 'Ärtist',
          track: String(n + 1),
        },
      });
    await rig.scan();
    const tracks = rig.tracks();
    expect(rig.problems()).toEqual([]);
    expect(tracks.map((track) => track.codec)).toEqual(
      expect.arrayContaining(['flac', 'mp3', 'aac', 'alac', 'opus', 'vorbis', 'wav', 'aiff']),
    );
    for (const track of tracks) {
      expect(track.title).toBe(
        `As ${track.codec === 'aac' ? 'm4a' : track.codec === 'vorbis' ? 'ogg' : track.codec}`,
      );
      expect(track.artist).toBe('Ärtist');
      expect(Math.abs(track.duration_seconds - 2)).toBeLessThan(0.2);
      expect(track.lossless).toBe(['flac', 'alac', 'wav', 'aiff'].includes(track.codec ?? ''));
    }
  });
});
