import { describe, expect, it } from 'vitest';
import {
  isSame,
  nameDistance,
  nameSaid,
  numbersDiffer,
  titleSaid,
  versionDiffers,
  withoutDisc,
} from './fold.js';

describe('names', () => {
  it.each([
    ['Beatles, The', 'The Beatles'],
    ['Bread & Butter', 'Bread and Butter'],
    ['ZOË', 'zoe'],
    ['It’s “Fine” – Really', 'It\'s "Fine" - Really'],
    ['Straße', 'strasse'],
  ])('%s and %s are the same', (a, b) => {
    expect(nameDistance(a, b)).toBe(0);
    expect(isSame(a, b)).toBe(true);
  });

  it.each([
    ['∞', '!!!'],
    ['†', '???'],
    ['無罪', 'Muzai'],
    ['∞', 'Infinity'],
  ])('%s and %s have nothing in common', (a, b) => {
    expect(nameDistance(a, b)).toBe(1);
  });

  it.each([
    ['Vol. 1', 'Vol. 2'],
    ['Symphony No. 7', 'Symphony No. 8'],
    ['Song (Pt. 1)', 'Song (Pt. 2)'],
    ['Quarry II', 'Quarry III'],
    ['Sampler 2019', 'Sampler 2020'],
    ['Winter, Part One', 'Winter, Part Two'],
    ['Album', 'Album 2'],
  ])('%s is never taken for %s', (a, b) => {
    expect(numbersDiffer(a, b)).toBe(true);
    expect(nameDistance(a, b)).toBeGreaterThanOrEqual(0.5);
  });

  it.each([
    ['Sampler 3', 'Sampler, Vol. 3'],
    ['Quarry 4', 'Quarry IV'],
    ['Track 07', 'Track 7'],
    ['Harbour', 'Harbour (2011 Remaster)'],
    ['Harbour', 'Harbour [FLAC 16-44]'],
    ['Volume Two', 'Volume 2'],
    ['I Am Here', 'I am here'],
  ])('the numbers of %s and %s are the same', (a, b) => {
    expect(numbersDiffer(a, b)).toBe(false);
  });

  it.each([
    ['Song', 'Song (Live)', 'live'],
    ['Song - Karaoke Version', 'Song', 'karaoke'],
    ['Song (Remix)', 'Song', 'remix'],
    ['Live and Let Go', 'Live and Let Go', undefined],
    ['Olive Tree', 'Tree', undefined],
  ])('%s beside %s is another version: %s', (a, b, word) => {
    expect(versionDiffers(a, b)).toBe(word);
  });

  it('is cheap about what stands in brackets and dear about the rest', () => {
    const inBrackets = nameDistance('Harbour Songs', 'Harbour Songs (Deluxe Edition)');
    expect(inBrackets).toBeGreaterThan(0.1);
    expect(inBrackets).toBeLessThan(0.2);
    expect(nameDistance('Harbour Songs', 'Mountain Airs')).toBeGreaterThan(0.6);
  });

  it('is symmetric', () => {
    for (const [a, b] of [
      ['Song (Live)', 'The Song'],
      ['A, The', 'the a b'],
      ['x feat. y', 'x'],
    ] as const)
      expect(nameDistance(a, b)).toBeCloseTo(nameDistance(b, a), 10);
  });

  it.each([
    ['Album (Disc 2)', 'Album'],
    ['Album CD1', 'Album'],
    ['Album - Disc One', 'Album'],
    ['Disc 1', 'Disc 1'],
    ['Discovery', 'Discovery'],
  ])('without its disc %s is %s', (album, short) => {
    expect(withoutDisc(album)).toBe(short);
  });

  it('knows what says nothing', () => {
    for (const title of ['', ' ', 'Track 01', 'track_3', 'AudioTrack 07', 'Titel 4', 'Unknown'])
      expect(titleSaid(title, 3)).toBeUndefined();
    expect(titleSaid('03', 3)).toBeUndefined();
    expect(titleSaid('007', 2)).toBe('007');
    for (const title of ['No', 'Untitled', '1e5', '…', 'Tracks of My Years'])
      expect(titleSaid(title, 1)).toBe(title);
    for (const name of ['Unknown Artist', 'unknown album', '<unknown>'])
      expect(nameSaid(name)).toBeUndefined();
    expect(nameSaid('The Unknown')).toBe('The Unknown');
  });
});
