import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge, matches, parseExpression, parseFilter, splitOptions, type AlbumFacts } from './filter.js';
import type { Song } from './tags.js';
import { Refusal } from './wire.js';

const song: Song = {
  uri: 'Björk/Homogenic/t1',
  tags: { Artist: 'Björk', AlbumArtist: 'Björk', Album: 'Homogenic', Title: 'Jóga "live"', Date: '1997' },
};
const album: AlbumFacts = {
  path: 'Björk/Homogenic',
  title: 'Homogenic',
  artist: 'Björk',
  date: '1997',
  artists: ['Björk'],
};

describe('a filter', () => {
  it.each([
    [['artist', 'Björk'], true],
    [['ARTIST', 'björk'], false],
    [['artist', 'Björk', 'album', 'Post'], false],
    [['any', 'Homogenic'], true],
    [['genre', 'Pop'], false],
    [['genre', ''], true],
    [['file', 'Björk/Homogenic/t1'], true],
    [['base', 'Björk/Homogenic'], true],
    [['base', 'Björk/Homo'], false],
    [['(Artist == "Björk")'], true],
    [[`(artist == 'Björk')`, 'album', 'Homogenic'], true],
    [['((Artist == "Björk") AND (Album != "Post"))'], true],
    [['(!(Artist == "Björk"))'], false],
    [['(title contains "\\"live\\"")'], true],
    [['(title !contains "live")'], false],
    [['(title starts_with "Jó")'], true],
    [['(base "Björk")'], true],
    [[], true],
  ])('of find, %j, is %s', (args, expected) => {
    expect(matches(parseFilter(args, false), song)).toBe(expected);
  });

  it.each([
    [['artist', 'bjork'], true],
    [['title', 'joga'], true],
    [['title', 'yoga'], false],
    [['(artist == "BJÖRK")'], true],
    [['(artist == "bjo")'], false],
  ])('of search, %j, is %s', (args, expected) => {
    expect(matches(parseFilter(args, true), song)).toBe(expected);
  });

  it.each([
    ['artist'],
    ['nonsense', 'x'],
    ['(nonsense == "x")'],
    ['(artist == x)'],
    ['(artist == "x"'],
    ['(artist "x")'],
    ['(artist == "x") trailing'],
    ['((artist == "x") OR (album == "y"))'],
    ['(artist =~ "(a+)+b")'],
    [`${'(!'.repeat(30)}(artist == "x")${')'.repeat(30)}`],
  ])('%j is refused', (...args) => {
    expect(() => parseFilter(args, false)).toThrow(Refusal);
  });

  it('never breaks on anything but a refusal', () => {
    const part = fc.constantFrom(
      '(',
      ')',
      '!',
      'artist',
      '==',
      '"x"',
      "'",
      '\\',
      ' AND ',
      'base',
      'contains',
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        try {
          matches(parseExpression(parts.join(''), true), song);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      }),
    );
  });

  it('that judges a whole album agrees with every song of it', () => {
    const text = fc.constantFrom('Björk', 'Homogenic', '1997', 'Post', 'o', '');
    const leaf = fc
      .tuple(
        fc.constantFrom('artist', 'albumartist', 'album', 'date', 'title', 'any', 'file', 'genre'),
        fc.constantFrom('==', '!=', 'contains', 'starts_with'),
        text,
      )
      .map(([tag, way, value]) => `(${tag} ${way} "${value}")`);
    const both = fc.tuple(leaf, leaf).map(([one, other]) => `(${one} AND (!${other}))`);
    fc.assert(
      fc.property(fc.oneof(leaf, both), (expression) => {
        const filter = parseExpression(expression, false);
        const verdict = judge(filter, album);
        if (verdict !== undefined) expect(matches(filter, song)).toBe(verdict);
      }),
      { numRuns: 500 },
    );
  });
});

describe('what follows a filter', () => {
  it('is taken off its end', () => {
    const options = splitOptions(['artist', 'x', 'sort', '-Date', 'window', '0:5'], ['sort', 'window']);
    expect(options).toMatchObject({
      filter: ['artist', 'x'],
      sort: { by: 'Date', down: true },
      window: { start: 0, end: 5 },
    });
  });

  it('groups by the last one named first', () => {
    const { groups } = splitOptions(['album', 'group', 'albumartist', 'group', 'date'], ['group']);
    expect(groups).toEqual(['Date', 'AlbumArtist']);
  });
});
