import { lstat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { AppError } from '../../base/index.js';
import { type Disk, hashFile, isThere, proofOf } from './disk.js';
import type { Move, Operation } from './journal.js';
import { listFiles } from './moves-out.js';

const nameOf = (move: Move): string => (move.to.startsWith('.') ? 'into the trash' : 'into its place');

/**
 * How many of the moves are made, as the disk says; undefined where it looks like none of the states in between. A state is all of it: what
 * should be there is, what should not is not, and what was published is what was staged. Places are emptied and filled anew, so no move
 * can be judged alone.
 */
export async function progressOf(root: string, operation: Operation): Promise<number | undefined> {
  const { moves } = operation;
  const paths = [...new Set(moves.flatMap(({ from, to }) => [from, to]))];
  const found = new Map<string, boolean>();
  for (const path of paths) found.set(path, await isThere(join(root, path)));
  const there = new Set(moves.map(({ from }) => from).filter((from, n) => !isFilledBefore(moves, from, n)));
  for (let made = 0; made <= moves.length; made++) {
    const last = moves[made - 1];
    if (last) {
      there.delete(last.from);
      there.add(last.to);
    }
    const fits = paths.every((path) => found.get(path) === there.has(path));
    if (fits && (made < moves.length || (await stands(root, operation, false)))) return made;
  }
  return undefined;
}

const isFilledBefore = (moves: readonly Move[], path: string, n: number): boolean =>
  moves.slice(0, n).some(({ to }) => to === path);

/** Makes the moves from number `made` on, in order, with the folders that they need. */
export async function moveOn(disk: Disk, root: string, moves: readonly Move[], made: number): Promise<void> {
  for (const move of moves.slice(made)) {
    const parent = relative(root, dirname(join(root, move.to)));
    await disk.makeFolders(root, parent, 'parent');
    await sameDisk(root, join(root, parent));
    await disk.move(join(root, move.from), join(root, move.to), nameOf(move));
  }
}

/** Takes back the first `made` moves, the last first. */
export async function moveBack(
  disk: Disk,
  root: string,
  moves: readonly Move[],
  made: number,
): Promise<void> {
  for (const move of moves.slice(0, made).reverse()) {
    if (await isThere(join(root, move.from))) continue;
    const parent = relative(root, dirname(join(root, move.from)));
    await disk.makeFolders(root, parent, 'parent');
    await disk.move(join(root, move.to), join(root, move.from), 'back');
    await removeEmptyAbove(disk, root, move.to);
  }
}

/** Folders that are empty because something left them. The music folder itself and what begins with a dot in it stay. */
export async function removeEmptyAbove(disk: Disk, root: string, path: string): Promise<void> {
  for (let at = dirname(path); at !== '.' && !/^\.[^/]+$/.test(at); at = dirname(at))
    if (!(await disk.removeEmpty(join(root, at), 'empty folder'))) return;
}

/** Another file system may begin in any folder: a rename would not be one step, or not work at all. */
async function sameDisk(root: string, folder: string): Promise<void> {
  const [above, there] = await Promise.all([lstat(root), lstat(folder)]);
  if (above.dev === there.dev) return;
  throw new AppError(
    'ERR_NOT_SUPPORTED',
    'This place is on another disk than the music folder itself; nothing is moved between disks there',
  );
}

/** Proofs by path, of files that were read in this life of the server; see `proofOf`. */
export type Proofs = ReadonlyMap<string, string>;

/** Whether what was staged stands there. `thorough` reads every byte of files that nothing proves to be as they were read. */
export async function stands(
  root: string,
  { files }: Operation,
  thorough: boolean,
  proofs: Proofs = new Map(),
): Promise<boolean> {
  for (const file of files) {
    const path = join(root, file.path);
    const found = (await isThere(path)) ? await lstat(path, { bigint: true }) : undefined;
    if (!found?.isFile() || Number(found.size) !== file.size) return false;
    if (!thorough || proofs.get(file.path) === proofOf(found)) continue;
    if ((await hashFile(path)).sha256 !== file.sha256) return false;
  }
  return true;
}

/** Whether a folder that was published has more in it than what was staged. */
export async function hasMore(root: string, { files, change }: Operation): Promise<boolean> {
  const folder = change.imported?.folder;
  if (folder === undefined) return false;
  const ours = new Set(files.map(({ path }) => path));
  return (await listFiles(root, folder)).some(({ path }) => !ours.has(path));
}
