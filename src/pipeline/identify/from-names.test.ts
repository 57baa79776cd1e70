import { describe, expect, it } from 'vitest';
import { discOf, readFileName, readFileNames, readFolderNames } from './from-names.js';

describe('names of files and folders', () => {
  it.each([
    ['01 Title.flac', { track: 1, title: 'Title' }],
    ['01. Title.mp3', { track: 1, title: 'Title' }],
    ['1-02 Title.flac', { disc: 1, track: 2, title: 'Title' }],
    ['03 - Artist - Title.flac', { track: 3, artist: 'Artist', title: 'Title' }],
    ['Artist - 04 - Title.flac', { artist: 'Artist', track: 4, title: 'Title' }],
    ['05_Some_Title.ogg', { track: 5, title: 'Some Title' }],
    ['A1 Title.flac', { title: 'Title' }],
    ['07.flac', { track: 7 }],
    ['CD1/99 Red.flac', { track: 99, title: 'Red' }],
  ])('%s', (path, expected) => {
    expect(readFileName(path)).toEqual(expected);
  });

  it('takes what all names have before their titles for the artist, and nothing else', () => {
    expect(
      readFileNames(['01 X - A.flac', '02 X - B.flac']).map(({ artist, title }) => [artist, title]),
    ).toEqual([
      ['X', 'A'],
      ['X', 'B'],
    ]);
    expect(readFileNames(['01 A - B.flac', '02 C.flac']).map(({ title }) => title)).toEqual(['A - B', 'C']);
  });

  it.each([
    [['Artist - Album (1999)'], { artist: 'Artist', album: 'Album', year: 1999 }],
    [['Artist - 1999 - Album'], { artist: 'Artist', album: 'Album', year: 1999 }],
    [['Artist', 'Album [FLAC 16-44]'], { artist: 'Artist', album: 'Album' }],
    [['Artist', '1999 - Album', 'CD1'], { artist: 'Artist', album: 'Album', year: 1999 }],
    [['1987 - 2020'], { album: '2020', year: 1987 }],
    [['Album'], { album: 'Album' }],
    [[], {}],
  ])('%j', (folders, expected) => {
    expect(readFolderNames(folders)).toEqual(expected);
  });

  it('knows a disc by the name of its folder', () => {
    expect(['CD2', 'Disc 3', 'disk_1', 'Discovery', 'Scans'].map(discOf)).toEqual([
      2,
      3,
      1,
      undefined,
      undefined,
    ]);
  });
});
