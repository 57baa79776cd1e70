import { describe, expect, it } from 'vitest';
import { readRelease, readSearch } from './musicbrainz-wire.js';

const ID = '0b0b0b0b-1111-4222-8333-444444444444';
const credit = [
  { name: 'Ada', joinphrase: ' & ', artist: { id: ID, name: 'Ada' } },
  { name: 'Bo', joinphrase: '', artist: { id: ID, name: 'Bo Reed' } },
];

/** As a real server answers: much more than is used, and null for what it does not know. */
const answer = {
  id: ID,
  title: 'Quay',
  status: 'Official',
  date: '1999-03',
  country: null,
  packaging: null,
  'artist-credit': credit,
  'release-group': { id: ID, 'primary-type': 'Album', 'first-release-date': '1997' },
  'label-info': [{ label: null, 'catalog-number': 'X 1' }],
  media: [
    {
      position: 1,
      format: 'CD',
      'track-count': 2,
      pregap: {
        id: ID,
        position: 0,
        number: '0',
        title: 'Hidden',
        length: null,
        recording: { id: ID, title: 'Hidden', length: 9000 },
      },
      tracks: [
        {
          id: ID,
          position: 1,
          number: 'A1',
          title: 'One',
          length: 61_000,
          recording: { id: ID, title: 'One', video: false },
        },
        {
          id: ID,
          position: 2,
          number: 'A2',
          title: 'Two',
          length: null,
          recording: { id: ID, length: 62_500 },
          'artist-credit': [{ name: 'Cy' }],
        },
      ],
      'data-tracks': [{ id: ID, position: 3, title: 'Screen Saver' }],
    },
    {
      position: 2,
      format: 'DVD-Video',
      'track-count': 1,
      tracks: [{ id: ID, position: 1, title: 'The Film', length: 1 }],
    },
  ],
};

describe('the answers of a MusicBrainz-compatible source', () => {
  it('are a release with the tracks that can be heard', () => {
    const { release, original_year } = readRelease(answer);
    expect(release).toMatchObject({
      album: 'Quay',
      album_artist: 'Ada & Bo',
      year: 1999,
      media: 'CD',
      compilation: false,
    });
    expect(original_year).toBe(1997);
    expect(
      release.tracks.map(({ track_number, title, artist, duration_seconds }) => [
        track_number,
        title,
        artist,
        duration_seconds,
      ]),
    ).toEqual([
      [0, 'Hidden', 'Ada & Bo', 9],
      [1, 'One', 'Ada & Bo', 61],
      [2, 'Two', 'Cy', 62.5],
    ]);
  });

  it('are hits, without those that make no sense', () => {
    const hits = readSearch({ count: 3, releases: [answer, { id: 'no id', title: 'x' }, { id: ID }] });
    expect(hits).toEqual([
      {
        release_id: ID,
        release_group_id: ID,
        album: 'Quay',
        album_artist: 'Ada & Bo',
        various: false,
        year: 1999,
        date: '1999-03',
        media: 'CD',
        track_count: 2,
        disc_count: 1,
      },
    ]);
  });

  it.each([
    ['no object', 'hello'],
    ['no id', { title: 'Quay', media: [] }],
    ['an id that is a path', { ...answer, id: '../../etc/passwd' }],
    ['no tracks', { ...answer, media: [] }],
    ['a thousand discs', { ...answer, media: Array.from({ length: 1000 }, () => answer.media[0]) }],
    [
      'a length that is none',
      { ...answer, media: [{ ...answer.media[0], tracks: [{ position: 1, title: 'x', length: -5 }] }] },
    ],
  ])('are refused with %s', (_, raw) => {
    expect(() => readRelease(raw)).toThrow();
  });

  it('are free of signs that change how a line looks', () => {
    expect(readRelease({ ...answer, title: 'Quay\u202e\u0000 evil\u2066' }).release.album).toBe('Quay evil');
    expect(readRelease({ ...answer, title: 'x'.repeat(99_999) }).release.album).toHaveLength(1000);
  });
});
