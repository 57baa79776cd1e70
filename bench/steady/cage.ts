import { existsSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../../test/until.js';
import type { Ground } from '../ground.js';

const ROOT = '/sys/fs/cgroup';
/** What the kernel, systemd and containers take where nobody says another. */
const PERIOD_US = 100_000;
const GONE_MS = 30_000;

export interface CageChoice {
  /** Of the first core, as a quota; absent: all of that core. */
  readonly share?: number;
  readonly megabytes: number;
}

/** What those in it had to do without. */
export interface Usage {
  /** Periods at whose end they had no time left, of those in which they ran; absent without a quota. */
  readonly held?: number;
  /** Memory of all together at most, with what the kernel keeps of files for them. */
  readonly peakMb: number;
  /** Ended because there was no more memory. */
  readonly killed: number;
}

/** A part of the machine as small as an old computer: a control group that programs enter before they start. */
export interface Cage {
  /** Words before a command that shall run in it. */
  readonly words: readonly string[];
  usage(): Promise<Usage>;
}

/** Control groups of version 1 or 2, whichever this machine has. Rejects where we may not make one. */
export async function openCage(ground: Ground, choice: CageChoice): Promise<Cage> {
  const open = existsSync(join(ROOT, 'cgroup.controllers')) ? openUnified : openSplit;
  try {
    return await open(ground, choice, `tutti-bench-${process.pid}`);
  } catch (cause) {
    throw new Error('a control group for CPU and memory cannot be made: that needs root', { cause });
  }
}

async function openSplit(ground: Ground, { share, megabytes }: CageChoice, name: string): Promise<Cage> {
  const memory = await group(ground, join(ROOT, 'memory', name));
  await writeFile(join(memory, 'memory.limit_in_bytes'), `${megabytes}M`);
  const cpu = share === undefined ? undefined : await group(ground, join(ROOT, 'cpu', name));
  if (cpu !== undefined && share !== undefined) {
    await writeFile(join(cpu, 'cpu.cfs_period_us'), String(PERIOD_US));
    await writeFile(join(cpu, 'cpu.cfs_quota_us'), String(Math.round(PERIOD_US * share)));
  }
  return {
    words: wordsInto(cpu === undefined ? [memory] : [cpu, memory]),
    usage: async () => ({
      ...(cpu !== undefined && { held: await shareHeld(join(cpu, 'cpu.stat')) }),
      peakMb: Number(await readFile(join(memory, 'memory.max_usage_in_bytes'), 'utf8')) / 1e6,
      killed: await field(join(memory, 'memory.oom_control'), 'oom_kill'),
    }),
  };
}

async function openUnified(ground: Ground, { share, megabytes }: CageChoice, name: string): Promise<Cage> {
  await writeFile(join(ROOT, 'cgroup.subtree_control'), '+cpu +memory');
  const path = await group(ground, join(ROOT, name));
  const quota = share === undefined ? 'max' : String(Math.round(PERIOD_US * share));
  await writeFile(join(path, 'cpu.max'), `${quota} ${PERIOD_US}`);
  await writeFile(join(path, 'memory.max'), `${megabytes}M`);
  return {
    words: wordsInto([path]),
    usage: async () => ({
      ...(share !== undefined && { held: await shareHeld(join(path, 'cpu.stat')) }),
      peakMb: Number(await readFile(join(path, 'memory.peak'), 'utf8')) / 1e6,
      killed: await field(join(path, 'memory.events'), 'oom_kill'),
    }),
  };
}

async function group(ground: Ground, path: string): Promise<string> {
  await mkdir(path);
  ground.own({
    stop: () =>
      until(
        `everybody has left ${path}`,
        () =>
          rmdir(path).then(
            () => true,
            () => false,
          ),
        GONE_MS,
      ),
  });
  return path;
}

/** It enters before it becomes the program, so that nothing of it runs outside. */
function wordsInto(groups: readonly string[]): string[] {
  const enter = groups.map((path) => `echo $$ > ${path}/cgroup.procs`).join(' && ');
  return ['sh', '-c', `${enter} && exec taskset -c 0 "$@"`, 'cage'];
}

async function field(path: string, name: string): Promise<number> {
  const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(await readFile(path, 'utf8'));
  return Number(found?.[1] ?? Number.NaN);
}

async function shareHeld(path: string): Promise<number> {
  return (await field(path, 'nr_throttled')) / Math.max(1, await field(path, 'nr_periods'));
}
