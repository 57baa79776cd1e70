import { execFile } from 'node:child_process';
import { access, constants, open, opendir, readdir, readFile, rm, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { arch, release, setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { AppError, randomId, systemClock, whoAmI } from '../base/index.js';
import { busAddress } from '../bus/index.js';
import { knock } from '../storage/index.js';
import type { LockProbes } from './audio.js';
import type { BoardProbes } from './board.js';
import type { Files } from './cards.js';
import type { Folder, MusicProbes } from './files.js';
import type { ClockProbes, DiskProbes } from './machine.js';
import { holderIn, type PortProbes } from './ports.js';
import type { RunProgram } from './programs.js';
import type { RightsProbes } from './rights.js';
import type { Process, SoundProbes } from './sound.js';
import type { WifiProbes } from './wifi.js';

const PROGRAM_MS = 5_000;
const SYNCS = 5;
const SAMPLED = 300;

export const runProgram: RunProgram = (program, words, signal) =>
  new Promise((resolve) => {
    const options = { timeout: PROGRAM_MS, maxBuffer: 1024 * 1024, cwd: '/', ...(signal && { signal }) };
    const child = execFile(program, words, options, (error, stdout) => {
      if (error?.code === 'ENOENT') resolve(undefined);
      else resolve({ code: error ? (typeof error.code === 'number' ? error.code : 1) : 0, text: stdout });
    });
    yieldToMusic(child.pid);
  });

/** Whoever looks must not be heard: programs that are asked come after those that play. */
function yieldToMusic(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, POLITE);
  } catch {
    // It has ended already.
  }
}

const POLITE = 10;

export const readText = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch(() => undefined);

/** Files of the kernel and of this machine, as they are. */
export const files: Files = {
  read: readText,
  list: (path) => readdir(path).catch(() => []),
};

const exists = (path: string): Promise<boolean> => may(path, constants.F_OK);

const may = (path: string, mode: number): Promise<boolean> =>
  access(path, mode).then(
    () => true,
    () => false,
  );

/** The first folder from the top that this user may not go through. */
async function wallBefore(path: string): Promise<string | undefined> {
  const above: string[] = [];
  for (let at = dirname(path); !above.includes(at); at = dirname(at)) above.unshift(at);
  for (const at of above) if (!(await may(at, constants.X_OK))) return at;
  return undefined;
}

/** The folder itself, or the nearest above it that is there. */
async function nearest(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) if (dirname(at) === at || (await exists(at))) return at;
}

export const clockProbes: ClockProbes = { wallMs: () => systemClock.wallMs(), exists, run: runProgram };

export const diskProbes: DiskProbes = {
  mounts: async () => (await readText('/proc/mounts')) ?? '',
  async freeBytes(path) {
    const { bavail, bsize } = await statfs(await nearest(path));
    return bavail * bsize;
  },
  async syncMs(path) {
    const file = join(await nearest(path), `.tutti-doctor-${randomId()}`);
    const handle = await open(file, 'wx', 0o600);
    try {
      const times: number[] = [];
      for (let round = 0; round < SYNCS; round++) {
        const began = systemClock.nowUs();
        await handle.write(Buffer.alloc(4096, round), 0, 4096, round * 4096);
        await handle.sync();
        times.push((systemClock.nowUs() - began) / 1000);
      }
      return times.sort((a, b) => a - b)[SYNCS >> 1]!;
    } finally {
      await handle.close();
      await rm(file, { force: true });
    }
  },
};

export const portProbes = (dataDir: string): PortProbes => ({
  listen: (host, port) =>
    new Promise((resolve) => {
      const server = createServer();
      server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'unknown'));
      server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
    }),
  async holder(port) {
    const said = await runProgram('ss', ['-Hltnp', `sport = :${port}`]);
    return holderIn(said?.text ?? '');
  },
  running: () => knock(dataDir),
});

const user = whoAmI();

