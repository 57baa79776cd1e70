import type { Artist, Track } from '../protocol/index.js';
import type { Db } from '../storage/index.js';
import { toArtist, toTrack, TRACK_COLUMNS } from './rows.js';

/** Undefined when there is no such track (any more). */
export function trackOf(db: Db, trackId: string): Track | undefined {
  const row = db.prepare(`SELECT ${TRACK_COLUMNS} FROM tracks WHERE track_id = ?`).get(trackId);
  return row && toTrack(row);
}

/** Undefined when nothing of such an artist is there (any more). */
export function artistOf(db: Db, artistId: string): Artist | undefined {
  const row = db.prepare('SELECT * FROM artists WHERE artist_id = ?').get(artistId);
  return row && toArtist(row);
}
