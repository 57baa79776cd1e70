import type { Album, Artist, Playlist, QueueItem, Track } from '../../src/protocol/index.js';

/** A made-up collection: the same every time, large enough to scroll. */
export interface FakeMusic {
  readonly artists: readonly Artist[];
  readonly albums: readonly Album[];
  readonly tracks: readonly Track[];
  readonly playlists: Playlist[];
  /** What is in each playlist. */
  readonly contents: Map<string, readonly Track[]>;
}

const FIRST =
  'Velvet,Northern,Paper,Silver,Quiet,Golden,Distant,Hollow,Crimson,Amber,Winter,Neon,Lunar,Wild,Gentle'.split(
    ',',
  );
const SECOND =
  'Harbour,Lanterns,Motel,Orchestra,Rivers,Antlers,Cartography,Choir,Weather,Gardens,Signals,Foxes'.split(
    ',',
  );
const VERBS =
  'Leaving,Finding,Counting,Dreaming of,Waiting for,Chasing,Remembering,Under,Beyond,Before'.split(',');
const NOUNS =
  'the Tide,Blue Hours,Small Fires,Morning,Old Maps,Glass Mountains,the Ferry,Slow Light,Snow,Home'.split(
    ',',
  );
const pick = <T>(list: readonly T[], n: number): T => list[n % list.length]!;

/** Of every fiftieth album something was played. */
const isPlayed = (n: number): boolean => n % 50 === 5;

export function fakeMusic(albumCount = 300): FakeMusic {
  const artistCount = Math.max(1, Math.ceil(albumCount / 3));
  const tracks: Track[] = [];
  const albums = Array.from({ length: albumCount }, (_, n): Album => {
    const artistNumber = n % artistCount;
    const artist = `${pick(FIRST, artistNumber)} ${pick(SECOND, artistNumber * 7 + Math.floor(artistNumber / 15))}`;
    const album = {
      album_id: `al${n}`,
      title: `${pick(VERBS, n * 3 + 1)} ${pick(NOUNS, n * 7 + Math.floor(n / 10))}`,
    };
    const own = Array.from({ length: 8 + (n % 5) }, (_, k): Track => ({
      track_id: `t${n}-${k}`,
      title: `${pick(VERBS, n + k * 3)} ${pick(NOUNS, n * 3 + k)}`,
      artist,
      album: album.title,
      album_id: album.album_id,
      artist_id: `ar${artistNumber}`,
      duration_seconds: 120 + ((n * 37 + k * 53) % 240),
      artwork_id: `art${n}`,
      disc_number: 1,
      track_number: k + 1,
      codec: 'flac',
      lossless: true,
      sample_rate_hz: 44_100,
      bits_per_sample: 16,
      ...(isPlayed(n) && { play_count: k + 1 }),
    }));
    tracks.push(...own);
    return {
      ...album,
      artist,
      artist_id: `ar${artistNumber}`,
      year: 1968 + (n % 57),
      compilation: false,
      track_count: own.length,
      disc_count: 1,
      duration_seconds: own.reduce((sum, track) => sum + track.duration_seconds, 0),
      artwork_id: `art${n}`,
      ...(isPlayed(n) && {
        play_count: own.reduce((sum, { play_count = 0 }) => sum + play_count, 0),
        last_played_at: new Date(Date.UTC(2026, 10, 1, n)).toISOString(),
      }),
    };
  });
  const sunday = tracks.slice(0, 24);
  return {
    albums,
    tracks,
    artists: artistsOf(albums),
    playlists: [playlistOf('pl0', 'Sunday morning', sunday)],
    contents: new Map([['pl0', sunday]]),
  };
}

function artistsOf(albums: readonly Album[]): Artist[] {
  const artists = new Map<string, Artist>();
  for (const album of albums) {
    const before = artists.get(album.artist_id!);
    artists.set(album.artist_id!, {
      artist_id: album.artist_id!,
      name: album.artist,
      album_count: (before?.album_count ?? 0) + 1,
      track_count: (before?.track_count ?? 0) + album.track_count,
      artwork_id: before?.artwork_id ?? album.artwork_id!,
    });
  }
  return [...artists.values()].sort((one, other) => one.name.localeCompare(other.name));
}

export function playlistOf(playlist_id: string, name: string, tracks: readonly Track[]): Playlist {
  const duration_seconds = tracks.reduce((sum, track) => sum + track.duration_seconds, 0);
  const cover = tracks[0]?.artwork_id;
  const artwork = cover === undefined ? {} : { artwork_id: cover };
  return { playlist_id, name, track_count: tracks.length, duration_seconds, ...artwork };
}

export function queueItem(item_id: string, track: Track): QueueItem {
  const { track_id, title, artist, album, album_id, duration_seconds, artwork_id } = track;
  return {
    item_id,
    track_id,
    title,
    artist,
    album,
    album_id,
    duration_seconds,
    ...(artwork_id ? { artwork_id } : {}),
  };
}

/** A cover: two colours and some shapes that differ by id. */
export function fakeCover(id: string): string {
  const seed = [...id].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 99_991, 7);
  const hue = (seed * 47) % 360;
  const other = (hue + 40 + (seed % 90)) % 360;
  const shapes = Array.from({ length: 5 }, (_, n) => {
    const spot = (seed * (n + 3) * 17) % 400;
    return `<circle cx="${spot}" cy="${(spot * 7 + n * 90) % 400}" r="${30 + ((spot * 3) % 110)}" fill="hsl(${other} 70% ${35 + n * 9}%)" opacity=".55"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400"><rect width="400" height="400" fill="hsl(${hue} 55% 30%)"/>${shapes.join('')}</svg>`;
}
