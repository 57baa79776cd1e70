import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/package-root.js';
import { until } from '../../test/until.js';
import type { Ground } from '../ground.js';
import { Program } from '../program.js';

const run = promisify(execFile);
const SOURCE = join(packageRoot, 'bench', 'steady', 'slow-core.c');
const CORE = 0;
/** How much of a second all programs of real-time priority may have together, in us; -1 = all of it. */
const REAL_TIME_SHARE = '/proc/sys/kernel/sched_rt_runtime_us';

/**
 * Has a program of the highest priority take the first core away from everybody for all but `share` of each millisecond: what is left is a
 * slow core, on which what plays still goes before what does not. A quota is no such thing: it stops all of a group together, and because the
 * kernel looks at it once a tick (4 ms), for tens of milliseconds at a time.
 */
export async function slowCore(ground: Ground, share: number): Promise<void> {
  await unthrottled(ground);
  const program = join(ground.dir, 'slow-core');
  try {
    await run('gcc', ['-O2', '-o', program, SOURCE]);
  } catch (cause) {
    throw new Error('what makes a core slow cannot be compiled: apt install gcc libc6-dev', { cause });
  }
  const taker = ground.own(Program.spawn(program, [String(CORE), String(Math.round(share * 1000))]));
  await until('the first core is slow', () => {
    taker.check();
    return taker.log.startsWith('slow');
  });
}

/**
 * The kernel stops all programs of real-time priority for 50 ms when they had 0.95 s of a second, and counts what takes the core away as
 * one of them. No slow core does that to what plays.
 */
async function unthrottled(ground: Ground): Promise<void> {
  const before = await readFile(REAL_TIME_SHARE, 'utf8');
  await writeFile(REAL_TIME_SHARE, '-1');
  ground.own({ stop: () => writeFile(REAL_TIME_SHARE, before) });
}

/** Milliseconds that a fixed piece of work takes on the first core, with these words before its command. */
export async function workMs(before: readonly string[]): Promise<number> {
  const work =
    'let n=0;const b=performance.now();for(let i=0;i<2e8;i++)n+=i%7;process.stdout.write(String(performance.now()-b))';
  const { stdout } = await run('taskset', ['-c', String(CORE), ...before, process.execPath, '-e', work]);
  return Number(stdout);
}

/** A folder for PATH in which mpv is one that runs at real-time priority, as its unit has it on an appliance. */
export async function eagerMpv(ground: Ground, before: readonly string[]): Promise<string> {
  const folder = join(ground.dir, 'eager');
  await mkdir(folder);
  const { stdout } = await run('sh', ['-c', 'command -v mpv']);
  const file = join(folder, 'mpv');
  await writeFile(file, `#!/bin/sh\nexec ${[...before, stdout.trim()].join(' ')} "$@"\n`);
  await chmod(file, 0o755);
  return folder;
}
