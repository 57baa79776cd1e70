import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Release } from '../../protocol/index.js';
import { nameKey, nameProblem } from '../names.js';
import { DEFAULT_TEMPLATE, folderName, Names, readTemplate } from './template.js';

const release = (
  change: Partial<Release> = {},
  titles: readonly (readonly [number, string])[] = [[1, 'One']],
): Release => ({
  album: 'Rivers',
  album_artist: 'Otter',
  compilation: false,
  tracks: titles.map(([disc_number, title], n) => ({
    disc_number,
    track_number: n + 1,
    title,
    artist: 'Otter',
  })),
  ...change,
});

const paths = (template: string, of: Release): string[] => {
  const { folder, files } = readTemplate(template).layOut(of);
  const names = new Names();
  return files.map((parts) => [...folder.map(folderName), names.give(parts, 'flac')].join('/'));
};

describe('the template', () => {
  it('leaves out what has no value, with its brackets', () => {
    expect(paths(DEFAULT_TEMPLATE, release())).toEqual(['Otter/Rivers/01 One.flac']);
    expect(paths(DEFAULT_TEMPLATE, release({ year: 2001 }))).toEqual(['Otter/Rivers (2001)/01 One.flac']);
    expect(paths('{album_artist}/{year} - {album}/{track} - {title}', release())).toEqual([
      'Otter/Rivers/01 - One.flac',
    ]);
  });

  it('names the disc where there are several', () => {
    const two = release({}, [[1, 'One'], [2, 'Two']]); // prettier-ignore
    expect(paths(DEFAULT_TEMPLATE, two)).toEqual([
      'Otter/Rivers/1-01 One.flac',
      'Otter/Rivers/2-02 Two.flac',
    ]);
    const folders = readTemplate('{album_artist}/{album}/[CD{disc}]/{track} {title}').layOut(two);
    const one = readTemplate('{album_artist}/{album}/[CD{disc}]/{track} {title}').layOut(release());
    expect(one.files).toEqual([['01 One']]);
    expect(folders).toEqual({ folder: ['Otter', 'Rivers'], files: [['CD1', '01 One'], ['CD2', '02 Two']] }); // prettier-ignore
  });

  it.each([
    '{album}',
    '{title}/{album}',
    'music/{track} {title}',
    '{album}/{artist} {tittle}',
    '{album}/',
    '/{album}/{title}',
    '{album}/[{title}',
  ])('refuses %s', (text) => expect(() => readTemplate(text)).toThrow('path_template'));

  it('gives two tracks of one name two names, also where case does not count', () => {
    const names = new Names();
    expect([
      names.give(['Intro'], 'flac'),
      names.give(['INTRO'], 'flac'),
      names.give(['Intro'], 'mp3'),
    ]).toEqual(['Intro.flac', 'INTRO (2).flac', 'Intro.mp3']);
    expect([names.give(['Café'.normalize('NFD')], 'flac'), names.give(['Café'], 'flac')]).toEqual([
      'Café.flac',
      'Café (2).flac',
    ]);
  });
});

const nasty = fc.oneof(
  fc.constantFrom('', '.', '..', '../../etc/passwd', 'CON', 'nul.txt', 'a/b', 'x'.repeat(400), 'é'.repeat(300), '@eaDir', ' . ', '…', '\u202eabc', 'AC/DC', '{album}', '[x]', '-', 'lost+found'),
  fc.string({ maxLength: 300 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
); // prettier-ignore

it('whatever artists, albums and titles are called: safe names, below two folders, no two alike', () => {
  fc.assert(
    fc.property(nasty, nasty, fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), nasty), { minLength: 1, maxLength: 8 }), (album, artist, titles) => {
      const tracks = titles.map(([disc_number, title]) => ({ disc_number, track_number: 1, title, artist }));
      const found = paths(DEFAULT_TEMPLATE, { album, album_artist: artist, compilation: false, tracks });
      for (const path of found) {
        const parts = path.split('/');
        expect(parts).toHaveLength(3);
        for (const part of parts) {
          expect(nameProblem(part)).toBeUndefined();
          expect(part.startsWith('.')).toBe(false);
          expect(/^(@eadir|lost\+found|#recycle)$/i.test(part)).toBe(false);
        }
        expect(path.endsWith('.flac')).toBe(true);
      }
      expect(new Set(found.map((path) => path.split('/').map(nameKey).join('/'))).size).toBe(found.length);
    }),
    { numRuns: 500 },
  );
}); // prettier-ignore
