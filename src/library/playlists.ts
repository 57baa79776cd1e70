import { AppError, randomId } from '../base/index.js';
import { MAX_QUEUE_ITEMS, type Handlers, type Playlist } from '../protocol/index.js';
import type { Db, Row } from '../storage/index.js';
import { ROOT } from './file-names.js';
import { parseM3u, resolveM3u } from './m3u.js';
import { keyOf } from './names.js';
import { toPlaylist, toTrack, TRACK_COLUMNS } from './rows.js';

export type PlaylistHandlers = Handlers<
  | 'playlist:list'
  | 'playlist:get'
  | 'playlist:create'
  | 'playlist:import'
  | 'playlist:rename'
  | 'playlist:add'
  | 'playlist:remove'
  | 'playlist:delete'
>;

/** A playlist's tracks in order. A track whose file is away is not shown, and is back in its place when the file is. */
export const PLAYLIST_TRACKS = `SELECT ${TRACK_COLUMNS} FROM playlist_tracks JOIN tracks ON tracks.track_id = playlist_tracks.track_id
  WHERE playlist_id = ? ORDER BY position`;

/** Playlists people make, and those that follow an m3u file until somebody edits them here. */
export class Playlists {
  readonly handlers: PlaylistHandlers;
  #db: Db;
  #onChange: () => void;

  constructor(db: Db, musicDir: string, onChange: () => void) {
    this.#db = db;
    this.#onChange = onChange;
    this.handlers = {
      'playlist:list': () => ({
        playlists: db
          .prepare('SELECT * FROM playlists WHERE hidden = 0')
          .all()
          .map(toPlaylist)
          .sort((a, b) => (keyOf(a.name) < keyOf(b.name) ? -1 : 1)),
      }),
      'playlist:get': ({ playlist_id, offset, limit }) => ({
        playlist: toPlaylist(this.#row(playlist_id)),
        tracks: db
          .prepare(`${PLAYLIST_TRACKS} LIMIT ? OFFSET ?`)
          .all(playlist_id, limit, offset)
          .map(toTrack),
      }),
      'playlist:create': ({ name, track_ids }) => {
        this.#mustKnow(track_ids);
        return { playlist: this.save(name, track_ids) };
      },
      'playlist:import': ({ name, m3u }) => {
        const { trackIds, missing } = resolveM3u(db, parseM3u(m3u), { musicDir, folder: ROOT });
        return { playlist: this.save(name, trackIds), missing };
      },
      'playlist:rename': ({ playlist_id, name }) => {
        this.#row(playlist_id);
        this.#mustBeFree(name, playlist_id);
        this.#edit(playlist_id, () => {
          db.prepare('UPDATE playlists SET name = ? WHERE playlist_id = ?').run(name, playlist_id);
        });
        return {};
      },
      'playlist:add': ({ playlist_id, track_ids }) => {
        this.#row(playlist_id);
        this.#mustKnow(track_ids);
        return { playlist: this.#edit(playlist_id, () => this.append(playlist_id, track_ids)) };
      },
      'playlist:remove': ({ playlist_id, index }) => ({ playlist: this.#remove(playlist_id, index) }),
      'playlist:delete': ({ playlist_id }) => this.#delete(playlist_id),
    };
  }

  /** A new playlist. ERR_CONFLICT when one has this name. */
  save(name: string, trackIds: readonly string[]): Playlist {
    this.#mustBeFree(name);
    const playlistId = `p-${randomId()}`;
    return this.#edit(playlistId, () => {
      this.#db
        .prepare(
          `INSERT INTO playlists (playlist_id, name, track_count, duration_seconds, follows, hidden) VALUES (?, ?, 0, 0, 0, 0)`,
        )
        .run(playlistId, name);
      this.append(playlistId, trackIds);
    });
  }

  append(playlistId: string, trackIds: readonly string[]): void {
    const row = this.#db
      .prepare('SELECT max(position) AS last, count(*) AS n FROM playlist_tracks WHERE playlist_id = ?')
      .get(playlistId);
    if (Number(row?.['n'] ?? 0) + trackIds.length > MAX_QUEUE_ITEMS)
      throw new AppError('ERR_TOO_LARGE', `a playlist holds at most ${MAX_QUEUE_ITEMS} tracks`);
    let position = Number(row?.['last'] ?? -1);
    for (const trackId of trackIds)
      this.#db.prepare('INSERT INTO playlist_tracks VALUES (?, ?, ?)').run(playlistId, ++position, trackId);
  }