export const folderProbes: MusicProbes = {
  user,
  mounts: async () => (await readText('/proc/mounts')) ?? '',
  read: readText,
  async look(path): Promise<Folder> {
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => error.code);
    if (found === undefined || typeof found === 'string') {
      const wall = found === 'EACCES' ? await wallBefore(path) : undefined;
      return { owner: undefined, mode: 0, writable: false, readable: false, wall };
    }
    const named = (await runProgram('id', ['-nu', String(found.uid)]))?.text.trim();
    return {
      owner: named === undefined || named === '' ? String(found.uid) : named,
      mode: found.mode,
      writable: await may(path, constants.W_OK | constants.X_OK),
      readable: await may(path, constants.R_OK | constants.X_OK),
    };
  },
  mayMake: async (path) => may(await nearest(path), constants.W_OK | constants.X_OK),
  async sample(path) {
    const entries = (await readdir(path, { withFileTypes: true })).slice(0, SAMPLED);
    let readable = 0;
    for (const entry of entries)
      readable += Number(
        await may(join(path, entry.name), constants.R_OK | (entry.isDirectory() ? constants.X_OK : 0)),
      );
    return { readable, shut: entries.length - readable };
  },
};

const groups = async (): Promise<readonly string[]> =>
  ((await runProgram('id', ['-Gn']))?.text ?? '').trim().split(/\s+/);

export const soundProbes: SoundProbes = {
  user,
  exists,
  run: runProgram,
  groups,
  async processes(): Promise<Process[]> {
    const text = (await runProgram('ps', ['-eo', 'user:64=,comm=']))?.text ?? '';
    return [...text.matchAll(/^(\S+)\s+(\S+)/gm)].map(([, owner = '', program = '']) => ({
      user: owner,
      program,
    }));
  },
};

export const rightsProbes: RightsProbes = { user, groups, read: readText };

export const boardProbes: BoardProbes = { ...files, run: runProgram, kernel: release(), arch: arch() };

export const lockProbes: LockProbes = {
  ...files,
  program: async (pid) => (await readText(`/proc/${pid}/comm`))?.trim(),
};

export const wifiProbes: WifiProbes = {
  async wireless() {
    const names = await files.list('/sys/class/net');
    const radio = await Promise.all(names.map((name) => exists(`/sys/class/net/${name}/wireless`)));
    return names.filter((_name, at) => radio[at]);
  },
  read: readText,
  run: runProgram,
};

const MOST_FOLDERS = 50_000;

/** Counts folders, itself among them, until there are very many or time is up. Undefined: there is no such folder. */
export async function foldersBelow(
  top: string | undefined,
  signal: AbortSignal,
): Promise<{ readonly count: number; readonly all: boolean } | undefined> {
  if (top === undefined || !(await exists(top))) return undefined;
  const began = systemClock.nowUs();
  const left = [top];
  let count = 0;
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    count++;
    const late = systemClock.nowUs() - began > COUNTING_US;
    if (signal.aborted || late || count >= MOST_FOLDERS) return { count, all: false };
    const folder = await opendir(path).catch(() => undefined);
    if (!folder) continue;
    for await (const entry of folder) if (entry.isDirectory()) left.push(join(path, entry.name));
  }
  return { count, all: true };
}

const COUNTING_US = 2_000_000;

/** Has the Redis at an address keep something for a moment, below `name`: one that is full or only a copy answers all else. */
export async function askRedis(
  address: string,
  name: string,
  signal: AbortSignal,
): Promise<{ version: string; ms: number }> {
  const { shown: _, tls, ...rest } = busAddress(address);
  const { Redis } = await import('ioredis');
  const redis = new Redis({
    ...rest,
    ...(tls && { tls: {} }),
    lazyConnect: true,
    enableReadyCheck: false,
    connectTimeout: PROGRAM_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let said: Error | undefined;
  redis.on('error', (error: Error) => (said = error));
  signal.addEventListener('abort', () => redis.disconnect(), { once: true });
  try {
    const began = systemClock.nowUs();
    await redis.connect();
    // By a script, as jobs are kept: what the user may do is asked as well.
    await redis.eval("return redis.call('set', KEYS[1], '', 'PX', 1000)", 1, `${name}:doctor`);
    const ms = (systemClock.nowUs() - began) / 1000;
    const text = await redis.info('server');
    return { version: /^redis_version:(\S+)/m.exec(text)?.[1] ?? 'unknown', ms };
  } catch (thrown) {
    throw new AppError('ERR_BUSY', said?.message ?? String(thrown), { cause: thrown });
  } finally {
    redis.disconnect();
  }
}
