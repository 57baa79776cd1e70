import { describe, expect, it } from 'vitest';
import { groupAlbums, type Groupable } from './grouping.js';

const track = (mainArtist: string, albumArtist?: string, compilation = false): Groupable => ({
  mainArtist,
  albumArtist,
  compilation,
});
const owners = (tracks: Groupable[]): string[] =>
  groupAlbums(tracks).map((group) => `${group.artist} ${group.tracks.length}`);

describe('albums of one folder and title', () => {
  it('one artist makes one album', () => {
    expect(owners([track('Blur'), track('blur'), track('Blur')])).toEqual(['Blur 3']);
  });
  it('the album artist stands above the artists of the tracks', () => {
    expect(owners([track('A', 'DJ'), track('B', 'DJ')])).toEqual(['DJ 2']);
  });
  it('different artists without an album artist make a compilation', () => {
    expect(groupAlbums([track('A'), track('B')])).toMatchObject([
      { artist: 'Various Artists', compilation: true },
    ]);
  });
  it('the compilation flag makes a compilation even of one artist', () => {
    expect(owners([track('A', undefined, true), track('A')])).toEqual(['Various Artists 2']);
  });
  it('tracks without an album artist join the one that the others name', () => {
    expect(owners([track('A', 'A'), track('Guest')])).toEqual(['A 2']);
  });
  it('two album artists stay two albums', () => {
    expect(owners([track('A', 'Queen'), track('B', 'ABBA')])).toEqual(['Queen 1', 'ABBA 1']);
  });
  it('a track without an artist does not make a compilation', () => {
    expect(owners([track('A'), track('Unknown Artist')])).toEqual(['A 2']);
  });
  it('the names people give to compilations are one', () => {
    expect(owners([track('A', 'VA'), track('B', 'Various')])).toEqual(['Various Artists 2']);
  });
});
