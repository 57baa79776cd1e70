import type { BigIntStats } from 'node:fs';
import { cp, lstat, mkdir, open, readdir, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';

/** What makes up the folder of a candidate, and where it lies until it is there. */
export const Gather = z.object({
  /** Absolute: the folder or file that arrived. */
  from: z.string(),
  /** Below it; '' = all of it. */
  dirs: z.array(z.string()).min(1),
  /** Leave what arrived where it is. */
  copy: z.boolean(),
});
export type Gather = z.infer<typeof Gather>;

/** A copy has the time of what was copied, rounded. */
const COPIED_MS = 2;

/**
 * Brings it all into the folder `to`, which is whole when this resolves. What was brought by an earlier life is left as it is: at every moment
 * each file is in one of the two places, and whole there.
 */
export async function gather({ from, dirs, copy }: Gather, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  const [first = ''] = dirs;
  const whole = dirs.length === 1 && !(await isFile(join(from, first)));
  if (whole) return bring(join(from, first), to, copy);
  await mkdir(to, { recursive: true });
  for (const dir of dirs) await bring(join(from, dir), join(to, basename(join(from, dir))), copy);
}

/** Nothing is left but folders: they go too. What cannot go stays, and does no harm. */
export async function removeEmpty(folder: string): Promise<void> {
  const stat = await find(folder);
  if (!stat?.isDirectory()) return;
  for (const name of await readdir(folder)) await removeEmpty(join(folder, name));
  await rmdir(folder).catch(() => undefined);
}

async function bring(source: string, target: string, copy: boolean): Promise<void> {
  const here = await find(source);
  if (await find(target)) {
    if (here && !copy) await removeCopied(source, target);
    return;
  }
  if (!here) throw new Error(`${basename(source)} is gone`);
  if (!copy && (await renamed(source, target))) return;
  const coming = `${target}.coming`;
  await rm(coming, { recursive: true, force: true });
  await cp(source, coming, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  await syncTree(coming);
  await rename(coming, target);
  await syncPath(dirname(target));
  if (!copy) await removeCopied(source, target);
}

/** False when the two are on different file systems. */
async function renamed(source: string, target: string): Promise<boolean> {
  try {
    await rename(source, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EXDEV') return false;
    throw error;
  }
  await syncPath(dirname(target));
  await syncPath(dirname(source));
  return true;
}

/** Takes away what is there twice: of the same length and the same age. Everything else stays where it is. */
async function removeCopied(source: string, target: string): Promise<void> {
  const [here, there] = [await find(source), await find(target)];
  if (!here || !there) return;
  if (!here.isDirectory()) {
    const same = here.size === there.size && Math.abs(Number(here.mtimeMs - there.mtimeMs)) <= COPIED_MS;
    if (same && here.isFile() === there.isFile()) await unlink(source);
    return;
  }
  for (const name of await readdir(source)) await removeCopied(join(source, name), join(target, name));
  await rmdir(source).catch(() => undefined);
}

async function syncTree(path: string): Promise<void> {
  const stat = await find(path);
  if (stat?.isDirectory()) for (const name of await readdir(path)) await syncTree(join(path, name));
  if (stat?.isDirectory() === true || stat?.isFile() === true) await syncPath(path);
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const find = (path: string): Promise<BigIntStats | undefined> =>
  lstat(path, { bigint: true }).catch(() => undefined);

async function isFile(path: string): Promise<boolean> {
  const stat = await find(path);
  return stat !== undefined && !stat.isDirectory();
}
