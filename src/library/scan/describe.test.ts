import { describe as suite, expect, it } from 'vitest';
import type { FileTags } from '../tags/tag-wire.js';
import { describe, discFolder, discTitle, guessFromName } from './describe.js';

const silent: FileTags = {
  artists: [],
  compilation: false,
  duration_seconds: 1,
  codec: 'flac',
  lossless: true,
};
const at = (path: string, tags: Partial<FileTags> = {}) => {
  const slash = path.lastIndexOf('/');
  return describe(
    { ...silent, ...tags },
    Buffer.from(path.slice(0, Math.max(0, slash))),
    Buffer.from(path.slice(slash + 1)),
  );
};

suite('what a place on disk says', () => {
  it('disc folders belong to the folder above, or to the name without the disc', () => {
    const found = (folder: string): [string, number | undefined] => {
      const { base, disc } = discFolder(Buffer.from(folder));
      return [base.toString(), disc];
    };
    expect(found('Artist/Album/CD1')).toEqual(['Artist/Album', 1]);
    expect(found('Artist/Album/Disc 02')).toEqual(['Artist/Album', 2]);
    expect(found('Artist/Album/CD 3 - Live')).toEqual(['Artist/Album', 3]);
    expect(found('Artist/The Wall (Disc 2)')).toEqual(['Artist/The Wall', 2]);
    expect(found('Artist/The Wall CD2')).toEqual(['Artist/The Wall', 2]);
    expect(found('Artist/Discovery')).toEqual(['Artist/Discovery', undefined]);
    expect(found('ACDC/Album')).toEqual(['ACDC/Album', undefined]);
    expect(found('Artist/1999')).toEqual(['Artist/1999', undefined]);
  });
  it('a disc in the title of an album is taken off', () => {
    expect(discTitle('The Wall (Disc 2)')).toEqual({ title: 'The Wall', disc: 2 });
    expect(discTitle('The Wall [CD1]')).toEqual({ title: 'The Wall', disc: 1 });
    expect(discTitle('(Disc 1)')).toEqual({ title: '(Disc 1)', disc: undefined });
    expect(discTitle('Compact Disc')).toEqual({ title: 'Compact Disc', disc: undefined });
  });
  it('file names give number, title and artist', () => {
    expect(guessFromName(Buffer.from('01 - Come Together.mp3'))).toMatchObject({
      track: 1,
      title: 'Come Together',
    });
    expect(guessFromName(Buffer.from('2-03 Song.flac'))).toMatchObject({ disc: 2, track: 3, title: 'Song' });
    expect(guessFromName(Buffer.from('04. Blur - Girls & Boys.ogg'))).toMatchObject({
      track: 4,
      artist: 'Blur',
      title: 'Girls & Boys',
    });
    expect(guessFromName(Buffer.from('1979.mp3'))).toMatchObject({ track: undefined, title: '1979' });
    expect(guessFromName(Buffer.from('99 Luftballons.mp3'))).toMatchObject({
      title: 'Luftballons',
      track: 99,
    });
    expect(guessFromName(Buffer.from('some_song_name.mp3'))).toMatchObject({ title: 'some song name' });
  });
  it('without tags, folders name artist and album', () => {
    expect(at('Blur/Parklife/01 Girls.mp3')).toMatchObject({
      artist: 'Blur',
      album: 'Parklife',
      title: 'Girls',
      track: 1,
    });
    expect(at('Blur - Parklife (1994)/01 Girls.mp3')).toMatchObject({ artist: 'Blur', album: 'Parklife' });
    expect(at('Blur/Parklife/CD2/01 Girls.mp3')).toMatchObject({
      artist: 'Blur',
      album: 'Parklife',
      disc: 2,
    });
    expect(at('song.mp3')).toMatchObject({ artist: 'Unknown Artist', album: 'Unknown Album', title: 'song' });
  });
  it('tags stand above the place, guests do not make another artist', () => {
    const said = at('X/Y/01 Z.mp3', {
      title: 'T',
      artists: ['Blur feat. Phil'],
      album: 'A [CD 2]',
      track: 7,
    });
    expect(said).toMatchObject({
      title: 'T',
      artist: 'Blur feat. Phil',
      mainArtist: 'Blur',
      album: 'A',
      disc: 2,
      track: 7,
    });
  });
});
