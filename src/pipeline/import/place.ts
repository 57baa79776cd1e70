import type { Dirent } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { AppError, codeOf } from '../../base/index.js';
import { nameKey, nameProblem } from '../names.js';

/** Beyond this programs of others give up. */
const MAX_PATH_BYTES = 3500;

/** Where an album goes, below the music folder. */
export interface Place {
  readonly folder: string;
  /** Something stands there already. */
  readonly taken: boolean;
}

/**
 * Finds the place of an album: a folder of the artist that is there under a name that differs in case or composition alone is used as it is
 * spelled. Throws ERR_INVALID (`path_unsafe`) for a path that leaves the music folder, or goes through a link or a file.
 */
export async function findPlace(root: string, folder: readonly string[]): Promise<Place> {
  const found: string[] = [];
  let taken = false;
  for (const [n, name] of folder.entries()) {
    const problem = nameProblem(name);
    if (problem !== undefined) throw unsafe(`A name in the path of this album does not do: ${problem}`);
    const above = join(root, ...found);
    const twin = await twinOf(above, name);
    if (n === folder.length - 1) taken = twin !== undefined;
    else if (twin && !twin.isDirectory())
      throw unsafe('A link or a file is where a folder of this album should be');
    found.push(twin?.name ?? name);
    if (twin) await demandInside(root, above);
  }
  const path = found.join('/');
  checkPath(root, path);
  return { folder: path, taken };
}

/** Throws ERR_INVALID (`path_unsafe`) for a path that is not below `root`. */
export function checkPath(root: string, path: string): void {
  const whole = resolve(root, path);
  if (!whole.startsWith(root.endsWith(sep) ? root : root + sep))
    throw unsafe('The path of this album leaves the music folder');
  if (Buffer.byteLength(whole) > MAX_PATH_BYTES) throw unsafe('The path of this album is too long');
}

/** Exactly this name, else one that is the same on file systems without case. */
async function twinOf(folder: string, name: string): Promise<Dirent | undefined> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const key = nameKey(name);
    const twins = entries.filter((entry) => nameKey(entry.name) === key);
    return twins.find((entry) => entry.name === name) ?? twins.sort((a, b) => (a.name < b.name ? -1 : 1))[0];
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function demandInside(root: string, folder: string): Promise<void> {
  const real = await realpath(folder);
  if (real !== root && !real.startsWith(root + sep))
    throw unsafe('The path of this album leaves the music folder');
}

const unsafe = (message: string): AppError =>
  new AppError('ERR_INVALID', message, { params: { gate: 'path_unsafe' } });
