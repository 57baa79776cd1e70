import { chmodSync, existsSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Db } from '../storage/index.js';

const FDS = '/proc/self/fd';

/**
 * Writes a database anew that was deleted while it was open: until it is closed everything is still there. False when that is not what happened: who
 * has moved it away has it. Only while nothing is written to it any more.
 */
export function writeAnew(db: Db, file: string): boolean {
  if (existsSync(file) || !isDeleted(file)) return false;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const part = `${file}.part`;
  rmSync(part, { force: true });
  db.prepare('VACUUM INTO ?').run(part);
  chmodSync(part, 0o600);
  // A log that is still there is of the one that was deleted.
  for (const end of ['-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
  renameSync(part, file);
  return true;
}

function isDeleted(file: string): boolean {
  return readdirSync(FDS).some((fd) => {
    try {
      return readlinkSync(join(FDS, fd)) === `${file} (deleted)`;
    } catch {
      return false;
    }
  });
}
