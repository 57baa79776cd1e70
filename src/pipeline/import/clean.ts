import { lstat, realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { codeOf, type Logger } from '../../base/index.js';
import { type Disk, entriesOf, isThere } from './disk.js';
import type { Operation } from './journal.js';

type Sources = NonNullable<Operation['sources']>;

/** What systems leave in folders, and nobody misses. */
export const JUNK = /^(\.ds_store|thumbs\.db|desktop\.ini|\._.*|\.directory)$/i;

/** Removes files that are in the library now, if they are still the same, and the folders that are empty then. Everything else stays. */
export async function cleanSources(
  disk: Disk,
  { folder, files, stays }: Sources,
  log: Logger,
): Promise<void> {
  const root = await realpath(folder).catch(() => undefined);
  if (root === undefined) return;
  for (const file of files) {
    const path = join(root, file.path);
    if (await isSame(root, path, file)) await disk.remove(path, 'source');
    else if (await isThere(path))
      log.warn({ path: file.path }, 'a source changed after the import, it stays');
  }
  if (!stays) await removeHollow(disk, root);
}

async function isSame(root: string, path: string, file: Sources['files'][number]): Promise<boolean> {
  try {
    const above = await realpath(dirname(path));
    if (above !== root && !above.startsWith(root + sep)) return false;
    const found = await lstat(path, { bigint: true });
    return found.isFile() && Number(found.size) === file.size && String(found.mtimeNs) === file.mtime_ns;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return false;
    throw error;
  }
}

/** Removes a folder in which there is nothing but folders of this kind and what systems leave. False when there is more. */
async function removeHollow(disk: Disk, folder: string): Promise<boolean> {
  const entries = await entriesOf(folder);
  let isHollow = true;
  for (const entry of entries.filter((each) => each.isDirectory()))
    if (!(await removeHollow(disk, join(folder, entry.name)))) isHollow = false;
  const rest = entries.filter((each) => !each.isDirectory());
  if (!isHollow || !rest.every((each) => each.isFile() && JUNK.test(each.name))) return false;
  for (const entry of rest) await disk.remove(join(folder, entry.name), 'what systems leave');
  return await disk.removeEmpty(folder, 'folder of the sources');
}