  /** Counts a playlist again after tracks came or went. */
  recount(playlistId: string): void {
    this.#db
      .prepare(
        `UPDATE playlists SET (track_count, duration_seconds, artwork_id) = (
          SELECT count(*), coalesce(sum(duration_seconds), 0), min(artwork_id)
          FROM playlist_tracks JOIN tracks ON tracks.track_id = playlist_tracks.track_id WHERE playlist_id = ?1
        ) WHERE playlist_id = ?1`,
      )
      .run(playlistId);
  }

  /** A name nobody has: the wanted one, or with a mark behind it. */
  freeName(wanted: string, mark: string): string {
    const taken = new Set(this.#names().map(({ key }) => key));
    if (!taken.has(keyOf(wanted))) return wanted;
    for (let n = 1; ; n++) {
      const name = n === 1 && mark !== '' ? `${wanted} (${mark})` : `${wanted} (${n + 1})`;
      if (!taken.has(keyOf(name))) return name;
    }
  }

  /** One change: written whole, counted, no longer following a file. */
  #edit(playlistId: string, change: () => void): Playlist {
    this.#db.transaction(() => {
      change();
      this.#db.prepare('UPDATE playlists SET follows = 0 WHERE playlist_id = ?').run(playlistId);
      this.recount(playlistId);
    });
    this.#onChange();
    return toPlaylist(this.#row(playlistId));
  }

  #remove(playlistId: string, index: number): Playlist {
    this.#row(playlistId);
    const at = this.#db
      .prepare(
        `SELECT position FROM playlist_tracks JOIN tracks ON tracks.track_id = playlist_tracks.track_id
          WHERE playlist_id = ? ORDER BY position LIMIT 1 OFFSET ?`,
      )
      .get(playlistId, index);
    if (!at)
      throw new AppError('ERR_TRACK_NOT_FOUND', 'the playlist has no track at this index', {
        params: { index },
      });
    return this.#edit(playlistId, () => {
      this.#db
        .prepare('DELETE FROM playlist_tracks WHERE playlist_id = ? AND position = ?')
        .run(playlistId, at['position']!);
    });
  }

  /** A playlist from a file is hidden until the file changes; any other is gone. */
  #delete(playlistId: string): Record<string, never> {
    const row = this.#row(playlistId);
    this.#db.transaction(() => {
      if (row['m3u_name'] !== null)
        this.#db.prepare('UPDATE playlists SET hidden = 1 WHERE playlist_id = ?').run(playlistId);
      else this.#db.prepare('DELETE FROM playlists WHERE playlist_id = ?').run(playlistId);
      this.#db.prepare('DELETE FROM playlist_tracks WHERE playlist_id = ?').run(playlistId);
    });
    this.#onChange();
    return {};
  }

  #row(playlistId: string): Row {
    const row = this.#db
      .prepare('SELECT * FROM playlists WHERE playlist_id = ? AND hidden = 0')
      .get(playlistId);
    if (!row)
      throw new AppError('ERR_PLAYLIST_NOT_FOUND', 'no playlist has this id', {
        params: { playlist_id: playlistId },
      });
    return row;
  }

  #names(): { id: string; key: string }[] {
    return this.#db
      .prepare('SELECT playlist_id, name FROM playlists WHERE hidden = 0')
      .all()
      .map((row) => ({ id: String(row['playlist_id']), key: keyOf(String(row['name'])) }));
  }

  #mustBeFree(name: string, except?: string): void {
    if (this.#names().some(({ id, key }) => id !== except && key === keyOf(name)))
      throw new AppError('ERR_CONFLICT', 'a playlist has this name already');
  }

  #mustKnow(trackIds: readonly string[]): void {
    for (const track_id of trackIds)
      if (!this.#db.prepare('SELECT 1 FROM tracks WHERE track_id = ?').get(track_id))
        throw new AppError('ERR_TRACK_NOT_FOUND', 'the library has no track with this id', {
          params: { track_id },
        });
  }
}
