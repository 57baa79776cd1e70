import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Catalog } from '../../src/library/scan/catalog.js';
import { search } from '../../src/library/search.js';
import { type Db, migrate, openDb } from '../../src/storage/index.js';
import { fillLibrary } from '../fixtures/fill-library.js';

let db: Db;
const titles = (query: string): string[] => search(db, query, 20).tracks.map((track) => track.title);

beforeAll(() => {
  db = openDb(':memory:');
  migrate(db);
  fillLibrary(db, 1200);
  const catalog = new Catalog(db, () => 0);
  const songs = [
    ['Loving You Forever', 'Minnie'], ['Lov', 'Short'], ['All My Loving', 'The Beatles'], ['Jóga', 'Björk'],
    ['Thunderstruck', 'AC/DC'], ["Don't Stop", 'Fleetwood Mac'], ['東京の夜', 'Tokyo'], ['Money', 'Pink Floyd'],
  ] as const; // prettier-ignore
  catalog.write(
    songs.map(([title, artist], n) => ({
      file: { folder: Buffer.from(`own/${n}`), name: Buffer.from('1.flac'), size: n, mtimeUs: n },
      result: {
        tags: {
          title,
          artists: [artist],
          album: `Album of ${artist}`,
          compilation: false,
          duration_seconds: 1,
          codec: 'flac',
          lossless: true,
        },
      },
    })),
  );
});
afterAll(() => db.close());

describe('search', () => {
  it('the name itself comes first, then names that begin so', () => {
    expect(titles('lov').slice(0, 2)).toEqual(['Lov', expect.stringMatching(/^lov/i)]);
    expect(titles('loving').slice(0, 2)).toEqual(['Loving You Forever', 'All My Loving']);
  });
  it('accents and signs do not matter', () => {
    expect(titles('joga bjork')).toEqual(['Jóga']);
    expect(titles('BJÖRK')).toContain('Jóga');
    for (const query of ['acdc', 'ac/dc', 'ac dc', 'AC-DC thunder'])
      expect(titles(query)).toContain('Thunderstruck');
    for (const query of ['dont', "don't", 'don’t st']) expect(titles(query)).toContain("Don't Stop");
    expect(titles('京')).toEqual(['東京の夜']);
  });
  it('words may come from title, artist and album in any order', () => {
    expect(titles('floyd mon')).toEqual(['Money']);
    expect(titles('money pink album')).toEqual(['Money']);
    expect(search(db, 'pink floyd', 5)).toMatchObject({
      artists: [{ name: 'Pink Floyd' }],
      albums: [{ title: 'Album of Pink Floyd' }],
    });
  });
  it('no more than the limit of each kind, and nothing for nothing', () => {
    const found = search(db, 'a', 3);
    expect([found.artists.length, found.albums.length, found.tracks.length]).toEqual([3, 3, 3]);
    for (const query of ['', '   ', '"', '*', '- ( ) :']) expect(search(db, query, 20).tracks).toEqual([]);
  });
  it('whatever is typed is never syntax', () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom(
        '"',
        'a" OR "b',
        'title:love',
        'NOT a',
        'a NEAR b',
        '{title}: a',
        'a*b',
        "'; DROP TABLE tracks; --",
        '^a',
        'a AND',
        '%_',
      ),
    );
    fc.assert(
      fc.property(nasty, (query) => {
        search(db, query, 20);
      }),
      { numRuns: 500 },
    );
    expect(titles('money')).toContain('Money');
  });
});
