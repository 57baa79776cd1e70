import { lstat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { AppError } from '../../base/index.js';
import { type Disk, hashFile, isThere } from './disk.js';
import type { Move, Operation } from './journal.js';

/** `both`: something stands where it shall go. `neither`: it is in no place. */
export type MoveState = 'done' | 'todo' | 'both' | 'neither';

const nameOf = (move: Move): string => (move.to.startsWith('.') ? 'into the trash' : 'into its place');

/** How far the moves are, as the disk says. Where a later move put something into a place, that is not what an earlier one took from there. */
export async function statesOf(root: string, moves: readonly Move[]): Promise<MoveState[]> {
  const filled = new Set<string>();
  const states: MoveState[] = [];
  for (const { from, to } of moves.toReversed()) {
    const isAtStart = !filled.has(from) && (await isThere(join(root, from)));
    const isAtEnd = await isThere(join(root, to));
    if (isAtEnd && !isAtStart) filled.add(to);
    states.unshift(isAtStart ? (isAtEnd ? 'both' : 'todo') : isAtEnd ? 'done' : 'neither');
  }
  // A place that an earlier move empties looks full until then.
  return states.map((state, n) => {
    const isEmptied = moves.some((move, at) => at < n && states[at] === 'todo' && move.from === moves[n]!.to);
    return state === 'both' && isEmptied ? 'todo' : state;
  });
}

/** Makes the moves that are still to be made, in order, with the folders that they need. */
export async function moveOn(disk: Disk, root: string, moves: readonly Move[]): Promise<void> {
  const states = await statesOf(root, moves);
  for (const [n, move] of moves.entries()) {
    if (states[n] === 'done') continue;
    const parent = relative(root, dirname(join(root, move.to)));
    await disk.makeFolders(root, parent, 'parent');
    await sameDisk(root, join(root, parent));
    await disk.move(join(root, move.from), join(root, move.to), nameOf(move));
  }
}

/** Takes back what was moved, the last first; false when something stands in the way, and then it stays where it is. */
export async function moveBack(disk: Disk, root: string, moves: readonly Move[]): Promise<boolean> {
  const states = await statesOf(root, moves);
  let whole = true;
  for (const [n, move] of [...moves.entries()].reverse()) {
    if (states[n] !== 'done') continue;
    if (await isThere(join(root, move.from))) {
      whole = false;
      continue;
    }
    const parent = relative(root, dirname(join(root, move.from)));
    await disk.makeFolders(root, parent, 'parent');
    await disk.move(join(root, move.to), join(root, move.from), `back ${n + 1}`);
    await removeEmptyAbove(disk, root, move.to);
  }
  return whole;
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

/** Whether what was staged stands there. `thorough` reads every byte. */
export async function stands(root: string, { files }: Operation, thorough: boolean): Promise<boolean> {
  for (const file of files) {
    const path = join(root, file.path);
    const found = (await isThere(path)) ? await lstat(path) : undefined;
    if (!found?.isFile() || found.size !== file.size) return false;
    if (thorough && (await hashFile(path)).sha256 !== file.sha256) return false;
  }
  return true;
}
