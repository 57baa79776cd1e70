import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeAlbum, makeTrack } from '../fixtures/make-music.js';
import { LibraryRig } from './library-rig.js';

let dir: string;
let rig: LibraryRig;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-albums-'));
  rig = await LibraryRig.open(dir);
});
afterEach(async () => {
  await rig.close();
  await rm(dir, { recursive: true, force: true });
});

const place = (...parts: string[]): string => join(rig.musicDir, ...parts);

describe('albums', () => {
  it('disc folders are one album, its tracks by disc, number and name', async () => {
    await makeAlbum(place('Wall/CD2'), { artist: 'Pink', album: 'Wall', tracks: ['c', 'd'] });
    await makeAlbum(place('Wall/CD1'), { artist: 'Pink', album: 'Wall', tracks: ['a', 'b'] });
    await rig.scan();
    const [album] = rig.albums();
    expect(rig.albums()).toHaveLength(1);
    expect(album).toMatchObject({
      title: 'Wall',
      artist: 'Pink',
      track_count: 4,
      disc_count: 2,
      compilation: false,
    });
    expect(rig.album(album!.album_id).tracks.map((track) => track.title)).toEqual(['a', 'b', 'c', 'd']);
    expect(rig.library.items({ album_id: album!.album_id }).map((item) => item.title)).toEqual([
      'a',
      'b',
      'c',
      'd',
    ]);
  });

  it('disc tags in one folder, and discs named in titles, are one album too', async () => {
    await makeAlbum(place('A'), { artist: 'X', album: 'Y', tracks: ['a'], disc: 1 });
    await makeTrack(place('A/02 b.flac'), {
      tags: { title: 'b', artist: 'X', album: 'Y', disc: '2', track: '1' },
    });
    await makeAlbum(place('Z (Disc 1)'), { artist: 'X', album: 'Z (Disc 1)', tracks: 1 });
    await makeAlbum(place('Z (Disc 2)'), { artist: 'X', album: 'Z (Disc 2)', tracks: 1 });
    await rig.scan();
    expect(rig.albums('title').map(({ title, disc_count }) => [title, disc_count])).toEqual([
      ['Y', 2],
      ['Z', 2],
    ]);
  });

  it('one folder of many artists is a compilation of Various Artists', async () => {
    for (const artist of ['A', 'B', 'C'])
      await makeAlbum(place('Hits'), { artist, album: 'Hits', tracks: [`by ${artist}`] });
    await rig.scan();
    expect(rig.albums()).toMatchObject([
      { title: 'Hits', artist: 'Various Artists', compilation: true, track_count: 3 },
    ]);
    expect(rig.track('by B').artist).toBe('B');
    expect(rig.find('b').artists).toMatchObject([{ name: 'B', album_count: 0, track_count: 1 }]);
  });

  it('one title by two artists in two folders, and two editions in two folders, stay apart', async () => {
    await makeAlbum(place('Queen/Greatest Hits'), { artist: 'Queen', album: 'Greatest Hits', tracks: 1 });
    await makeAlbum(place('ABBA/Greatest Hits'), { artist: 'ABBA', album: 'Greatest Hits', tracks: 1 });
    await makeAlbum(place('ABBA/Greatest Hits (Remaster)'), {
      artist: 'ABBA',
      album: 'Greatest Hits',
      tracks: 2,
    });
    await rig.scan();
    expect(
      rig
        .albums()
        .map(({ artist, track_count }) => [artist, track_count])
        .sort(),
    ).toEqual([
      ['ABBA', 1],
      ['ABBA', 2],
      ['Queen', 1],
    ]);
    expect(new Set(rig.albums().map((album) => album.album_id)).size).toBe(3);
  });

  it('without tags, file and folder names speak', async () => {
    await makeTrack(place('x.flac'), {});
    await makeAlbum(place('Blur/Parklife'), { artist: '', album: '', tracks: ['Girls', 'Tracy'] });
    await rig.scan();
    expect(rig.albums().map(({ title, artist }) => [title, artist])).toContainEqual(['Parklife', 'Blur']);
    expect(rig.track('x')).toMatchObject({ artist: 'Unknown Artist', album: 'Unknown Album' });
  });

  it('the same music scanned into a new library has the same ids', async () => {
    await makeAlbum(place('A'), { artist: 'X', album: 'Y', tracks: 3 });
    await rig.scan();
    const before = { albums: rig.albums(), tracks: rig.tracks() };
    rig.db.exec('DELETE FROM tracks; DELETE FROM albums; DELETE FROM artists; DELETE FROM folders');
    await rig.scan();
    expect({ albums: rig.albums(), tracks: rig.tracks() }).toEqual(before);
  });

  it('every order is a whole list, and pages of it join without gap', async () => {
    for (let n = 0; n < 7; n++)
      await makeAlbum(place(`A${n}`), {
        artist: `Artist ${6 - n}`,
        album: `Album ${n}`,
        tracks: 1,
        year: 1990 + (n % 3),
      });
    await rig.scan();
    expect(rig.albums('title').map((album) => album.title)).toEqual(
      [0, 1, 2, 3, 4, 5, 6].map((n) => `Album ${n}`),
    );
    expect(rig.albums('artist')[0]!.artist).toBe('Artist 0');
    expect(rig.albums('year')[0]!.year).toBe(1992);
    expect(rig.albums('added')).toHaveLength(7);
    const pages = [0, 3, 6].flatMap((offset) => {
      const reply = rig.handlers['library:albums']({ offset, limit: 3, sort: 'year' }, rig.caller);
      if (reply instanceof Promise) throw new Error('albums come at once');
      expect(reply.total).toBe(7);
      return reply.items;
    });
    expect(pages).toEqual(rig.albums('year'));
  });

  it("an artist's music is their albums by year and what they did elsewhere", async () => {
    await makeAlbum(place('Late'), { artist: 'Solo', album: 'Late', tracks: ['l'], year: 2001 });
    await makeAlbum(place('Early'), { artist: 'Solo', album: 'Early', tracks: ['e'], year: 1991 });
    await makeAlbum(place('Mix'), {
      artist: 'Solo',
      album: 'Mix',
      tracks: ['m'],
      albumArtist: 'DJ',
      year: 1995,
    });
    await rig.scan();
    const [artist] = rig.find('solo').artists;
    expect(artist).toMatchObject({ name: 'Solo', album_count: 2, track_count: 3 });
    const items = rig.library.items({ artist_id: artist!.artist_id });
    expect(items.map((item) => item.title)).toEqual(['e', 'm', 'l']);
    expect(rig.albums('year', artist!.artist_id).map((album) => album.title)).toEqual(['Late', 'Early']);
  });
});

describe('what a queue may name', () => {
  it('unknown ids are refused, an address becomes an item with the name of its host', () => {
    expect(() => rig.library.items({ track_ids: ['t-x'] })).toThrow(
      expect.objectContaining({ code: 'ERR_TRACK_NOT_FOUND' }),
    );
    expect(() => rig.library.items({ album_id: 'al-x' })).toThrow(
      expect.objectContaining({ code: 'ERR_ALBUM_NOT_FOUND' }),
    );
    expect(() => rig.library.items({ artist_id: '__proto__' })).toThrow(
      expect.objectContaining({ code: 'ERR_NOT_FOUND' }),
    );
    expect(() => rig.library.items({ playlist_id: 'p-x' })).toThrow(
      expect.objectContaining({ code: 'ERR_PLAYLIST_NOT_FOUND' }),
    );
    expect(rig.library.items({ url: 'http://radio.example:8000/live' })).toEqual([
      { url: 'http://radio.example:8000/live', title: 'radio.example' },
    ]);
    expect(rig.library.items({ url: 'http://radio.example/', title: 'Jazz' })[0]!.title).toBe('Jazz');
  });
});
