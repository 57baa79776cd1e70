import { AppError } from '../base/index.js';
import { MAX_QUEUE_ITEMS, type QueueItem, type QueueSource, type Track } from '../protocol/index.js';
import type { Db } from '../storage/index.js';
import { ownItem, type OwnTracks } from './own-tracks.js';
import { ALBUM_TRACKS, ARTIST_TRACKS } from './browse.js';
import { PLAYLIST_TRACKS } from './playlists.js';
import { toTrack, TRACK_COLUMNS } from './rows.js';

type NewItem = Omit<QueueItem, 'item_id'>;

/** What a queue source names, in play order. ERR_*_NOT_FOUND when it names nothing. */
export function itemsOf(db: Db, source: QueueSource, own?: OwnTracks): NewItem[] {
  if ('url' in source) return [{ url: source.url, title: source.title?.trim() || hostOf(source.url) }];
  if ('track_ids' in source)
    return source.track_ids.map((id) => {
      const mine = own?.get(id);
      return mine ? ownItem(mine) : toItem(track(db, id));
    });
  if ('album_id' in source) {
    const tracks = db.prepare(ALBUM_TRACKS).all(source.album_id).map(toTrack);
    if (tracks.length === 0)
      throw new AppError('ERR_ALBUM_NOT_FOUND', 'no album has this id', { params: { ...source } });
    return tracks.map(toItem);
  }
  if ('artist_id' in source) {
    const tracks = db
      .prepare(`${ARTIST_TRACKS} LIMIT ${MAX_QUEUE_ITEMS}`)
      .all(source.artist_id, source.artist_id)
      .map(toTrack);
    if (tracks.length === 0)
      throw new AppError('ERR_NOT_FOUND', 'no artist has this id', { params: { ...source } });
    return tracks.map(toItem);
  }
  if (!db.prepare('SELECT 1 FROM playlists WHERE playlist_id = ? AND hidden = 0').get(source.playlist_id))
    throw new AppError('ERR_PLAYLIST_NOT_FOUND', 'no playlist has this id', { params: { ...source } });
  return db.prepare(PLAYLIST_TRACKS).all(source.playlist_id).map(toTrack).map(toItem);
}

function track(db: Db, trackId: string): Track {
  const row = db.prepare(`SELECT ${TRACK_COLUMNS} FROM tracks WHERE track_id = ?`).get(trackId);
  if (!row)
    throw new AppError('ERR_TRACK_NOT_FOUND', 'the library has no track with this id', {
      params: { track_id: trackId },
    });
  return toTrack(row);
}

function toItem({ track_id, title, artist, album, album_id, duration_seconds, artwork_id }: Track): NewItem {
  return {
    track_id,
    title,
    artist,
    album,
    album_id,
    duration_seconds,
    ...(artwork_id === undefined ? {} : { artwork_id }),
  };
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname || url.slice(0, 100) : url.slice(0, 100);
}
