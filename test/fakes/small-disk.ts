import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.js';

const run = promisify(execFile);

const SENTENCE =
  'This test needs a small disk of its own. Run it as root, or let ordinary users have name spaces: ' +
  'sudo sysctl -w kernel.unprivileged_userns_clone=1 (Debian before 11), sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu); ' +
  'apt install util-linux';

/** Words before a command that give it mounts of its own: root needs less than others. Throws what to do where neither works. */
async function ownMounts(): Promise<{ readonly unshare: string[]; readonly enter: string[] }> {
  const ways = [
    { unshare: ['unshare', '-m'], enter: ['-m'] },
    { unshare: ['unshare', '-Urm'], enter: ['-U', '-m', '--preserve-credentials'] },
  ];
  for (const way of ways) {
    const [program = '', ...words] = way.unshare;
    const probe = ['sh', '-c', 'mount -t tmpfs -o size=64k none /mnt'];
    if (
      await run(program, [...words, ...probe]).then(
        () => true,
        () => false,
      )
    )
      return way;
  }
  throw new Error(SENTENCE);
}

/**
 * A disk of a few megabytes in memory, that only programs started with `words` before them see, at `path`. For root and for ordinary users. It stays
 * while those programs come and go.
 */
export class SmallDisk {
  private constructor(
    readonly path: string,
    readonly words: readonly string[],
    private readonly holder: ChildProcess,
  ) {}

  static async open(size: string): Promise<SmallDisk> {
    const { unshare, enter } = await ownMounts();
    const path = await mkdtemp(join(tmpdir(), 'tutti-small-'));
    const [program = '', ...words] = unshare;
    const script = `mount -t tmpfs -o size=${size},mode=700 tutti ${path} && echo ready && exec cat`;
    const holder = spawn(program, [...words, 'sh', '-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => resolve());
      holder.once('exit', () => reject(new Error(SENTENCE)));
    });
    return new SmallDisk(path, ['nsenter', '-t', String(holder.pid), ...enter, '--'], holder);
  }

  /** Where this process finds what is on the disk. */
  seen(...names: string[]): string {
    return join(`/proc/${this.holder.pid}/root${this.path}`, ...names);
  }

  /** Uses up all but so many bytes; `0` leaves nothing. */
  async fill(leave = 0): Promise<void> {
    const { bavail, bsize } = await statfs(this.seen());
    await writeFile(this.seen('holiday.mp4'), Buffer.alloc(Math.max(0, bavail * bsize - leave)));
  }

  async clear(): Promise<void> {
    await rm(this.seen('holiday.mp4'), { force: true });
  }

  /** `ro` and `rw`, for everybody who has files open there too. */
  async remount(options: string): Promise<void> {
    const [program = '', ...words] = this.words;
    await run(program, [...words, 'mount', ...again(options), this.path]);
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.holder.once('exit', resolve));
    this.holder.stdin?.end();
    await gone;
    await rm(this.path, { recursive: true, force: true });
  }
}

const INSIDE = 'TUTTI_TEST_OWN_MOUNTS';

/**
 * A test that mounts disks in this process, by `mountSmall`. Who may not do that has the test run once more by itself, in a name space where it may;
 * then its hooks run here and there.
 */
export function itMounts(name: string, body: () => Promise<void>): void {
  it(name, async () => {
    if (process.env[INSIDE] !== undefined || process.getuid?.() === 0) return body();
    const { unshare } = await ownMounts();
    const [program = '', ...words] = unshare;
    const { testPath, currentTestName = name } = expect.getState();
    const vitest = join(packageRoot, 'node_modules', 'vitest', 'vitest.mjs');
    if (!existsSync(vitest)) throw new Error('vitest is not installed; run: npm ci');
    const exact = currentTestName.replaceAll(' > ', ' ').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    await run(
      program,
      [
        ...words,
        process.execPath,
        vitest,
        'run',
        '--configLoader',
        'runner',
        '--project',
        'programs',
        String(testPath),
        '-t',
        `^${exact}$`,
      ],
      { cwd: packageRoot, env: { ...process.env, [INSIDE]: '1' } },
    );
  });
}

/** With both its ends named: what a disk had before, ordinary users may not give it again. */
const again = (options: string): string[] => ['-t', 'tmpfs', '-o', `remount,${options}`, 'tutti'];

/** Gives a small disk another size. */
export async function resizeSmall(path: string, size: string): Promise<void> {
  await run('mount', [...again(`size=${size}`), path]);
}

/** Mounts a disk of that size; gives what takes it away. Only within `itMounts`. */
export async function mountSmall(path: string, size: string): Promise<() => Promise<void>> {
  await run('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tutti', path]).catch(() => {
    throw new Error(SENTENCE);
  });
  return async () => void (await run('umount', ['-l', path]));
}
