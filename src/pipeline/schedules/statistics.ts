import type { Clock } from '../../base/index.js';
import type { Db } from '../../storage/index.js';
import type { ScheduleResult } from './schedules.js';

const WEEK_MS = 7 * 86_400_000;

/** What the library holds, in numbers that the job of the week keeps. */
export function statistics(db: Db, clock: Clock): ScheduleResult {
  const row =
    db
      .prepare(
        `SELECT COUNT(*) AS tracks, COUNT(DISTINCT album_id) AS albums, COUNT(DISTINCT artist_id) AS artists, SUM(size) AS bytes,
         SUM(duration_seconds) AS seconds, SUM(lossless) AS lossless, SUM(added_ms > ?) AS fresh FROM tracks`,
      )
      .get(clock.wallMs() - WEEK_MS) ?? {};
  const number = (name: string): number => Number(row[name] ?? 0);
  const result = {
    artists: number('artists'),
    albums: number('albums'),
    tracks: number('tracks'),
    tracks_lossless: number('lossless'),
    tracks_new_this_week: number('fresh'),
    hours: Math.round(number('seconds') / 3600),
    size_mb: Math.round(number('bytes') / 1_000_000),
  };
  const { artists, albums, tracks, hours, size_mb } = result;
  const size = size_mb >= 1000 ? `${Math.round(size_mb / 1000)} GB` : `${size_mb} MB`;
  const message = `${artists} artists, ${albums} albums, ${tracks} tracks, ${hours} hours, ${size}`;
  return { message, result };
}
