import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../base/index.js';
import type { FileTags, Release } from '../../protocol/index.js';
import type { Examined, ExaminedFile } from '../contract.js';
import { identify } from './identify.js';
import type { Hit, Known, ReleaseSource } from './known.js';
import { searchReleases } from './search-releases.js';

const signal = new AbortController().signal;
const ID = (n: number): string => `0000000${n}-0000-4000-8000-000000000000`;

function release(n: number, titles: readonly string[], own: Partial<Release> = {}): Release {
  return {
    release_id: ID(n),
    release_group_id: ID(n),
    album: 'Harbour',
    album_artist: 'The Ferrymen',
    year: 2004,
    media: 'CD',
    compilation: false,
    tracks: titles.map((title, at) => ({
      disc_number: 1,
      track_number: at + 1,
      title,
      artist: 'The Ferrymen',
      duration_seconds: 100 + at * 40,
    })),
    ...own,
  };
}

const TITLES = ['Rope', 'Tar', 'Gull', 'Fog'];

function files(
  titles: readonly string[],
  tags: FileTags = {},
  own: Partial<ExaminedFile> = {},
): ExaminedFile[] {
  return titles.map((title, at) => ({
    path: `0${at + 1} ${title}.flac`,
    size_bytes: 1000,
    sha256: 'x',
    mtime_ns: '1',
    kind: 'audio',
    codec: 'flac',
    lossless: true,
    duration_seconds: 100 + at * 40,
    audio_md5: String(at),
    tags: { title, artist: 'The Ferrymen', album: 'Harbour', year: 2004, track_number: at + 1, ...tags },
    ...own,
  }));
}

const examined = (list: readonly ExaminedFile[]): Examined => ({
  folder: '/in/abcdefghijkl',
  files: list,
  gates: [],
});

/** A source that knows these, and counts. */
class Shelf implements ReleaseSource {
  asked = 0;
  constructor(readonly releases: readonly Release[]) {}

  async search(): Promise<Hit[]> {
    this.asked++;
    return this.releases.map((one) => ({
      release_id: one.release_id!,
      release_group_id: one.release_group_id,
      album: one.album,
      album_artist: one.album_artist,
      various: one.compilation,
      year: one.year,
      date: String(one.year ?? ''),
      media: one.media,
      track_count: one.tracks.length,
      disc_count: 1,
    }));
  }

  async release(id: string): Promise<Known | undefined> {
    this.asked++;
    const found = this.releases.find(({ release_id }) => release_id === id);
    return found && { release: found };
  }
}

const run = (list: readonly ExaminedFile[], source: ReleaseSource): ReturnType<typeof identify> =>
  identify(examined(list), { source, mode: 'source', signal });

