import { describe, expect, it } from 'vitest';
import type { SourceFile } from '../../library/index.js';
import { nameKey, nameProblem } from '../names.js';
import type { ManifestFile } from './manifest.js';
import { isMade, madeOf, neededBytes, planExport, trackItem, type Earlier } from './planning.js';

const source = (fields: Partial<SourceFile>): SourceFile => ({
  path: Buffer.from(`/music/${fields.title ?? 'Song'}.flac`),
  size_bytes: 1000,
  mtime_us: 5,
  track_id: 'tr1',
  album_id: 'al1',
  title: 'Song',
  artist: 'Artist',
  album: 'Album',
  album_artist: 'Artist',
  year: undefined,
  disc_count: 1,
  disc_number: undefined,
  track_number: 1,
  duration_seconds: 100,
  codec: 'flac',
  lossless: true,
  sample_rate_hz: 44_100,
  bits_per_sample: 16,
  art: undefined,
  ...fields,
});

const NOTHING: Earlier = { files: [], at: () => undefined };

function earlier(files: readonly ManifestFile[]): Earlier {
  return { files, at: (path) => files.find((file) => nameKey(file.path) === nameKey(path)) };
}

const plan = (
  sources: readonly SourceFile[],
  before = NOTHING,
  format: 'flac' | 'mp3' = 'flac',
  max = 2 ** 40,
) =>
  planExport(
    {
      export_id: 'e1',
      title: 'Hearts',
      formats: [format],
      sources,
      folder: { path: '/stick', device: '1', free_bytes: 0, max_file_bytes: max, reserve_bytes: 0 },
      musicDir: '/music',
    },
    before,
  );
const paths = (sources: readonly SourceFile[], before = NOTHING): string[] =>
  plan(sources, before).albums.flatMap(({ folder, tracks }) => tracks.map(({ name }) => `${folder}/${name}`));

const made = (fields: Partial<ManifestFile>): ManifestFile => ({
  path: 'FLAC/Artist/Album/01 Song.flac',
  size_bytes: 1000,
  sha256: '0'.repeat(64),
  mtime_ms: 0,
  item: trackItem('tr1', 'flac'),
  album_id: 'al1',
  made_of: 'x',
  ...fields,
});

describe('[EX1] names of an export', () => {
  it('are legal on FAT and unlike each other without case, whatever the library is called', () => {
    const hostile = [
      '',
      '...',
      'CON',
      'a/b\\c:d*e?f"g<h>i|j',
      'intro',
      'INTRO',
      'x. ',
      'é'.repeat(300),
      '\u202e',
      '..',
    ];
    const sources = hostile.flatMap((text, n) => [
      source({
        track_id: `t${n}`,
        title: text,
        album: text,
        album_artist: text,
        album_id: `al${n}`,
        track_number: undefined,
      }),
      source({ track_id: `u${n}`, title: text, album: 'All', album_id: 'all', track_number: undefined }),
    ]);
    const found = paths(sources);
    for (const name of found.flatMap((path) => path.split('/')))
      expect([name, nameProblem(name)]).toEqual([name, undefined]);
    expect(new Set(found.map(nameKey)).size).toBe(sources.length);
    expect(Math.max(...found.map((path) => path.length))).toBeLessThan(255);
  });
  it('have the disc where there are several', () => {
    const discs = [1, 2].map((disc) => source({ track_id: `t${disc}`, disc_count: 2, disc_number: disc }));
    expect(paths(discs)).toEqual(['FLAC/Artist/Album/1-01 Song.flac', 'FLAC/Artist/Album/2-01 Song.flac']);
  });
  it('of one artist in two spellings are one folder', () => {
    const two = ['Pier', 'PIER'].map((album_artist, n) =>
      source({ track_id: `t${n}`, album_id: `al${n}`, album: `A${n}`, album_artist }),
    );
    expect(paths(two)).toEqual(['FLAC/Pier/A0/01 Song.flac', 'FLAC/Pier/A1/01 Song.flac']);
  });
  it('stay with the album that had them first, also when it is not taken along this time', () => {
    const [first, second] = ['al1', 'al2'].map((album_id, n) => source({ album_id, track_id: `tr${n + 1}` }));
    expect(paths([first!, second!])).toEqual([
      'FLAC/Artist/Album/01 Song.flac',
      'FLAC/Artist/Album (2)/01 Song.flac',
    ]);
    expect(paths([second!], earlier([made({})]))).toEqual(['FLAC/Artist/Album (2)/01 Song.flac']);
  });
});

describe('[EX1] what is made', () => {
  const making = (fields: Partial<SourceFile>, format: 'flac' | 'mp3'): string => {
    const { making: how, name } = plan([source(fields)], NOTHING, format).albums[0]!.tracks[0]!;
    return `${how} ${name.split('.').at(-1)}`;
  };
  it('is no FLAC of what is lossy, and no MP3 of MP3', () => {
    const opus = { codec: 'opus', lossless: false, path: Buffer.from('/music/a.opus') };
    const mp3 = { codec: 'mp3', lossless: false, path: Buffer.from('/music/a.MP3') };
    const alac = { codec: 'alac', path: Buffer.from('/music/a.m4a') };
    expect([making({}, 'flac'), making(alac, 'flac'), making(opus, 'flac'), making(mp3, 'flac')]).toEqual([
      'copy flac',
      'lossless flac',
      'copy opus',
      'copy mp3',
    ]);
    expect([making({}, 'mp3'), making(opus, 'mp3'), making(mp3, 'mp3')]).toEqual([
      'lossy mp3',
      'lossy mp3',
      'copy mp3',
    ]);
  });
  it('leaves out what FAT cannot hold, and says so', () => {
    const { albums, notes } = plan([source({ size_bytes: 5_000_000_000 })], NOTHING, 'flac', 2 ** 32 - 1);
    expect(albums).toEqual([]);
    expect(notes).toEqual(['Artist - Song is left out: FAT takes no file of 4 GB']);
  });
  it('needs room for what is not there yet alone', () => {
    const { albums } = plan([source({}), source({ track_id: 'tr2', title: 'Other', track_number: 2 })]);
    const made_of = madeOf(albums[0]!.tracks[0]!, undefined);
    const before = earlier([made({ made_of })]);
    expect(isMade(albums[0]!, albums[0]!.tracks[0]!, before)).toBe(true);
    expect(neededBytes(albums, before)).toBe(1000 + 32_768);
    expect(neededBytes(albums, NOTHING)).toBe(2 * (1000 + 32_768));
  });
  it('is made again when its source is another', () => {
    const { albums } = plan([source({ mtime_us: 6 })]);
    const before = earlier([made({ made_of: madeOf(plan([source({})]).albums[0]!.tracks[0]!, undefined) })]);
    expect(isMade(albums[0]!, albums[0]!.tracks[0]!, before)).toBe(false);
  });
});
