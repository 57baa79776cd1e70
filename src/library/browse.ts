import { AppError } from '../base/index.js';
import type { Handlers, LibraryProblem } from '../protocol/index.js';
import type { Db, SqlValue } from '../storage/index.js';
import { bytes, joinBytes, shownText } from './file-names.js';
import { counted, PLAY_COLUMNS, PLAYED_ALBUMS, withPlays } from './plays.js';
import { toAlbum, toArtist, toTrack, TRACK_COLUMNS } from './rows.js';

type Lists = Handlers<
  'library:artists' | 'library:albums' | 'library:album' | 'library:tracks' | 'library:problems'
>;

/** Each order is an index of its own, so that a page costs the same in a small and in a large library. */
const ALBUM_ORDER = {
  title: 'title_fold, row',
  artist: 'artist_sort, year, title_fold, row',
  year: 'year DESC, title_fold DESC, row DESC',
  added: 'added_ms DESC, row DESC',
} as const;

/** Of these there is no index: only what was played ever is in them. */
const PLAYED_ORDER = {
  most_played: 'played.play_count DESC, played.last_played_ms DESC, albums.row',
  recently_played: 'played.last_played_ms DESC, albums.row',
} as const;

type Count = (sql: string, ...values: SqlValue[]) => number;

/** The lists of the library, a page at a time. */
export function browse(db: Db): Lists {
  const count: Count = (sql, ...values) => Number(db.prepare(sql).get(...values)?.['n'] ?? 0);
  return {
    'library:artists': ({ offset, limit }) => ({
      total: count('SELECT count(*) AS n FROM artists WHERE album_count > 0'),
      items: db
        .prepare('SELECT * FROM artists WHERE album_count > 0 ORDER BY name_sort, row LIMIT ? OFFSET ?')
        .all(limit, offset)
        .map(toArtist),
    }),
    ...browseAlbums(db, count),
    'library:tracks': ({ offset, limit, artist_id }) =>
      artist_id === undefined
        ? {
            total: count('SELECT count(*) AS n FROM tracks'),
            items: db
              .prepare(`SELECT ${TRACK_COLUMNS} FROM tracks ORDER BY title_fold, row LIMIT ? OFFSET ?`)
              .all(limit, offset)
              .map(toTrack),
          }
        : {
            total: count(
              'SELECT count(*) AS n FROM (SELECT row FROM tracks WHERE album_artist_id = ? UNION SELECT row FROM tracks WHERE artist_id = ?)',
              artist_id,
              artist_id,
            ),
            items: db
              .prepare(`${ARTIST_TRACKS} LIMIT ? OFFSET ?`)
              .all(artist_id, artist_id, limit, offset)
              .map(toTrack),
          },
    'library:problems': ({ offset, limit }) => ({
      total: count('SELECT count(*) AS n FROM library_problems'),
      items: db
        .prepare('SELECT folder, name, reason FROM library_problems ORDER BY folder, name LIMIT ? OFFSET ?')
        .all(limit, offset)
        .map((row): LibraryProblem => ({
          path: shownText(joinBytes(bytes(row['folder']), bytes(row['name']))) || '.',
          reason: String(row['reason']),
        })),
    }),
  };
}

function browseAlbums(db: Db, count: Count): Pick<Lists, 'library:albums' | 'library:album'> {
  return {
    'library:albums': ({ offset, limit, artist_id, sort }) => {
      const where = artist_id === undefined ? '' : 'WHERE artist_id = ?';
      const values = artist_id === undefined ? [] : [artist_id];
      if (sort === 'most_played' || sort === 'recently_played') {
        const among = `${where === '' ? 'WHERE' : `${where} AND`} album_id IN (SELECT album_id FROM plays)`;
        return {
          total: count(`SELECT count(*) AS n FROM albums ${among}`, ...values),
          items: db
            .prepare(`${PLAYED_ALBUMS} ${where} ORDER BY ${PLAYED_ORDER[sort]} LIMIT ? OFFSET ?`)
            .all(...values, limit, offset)
            .map((row) => ({ ...toAlbum(row), ...counted(row) })),
        };
      }
      return {
        total: count(`SELECT count(*) AS n FROM albums ${where}`, ...values),
        items: db
          .prepare(`SELECT * FROM albums ${where} ORDER BY ${ALBUM_ORDER[sort]} LIMIT ? OFFSET ?`)
          .all(...values, limit, offset)
          .map(toAlbum),
      };
    },
    'library:album': ({ album_id }) => {
      const album = db.prepare('SELECT * FROM albums WHERE album_id = ?').get(album_id);
      if (!album) throw new AppError('ERR_ALBUM_NOT_FOUND', 'no album has this id', { params: { album_id } });
      const tracks = db
        .prepare(albumTracks(`${TRACK_COLUMNS}, ${PLAY_COLUMNS}`))
        .all(album_id)
        .map((row) => ({ ...toTrack(row), ...counted(row) }));
      return { album: withPlays(toAlbum(album), tracks), tracks };
    },
  };
}

/** The tracks of an album, in order. */
const albumTracks = (columns: string): string => `SELECT ${columns} FROM tracks WHERE album_id = ?
  ORDER BY coalesce(disc_number, 1), coalesce(track_number, 10000), folder, name`;
export const ALBUM_TRACKS = albumTracks(TRACK_COLUMNS);

/** What an artist made: their albums by year, and what they have on albums of others. */
export const ARTIST_TRACKS = `SELECT ${TRACK_COLUMNS} FROM tracks JOIN albums ON albums.album_id = tracks.album_id
  WHERE tracks.row IN (SELECT row FROM tracks WHERE album_artist_id = ? UNION SELECT row FROM tracks WHERE artist_id = ?)
  ORDER BY albums.year, albums.title_fold, albums.album_id, coalesce(tracks.disc_number, 1), coalesce(tracks.track_number, 10000), tracks.name`;
