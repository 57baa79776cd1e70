import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Longest path that fits a unix socket's address; what is longer is cut off without a word. */
const MAX_PATH_BYTES = 107;
/** As long as the longest name of a socket there. */
const LONGEST_NAME = 'mpv-0123456789abcdef.sock';
const MEMORY = '/dev/shm';

/** A short name for a data folder. */
export const folderId = (dataDir: string): string =>
  createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 16);

/**
 * Where the sockets of a data folder are (mode 0700): in its folder `run`. Where its path is too long for a socket's address they are in memory, by a
 * name that is the same after every start.
 */
export function socketFolder(dataDir: string): string {
  const usual = join(dataDir, 'run');
  if (Buffer.byteLength(join(usual, LONGEST_NAME)) <= MAX_PATH_BYTES) return usual;
  return join(existsSync(MEMORY) ? MEMORY : tmpdir(), `tutti-${folderId(dataDir)}`);
}
