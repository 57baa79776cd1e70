import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../base/index.js';
import { AUDIO_EXTENSIONS, type Intake, type StoredAlbum, type StoredTrack } from '../../library/index.js';
import { entriesOf, isThere } from './disk.js';
import { type Move, TRASH, type Trashed } from './journal.js';

/** How an album leaves its place: whole folders where nothing else is in them, else file by file. */
export interface WayOut {
  readonly moves: readonly Move[];
  /** Everything that goes along, below the folder of the trash. */
  readonly files: Trashed['files'];
}

const DISC = /^(.*\b)?(cd|dis[ck]|dvd)[\s_.#-]*\d/i;
/** More than this is no album. */
const MAX_FILES = 20_000;

/**
 * The moves that take an album into the trash. Its folders go as they are, with pictures and booklets, unless music of others lies in them.
 * Throws ERR_NOT_FOUND when nothing of it is on the disk.
 */
export async function wayOut(
  root: string,
  intake: Intake,
  album: StoredAlbum,
  trashId: string,
): Promise<WayOut> {
  const paths: string[] = [];
  for (const { path } of album.tracks) {
    if (path === undefined)
      throw new AppError('ERR_NOT_SUPPORTED', 'The name of a file of this album is no text; rename it first');
    if (await isThere(join(root, path))) paths.push(path);
  }
  if (paths.length === 0) throw new AppError('ERR_NOT_FOUND', 'The files of this album are not there');
  const own = new Set(paths);
  const folders = [...new Set(paths.map((path) => dirname(path)))];
  const leaving = new Set<string>();
  for (const folder of folders) {
    const above = dirname(folder);
    const isDisc = folders.length > 1 || DISC.test(folder.slice(above.length));
    const isWhole = isDisc && paths.every((path) => path.startsWith(`${above}/`));
    if (isWhole && (await isOwn(root, above, own, intake))) leaving.add(above);
    else if (await isOwn(root, folder, own, intake)) leaving.add(folder);
    else for (const path of paths) if (dirname(path) === folder) leaving.add(path);
  }
  const outer = [...leaving].filter((path) => ![...leaving].some((other) => path.startsWith(`${other}/`)));
  const moves = outer.map((from) => ({ from, to: `${TRASH}/${trashId}/${from}` }));
  return { moves, files: (await Promise.all(outer.map((path) => listFiles(root, path)))).flat() };
}

/** Whether all music in a folder is of the album. What a scan could not read goes along. */
async function isOwn(
  root: string,
  folder: string,
  own: ReadonlySet<string>,
  intake: Intake,
): Promise<boolean> {
  if (folder === '.' || folder === '' || folder.startsWith('.')) return false;
  for (const entry of await entriesOf(join(root, folder))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!(await isOwn(root, path, own, intake))) return false;
    } else if (isAudio(entry.name) && !own.has(path) && intake.knows(path) !== 'problem') return false;
  }
  return true;
}

function isAudio(name: string): boolean {
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return !name.startsWith('.') && Object.hasOwn(AUDIO_EXTENSIONS, extension);
}

/** Files and links of a folder, or the file itself, with their sizes. */
export async function listFiles(root: string, path: string): Promise<{ path: string; size: number }[]> {
  const found: { path: string; size: number }[] = [];
  const open = [path];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const stat = await lstat(join(root, next));
    if (!stat.isDirectory()) found.push({ path: next, size: stat.size });
    else for (const entry of await entriesOf(join(root, next))) open.push(`${next}/${entry.name}`);
    if (found.length > MAX_FILES) throw new AppError('ERR_NOT_SUPPORTED', 'This folder has too many files');
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Where tracks are and which ids they have, for when they come back. */
export const keptPaths = (tracks: readonly StoredTrack[]): Trashed['tracks'] =>
  tracks.flatMap(({ path, track_id, added_ms }) =>
    path === undefined ? [] : [{ path, track_id, added_ms }],
  );
