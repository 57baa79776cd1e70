import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError, toError } from '../base/index.js';
import type { KeptValues } from '../config/index.js';

/**
 * Replaces the file as a whole: after a power cut it is the former or the new one. Throws ERR_DISK, and then it is the former.
 */
export async function writeKept(file: string, values: KeptValues): Promise<void> {
  const fresh = `${file}.new`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await withHandle(fresh, 'w', async (handle) => {
      await handle.writeFile(`${JSON.stringify(values, undefined, 2)}\n`);
      await handle.sync();
    });
    await rename(fresh, file);
    await withHandle(dirname(file), 'r', (folder) => folder.sync());
  } catch (cause) {
    await rm(fresh, { force: true }).catch(() => undefined);
    throw new AppError('ERR_DISK', `what was set cannot be kept (${toError(cause).message})`, { cause });
  }
}

type Handle = Awaited<ReturnType<typeof open>>;

async function withHandle(
  path: string,
  flags: 'r' | 'w',
  use: (handle: Handle) => Promise<void>,
): Promise<void> {
  const handle = await open(path, flags, 0o600);
  try {
    await use(handle);
  } finally {
    await handle.close();
  }
}
