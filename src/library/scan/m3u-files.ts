import { lstat, readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { type Logger, randomId } from '../../base/index.js';
import type { Db, Row } from '../../storage/index.js';
import { type Bytes, bytes, joinBytes, shownText, splitPath, toBytes } from '../file-names.js';
import { decodeM3u, parseM3u, resolveM3u } from '../m3u.js';
import type { Playlists } from '../playlists.js';
import type { FoundFile } from './catalog.js';
import type { ScanOutcome } from './scanner.js';

const MAX_BYTES = 4 * 1024 * 1024;

export interface M3uFilesOptions {
  readonly db: Db;
  readonly musicDir: string;
  readonly playlists: Playlists;
  readonly log: Logger;
}

/** Brings the playlists that follow a file up to date after a scan. True when a playlist changed. */
export async function followM3uFiles(options: M3uFilesOptions, outcome: ScanOutcome): Promise<boolean> {
  let changed = await removeGone(options, outcome);
  for (const file of outcome.playlists) {
    if (await follow(options, file, outcome.changed)) changed = true;
    await setImmediate();
  }
  // Playlists in folders this scan did not look at, and those people made, may name tracks that came or went.
  if (outcome.changed)
    for (const row of options.db.prepare('SELECT playlist_id FROM playlists WHERE hidden = 0').all()) {
      options.playlists.recount(String(row['playlist_id']));
      await setImmediate();
    }
  return changed;
}

function find(db: Db, file: FoundFile): Row | undefined {
  return db
    .prepare('SELECT * FROM playlists WHERE m3u_folder = ? AND m3u_name = ?')
    .get(file.folder, file.name);
}

async function follow(options: M3uFilesOptions, file: FoundFile, libraryChanged: boolean): Promise<boolean> {
  const { db, playlists, musicDir, log } = options;
  const row = find(db, file);
  const same = row?.['m3u_size'] === file.size && row['m3u_mtime_us'] === file.mtimeUs;
  if (same && (row['follows'] === 0 || row['hidden'] === 1 || !libraryChanged)) return false;
  const place = { musicDir, folder: file.folder };
  const trackIds = await read(
    joinBytes(toBytes(musicDir), joinBytes(file.folder, file.name)),
    file,
    log,
  ).then((text) => text && resolveM3u(db, parseM3u(text), place).trackIds);
  if (trackIds === undefined || trackIds === '') return false;
  return db.transaction(() => {
    const playlistId = row ? String(row['playlist_id']) : insert(options, file);
    db.prepare('UPDATE playlists SET m3u_size = ?, m3u_mtime_us = ? WHERE playlist_id = ?').run(
      file.size,
      file.mtimeUs,
      playlistId,
    );
    if (row && row['follows'] === 0 && row['hidden'] === 0) return false;
    db.prepare('UPDATE playlists SET hidden = 0, follows = 1 WHERE playlist_id = ?').run(playlistId);
    if (isSame(db, playlistId, trackIds)) return row === undefined || row['hidden'] === 1;
    db.prepare('DELETE FROM playlist_tracks WHERE playlist_id = ?').run(playlistId);
    playlists.append(playlistId, trackIds);
    playlists.recount(playlistId);
    return true;
  });
}

function isSame(db: Db, playlistId: string, trackIds: readonly string[]): boolean {
  const before = db
    .prepare('SELECT track_id FROM playlist_tracks WHERE playlist_id = ? ORDER BY position')
    .all(playlistId);
  return before.length === trackIds.length && before.every((row, at) => row['track_id'] === trackIds[at]);
}

function insert({ db, playlists }: M3uFilesOptions, file: FoundFile): string {
  const playlistId = `p-${randomId()}`;
  const plain =
    shownText(file.name)
      .replace(/\.m3u8?$/i, '')
      .trim()
      .slice(0, 120) || 'Playlist';
  const name = playlists.freeName(plain, shownText(splitPath(file.folder).name).slice(0, 40));
  db.prepare(
    `INSERT INTO playlists (playlist_id, name, track_count, duration_seconds, m3u_folder, m3u_name, follows, hidden) VALUES (?, ?, 0, 0, ?, ?, 1, 0)`,
  ).run(playlistId, name, file.folder, file.name);
  return playlistId;
}

async function read(path: Bytes, file: FoundFile, log: Logger): Promise<string | undefined> {
  if (file.size > MAX_BYTES) return undefined;
  try {
    return decodeM3u(await readFile(path));
  } catch (error) {
    log.debug({ name: shownText(file.name), error }, 'playlist file cannot be read');
    return undefined;
  }
}

/** Playlists whose file is gone: those that follow it go too, edited ones stay as people's own. */
async function removeGone({ db, musicDir }: M3uFilesOptions, outcome: ScanOutcome): Promise<boolean> {
  const there = new Set(
    outcome.playlists.map((file) => joinBytes(file.folder, file.name).toString('latin1')),
  );
  let changed = false;
  for (const row of db.prepare('SELECT * FROM playlists WHERE m3u_name IS NOT NULL').all()) {
    const folder = bytes(row['m3u_folder']);
    const path = joinBytes(folder, bytes(row['m3u_name']));
    if (there.has(path.toString('latin1'))) continue;
    if (outcome.looked && !outcome.looked.has(folder.toString('latin1'))) continue;
    const isThere = await lstat(joinBytes(toBytes(musicDir), path)).then(
      () => true,
      (error: NodeJS.ErrnoException) => error.code !== 'ENOENT' && error.code !== 'ENOTDIR',
    );
    if (isThere) continue;
    db.transaction(() => release(db, row));
    changed = true;
  }
  return changed;
}

function release(db: Db, row: Row): void {
  const id = row['playlist_id']!;
  if (row['follows'] === 0 && row['hidden'] === 0) {
    db.prepare('UPDATE playlists SET m3u_folder = NULL, m3u_name = NULL WHERE playlist_id = ?').run(id);
    return;
  }
  db.prepare('DELETE FROM playlists WHERE playlist_id = ?').run(id);
  db.prepare('DELETE FROM playlist_tracks WHERE playlist_id = ?').run(id);
}
