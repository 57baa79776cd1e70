import type { Album, Artist, Playlist, Track } from '../protocol/index.js';
import type { Row, SqlValue } from '../storage/index.js';

export const TRACK_COLUMNS = `tracks.track_id, tracks.title, tracks.artist, tracks.album, tracks.album_id, tracks.artist_id,
  tracks.duration_seconds, tracks.artwork_id, tracks.disc_number, tracks.track_number, tracks.codec, tracks.lossless,
  tracks.sample_rate_hz, tracks.bits_per_sample`;

const text = (value: SqlValue | undefined): string => (typeof value === 'string' ? value : '');
const number = (value: SqlValue | undefined): number => Number(value ?? 0);

/** The fields that have a value, for wire objects where absent means unknown. */
function present<K extends string>(
  fields: Readonly<Record<K, SqlValue | undefined>>,
): Partial<Record<K, never>> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  ) as Partial<Record<K, never>>;
}

export function toTrack(row: Row): Track {
  return {
    track_id: text(row['track_id']),
    title: text(row['title']),
    artist: text(row['artist']),
    album: text(row['album']),
    album_id: text(row['album_id']),
    artist_id: text(row['artist_id']),
    duration_seconds: number(row['duration_seconds']),
    codec: text(row['codec']),
    lossless: row['lossless'] === 1,
    ...present({
      artwork_id: row['artwork_id'],
      disc_number: row['disc_number'],
      track_number: row['track_number'],
      sample_rate_hz: row['sample_rate_hz'],
      bits_per_sample: row['bits_per_sample'],
    }),
  };
}

export function toAlbum(row: Row): Album {
  return {
    album_id: text(row['album_id']),
    title: text(row['title']),
    artist: text(row['artist']),
    artist_id: text(row['artist_id']),
    compilation: row['compilation'] === 1,
    track_count: number(row['track_count']),
    disc_count: number(row['disc_count']),
    duration_seconds: number(row['duration_seconds']),
    ...present({ year: row['year'], artwork_id: row['artwork_id'] }),
  };
}

export function toArtist(row: Row): Artist {
  return {
    artist_id: text(row['artist_id']),
    name: text(row['name']),
    album_count: number(row['album_count']),
    track_count: number(row['track_count']),
    ...present({ artwork_id: row['artwork_id'] }),
  };
}

export function toPlaylist(row: Row): Playlist {
  return {
    playlist_id: text(row['playlist_id']),
    name: text(row['name']),
    track_count: number(row['track_count']),
    duration_seconds: number(row['duration_seconds']),
    ...present({ artwork_id: row['artwork_id'] }),
  };
}
