import { readdirSync, readFileSync } from 'node:fs';
import { cpuMs } from '../program.js';

/** What a process holds of the machine besides memory. */
export interface Held {
  /** Open files, sockets among them. */
  readonly files: number;
  /** Programs it has started that run. */
  readonly programs: number;
  /** What keeps its event loop going, by kind: timers, sockets, watched folders. */
  readonly resources: Readonly<Record<string, number>>;
  readonly heapMb: number;
}

const TICK_MS = 10;
/** Fields of /proc/<pid>/stat behind the name, by their place. */
const [PARENT, CHILDREN_USER, CHILDREN_SYSTEM] = [1, 13, 14];

export async function heldBy(pid: number, port: number): Promise<Held> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { connection: 'close' } });
  const text = await answer.text();
  const resources: Record<string, number> = {};
  for (const [, kind, count] of text.matchAll(/^nodejs_active_resources\{type="(\w+)"[^}]*\} (\d+)$/gm))
    resources[kind!] = Number(count);
  const heap = /^nodejs_heap_size_used_bytes(?:\{[^}]*\})? (\S+)$/m.exec(text);
  return {
    files: readdirSync(`/proc/${pid}/fd`).length,
    programs: childrenOf(pid).length,
    resources,
    heapMb: Number(heap?.[1]) / 1e6,
  };
}

/** Milliseconds of CPU of the programs a process has started, those that have ended among them. */
export function childrenCpuMs(pid: number): number {
  const own = statOf(pid);
  const ended = (Number(own?.[CHILDREN_USER]) + Number(own?.[CHILDREN_SYSTEM])) * TICK_MS;
  return childrenOf(pid).reduce((sum, child) => sum + cpuOrNothing(child) + childrenCpuMs(child), ended || 0);
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && statOf(Number(name))?.[PARENT] === String(pid))
    .map(Number);
}

function statOf(pid: number): string[] | undefined {
  return whileItLives(() => {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  });
}

function cpuOrNothing(pid: number): number {
  return whileItLives(() => cpuMs(pid)) ?? 0;
}

function whileItLives<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return undefined;
    throw error;
  }
}
