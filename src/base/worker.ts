import { fork, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import type { Logger } from './log.js';

export interface WorkerOptions {
  /** A compiled module. */
  readonly path: string;
  /** Of JavaScript's heap. */
  readonly memoryMb: number;
  readonly log: Logger;
  /** How messages are packed; `advanced` for bytes. Default: `json`. */
  readonly serialization?: 'json' | 'advanced';
}

/** A process for heavy work on what strangers made. It speaks by messages alone, gets nothing of the environment, and music that plays comes first. */
export function startWorker({ path, memoryMb, log, serialization = 'json' }: WorkerOptions): ChildProcess {
  const child = fork(path, [], {
    execArgv: [`--max-old-space-size=${memoryMb}`],
    serialization,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: {},
  });
  try {
    if (child.pid !== undefined) setPriority(child.pid, 10);
  } catch (error) {
    log.debug({ error, path }, 'a worker keeps its priority');
  }
  return child;
}