describe('identify', () => {
  it('imports what nothing speaks against', async () => {
    const source = new Shelf([release(1, TITLES)]);
    const found = await run(files(TITLES), source);
    expect(found).toMatchObject({ decision: 'import', confidence: 1, gates: [], by: 'source' });
    expect(found.matches[0]?.files).toEqual(TITLES.map((title, at) => `0${at + 1} ${title}.flac`));
    expect(source.asked).toBeLessThanOrEqual(3);
  });

  it('decides the same whatever the order of the files', async () => {
    const list = [...files(TITLES), ...files(['Bonus'], { track_number: 9 })];
    const expected = await run(list, new Shelf([release(1, TITLES), release(2, [...TITLES, 'Mist'])]));
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(list, { minLength: list.length }), async (shuffled) => {
        expect(await run(shuffled, new Shelf([release(2, [...TITLES, 'Mist']), release(1, TITLES)]))).toEqual(
          expected,
        );
      }),
      { numRuns: 20 },
    );
  });

  it('never reaches the threshold with a gate shut, however small the distance', async () => {
    const long = Array.from(
      { length: 40 },
      (_, n) => `Song of ${'abcdefghijklmnopqrstuvwxyz'[n % 26]} and ${'zyxwvutsrq'[n % 10]}`,
    );
    const found = await run(files(long.slice(0, 39)), new Shelf([release(1, long)]));
    expect(found).toMatchObject({ decision: 'review', confidence: 0.94 });
    expect(found.gates.map(({ gate }) => gate)).toEqual(['missing_tracks']);
  });

  it.each([
    [
      'a broken file',
      { problem: { gate: 'broken_file', sentence: 'It is broken.' } } as const,
      'broken_file',
    ],
    ['another codec', { codec: 'mp3' }, 'several_formats'],
    ['another album', { tags: { ...files(TITLES)[3]!.tags, album: 'Mountain' } }, 'several_albums'],
    ['a length that is off', { duration_seconds: 240 }, 'length_differs'],
    ['a title that is off', { tags: { ...files(TITLES)[3]!.tags, title: 'Another Song' } }, 'title_differs'],
    ['a live title', { tags: { ...files(TITLES)[3]!.tags, title: 'Fog (Live)' } }, 'version_differs'],
    [
      'the id of something else',
      { tags: { ...files(TITLES)[3]!.tags, mb_release_id: ID(7) } },
      'other_release_id',
    ],
    ['a title that is a path', { tags: { ...files(TITLES)[3]!.tags, title: '..' } }, 'path_unsafe'],
  ])('asks a person for %s', async (_, change, gate) => {
    const list = files(TITLES);
    const found = await run(
      [...list.slice(0, 3), { ...list[3]!, ...change }],
      new Shelf([release(1, TITLES)]),
    );
    expect(found.decision).toBe('review');
    expect(found.gates[0]?.gate).toBe(gate);
    expect(found.gates[0]?.sentence).toMatch(/\.$/);
    expect(found.confidence).toBeLessThan(0.95);
  });

  it('takes any edition of one group, and asks where another group fits as well', async () => {
    const editions = [release(1, TITLES), release(2, TITLES, { release_group_id: ID(1), media: 'Vinyl' })];
    expect((await run(files(TITLES), new Shelf(editions))).decision).toBe('import');
    const groups = [release(1, TITLES), release(2, TITLES)];
    expect((await run(files(TITLES), new Shelf(groups))).gates[0]?.gate).toBe('rival_release');
  });

  it('asks where more releases fit than a polite guest may ask for', async () => {
    const groups = [1, 2, 3, 4].map((n) => release(n, n < 3 ? TITLES : ['Oak', 'Elm', 'Yew', 'Fir']));
    const source = new Shelf([groups[0]!, groups[2]!, groups[3]!]);
    const found = await run(files(TITLES), source);
    expect(source.asked).toBeLessThanOrEqual(3);
    expect(found.gates[0]?.gate).toBe('rival_release');
  });

  it('takes an album of hundreds of endless titles for a question, not for hours of work', async () => {
    const long = (n: number): string =>
      `${'abcdefghij'.repeat(40)} ${String.fromCodePoint(0x4e00 + n).repeat(200)}`;
    const titles = Array.from({ length: 200 }, (_, n) => long(n));
    const found = await run(files(titles.toReversed()), new Shelf([release(1, titles)]));
    expect(found.decision).toBe('review');
  });

  it('puts off what the source does not answer, and decides nothing', async () => {
    const down: ReleaseSource = {
      search: () => Promise.reject(new AppError('ERR_SOURCE', 'down')),
      release: () => Promise.reject(new AppError('ERR_SOURCE', 'down')),
    };
    expect(await run(files(TITLES), down)).toMatchObject({
      decision: 'later',
      matches: [],
      gates: [{ gate: 'source_down' }],
    });
    const broken = files(TITLES, {}, { problem: { gate: 'broken_file', sentence: 'It is broken.' } });
    expect((await run(broken, down)).decision).toBe('review');
  });

  it('says so when there is no source, and offers the tags', async () => {
    const found = await identify(examined(files(TITLES)), { mode: 'source', signal });
    expect(found).toMatchObject({ decision: 'review', by: 'tags', gates: [{ gate: 'not_in_source' }] });
    expect(found.matches[0]?.release.album).toBe('Harbour');
  });
});

describe('identify by tags alone', () => {
  const byTags = (list: readonly ExaminedFile[]): ReturnType<typeof identify> =>
    identify(examined(list), { mode: 'tags', signal });

  it('imports what is complete and consistent', async () => {
    const found = await byTags(files(TITLES, { track_total: 4 }));
    expect(found).toMatchObject({ decision: 'import', by: 'tags', confidence: 1 });
    expect(found.matches[0]?.release.release_id).toBeUndefined();
  });

  it.each([
    ['no title', { title: undefined }, 'tags_incomplete'],
    ['no album', { album: undefined }, 'tags_incomplete'],
    ['no artist', { artist: undefined }, 'tags_incomplete'],
    ['no number', { track_number: undefined }, 'tags_incomplete'],
    ['a gap in the numbers', { track_number: 6 }, 'missing_tracks'],
    ['a number twice', { track_number: 1 }, 'extra_tracks'],
    ['more tracks announced', { track_total: 9 }, 'missing_tracks'],
    ['another album', { album: 'Mountain' }, 'several_albums'],
  ])('asks a person for %s', async (_, change, gate) => {
    const list = files(TITLES);
    const found = await byTags([...list.slice(0, 3), { ...list[3]!, tags: { ...list[3]!.tags, ...change } }]);
    expect(found.decision).toBe('review');
    expect(found.gates.map((one) => one.gate)).toContain(gate);
  });
});

describe('a search by a person', () => {
  it('finds a release by its address', async () => {
    const source = new Shelf([release(1, TITLES)]);
    const address = `https://musicbrainz.org/release/${ID(1)}?tab=details`;
    const found = await searchReleases(examined(files(TITLES)), { source, signal, release_id: address });
    expect(found[0]).toMatchObject({ confidence: 1, release: { release_id: ID(1) } });
  });

  it('says what it cannot take', async () => {
    const source = new Shelf([]);
    const ask = (own: object): Promise<unknown> =>
      searchReleases(examined(files(TITLES)), { source, signal, ...own });
    await expect(ask({ release_id: 'no id' })).rejects.toMatchObject({ code: 'ERR_INVALID' });
    await expect(ask({ release_id: ID(9) })).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    await expect(ask({})).rejects.toMatchObject({ code: 'ERR_INVALID' });
    expect(await ask({ album: 'Harbour' })).toEqual([]);
  });
});
