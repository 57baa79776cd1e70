import type { Album, Track } from '../protocol/index.js';
import type { Db, Row } from '../storage/index.js';

type Counted = Pick<Track, 'play_count' | 'last_played_at'>;

const DAY_MS = 24 * 3600 * 1000;

/** What `library:album` says of each of its tracks, besides what every list says. */
export const PLAY_COLUMNS = `(SELECT play_count FROM plays WHERE plays.track_id = tracks.track_id) AS play_count,
  (SELECT last_played_ms FROM plays WHERE plays.track_id = tracks.track_id) AS last_played_ms`;

/** Albums of which anything was played, with the sum and the last of their tracks. */
export const PLAYED_ALBUMS = `SELECT albums.*, played.play_count, played.last_played_ms FROM albums JOIN (
    SELECT album_id, sum(play_count) AS play_count, max(last_played_ms) AS last_played_ms FROM plays WHERE album_id IS NOT NULL GROUP BY album_id
  ) AS played ON played.album_id = albums.album_id`;

/** Of a row with `PLAY_COLUMNS`, or of `PLAYED_ALBUMS`. */
export function counted(row: Row): Counted {
  const last = row['last_played_ms'];
  return {
    play_count: Number(row['play_count'] ?? 0),
    ...(typeof last === 'number' && { last_played_at: new Date(last).toISOString() }),
  };
}

/** How often an album was played is how often its tracks were, in sum. */
export function withPlays(album: Album, tracks: readonly Track[]): Album {
  const last = tracks.flatMap(({ last_played_at }) => last_played_at ?? []).sort();
  return {
    ...album,
    play_count: tracks.reduce((sum, { play_count = 0 }) => sum + play_count, 0),
    ...(last.length > 0 && { last_played_at: last.at(-1)! }),
  };
}

/** Counts a play, when the library has the track. A write survives `kill -9`, not a power cut. Throws when the disk refuses. */
export function countPlay(db: Db, trackId: string, wallMs: number): void {
  db.transaction(
    () =>
      db
        .prepare(
          `INSERT INTO plays (track_id, album_id, play_count, last_played_ms) SELECT track_id, album_id, 1, ? FROM tracks WHERE track_id = ?
           ON CONFLICT (track_id) DO UPDATE SET play_count = play_count + 1, last_played_ms = excluded.last_played_ms`,
        )
        .run(wallMs, trackId),
    'normal',
  );
}

/**
 * Counts of tracks that are gone stay `keepDays` from when that was first seen, as hearts do: what comes back until then, out of the trash or
 * with its disk, has them again. How many went.
 */
export function forgetPlays(db: Db, wallMs: number, keepDays: number): number {
  const found = db.prepare(
    'UPDATE plays SET missed_ms = NULL WHERE album_id IS NOT NULL AND missed_ms IS NOT NULL',
  );
  const missed = db.prepare('UPDATE plays SET missed_ms = ? WHERE album_id IS NULL AND missed_ms IS NULL');
  const forget = db.prepare('DELETE FROM plays WHERE album_id IS NULL AND missed_ms < ?');
  return db.transaction(() => {
    found.run();
    missed.run(wallMs);
    return forget.run(wallMs - keepDays * DAY_MS).changes;
  });
}
