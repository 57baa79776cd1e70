import { execFile } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';
import type { Machine } from './result.js';

const run = promisify(execFile);

export async function machine(): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memory_gb: Math.round(totalmem() / 1e8) / 10,
    system: `${type()} ${release()}`,
    node: process.version,
    mpd: await firstLine('mpd', ['--version']),
    date: new Date().toISOString(),
    commit: await firstLine('git', ['-C', import.meta.dirname, 'describe', '--always', '--dirty']),
    load_before: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

async function firstLine(command: string, args: readonly string[]): Promise<string> {
  try {
    return (await run(command, [...args])).stdout.split('\n', 1)[0]?.trim() ?? '';
  } catch {
    return 'not here';
  }
}
