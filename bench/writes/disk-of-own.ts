import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A disk that nothing else writes to: what reaches it is counted by the kernel, journal and all. */
export interface OwnDisk {
  /** Where it is mounted. */
  readonly path: string;
  /** What has been written to it so far. */
  writtenKb(): number;
  /** What waits in memory goes to it now. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

const SECTOR = 512;

/** An ext4 file system in a file, mounted as Raspberry Pi OS mounts its card. Undefined where one may not mount. */
export async function ownDisk(dir: string): Promise<OwnDisk | undefined> {
  const image = join(dir, 'disk.img');
  const path = join(dir, 'disk');
  await mkdir(path, { recursive: true });
  await writeFile(image, '');
  await truncate(image, 512 * 1024 * 1024);
  try {
    // Without the work that ext4 puts off after it was made: it would be counted.
    await run('mkfs.ext4', ['-q', '-E', 'lazy_itable_init=0,lazy_journal_init=0', image]);
    const { stdout } = await run('losetup', ['-f', '--show', image]);
    const device = stdout.trim();
    await run('mount', ['-o', 'noatime', device, path]);
    const stat = join('/sys/block', basename(device), 'stat');
    return {
      path,
      writtenKb: () => (Number(readFileSync(stat, 'utf8').trim().split(/\s+/)[6]) * SECTOR) / 1024,
      sync: async () => void (await run('sync', ['-f', path])),
      async close() {
        await run('umount', [path]);
        await run('losetup', ['-d', device]);
        await rm(image, { force: true });
      },
    };
  } catch {
    await rm(image, { force: true });
    return undefined;
  }
}
