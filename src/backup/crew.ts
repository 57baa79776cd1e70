import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { AppError, Serial, startWorker, type Logger } from '../base/index.js';
import { BackupAnswer, doHere, failed, type BackupTask, type TaskResult, type TaskTold } from './tasks.js';

/** Who does heavy work on databases: one task at a time. */
export interface Crew {
  /** Rejects with what went wrong, and with ERR_BUSY when the signal ends it. */
  do(this: void, task: BackupTask, told?: TaskTold, signal?: AbortSignal): Promise<TaskResult>;
  close(): void;
}

/** In a process of its own where the program is built; in this one where its sources run as they are. */
export function openCrew(log: Logger): Crew {
  const serial = new Serial();
  const running = new Set<ChildProcess>();
  const built = import.meta.url.endsWith('.js');
  return {
    do: (task, told = () => undefined, signal) =>
      serial.run(() => (built ? elsewhere(task, told, { log, running, signal }) : here(task, told))),
    close: () => running.forEach((child) => child.kill('SIGKILL')),
  };
}

async function here(task: BackupTask, told: TaskTold): Promise<TaskResult> {
  try {
    return await doHere(task, told);
  } catch (thrown) {
    const answer = failed(thrown);
    throw answer.said === 'failed' && !(thrown instanceof AppError)
      ? new AppError(answer.code, answer.message, { cause: thrown })
      : thrown;
  }
}

const MEMORY_MB = 96;

interface Elsewhere {
  readonly log: Logger;
  readonly running: Set<ChildProcess>;
  readonly signal: AbortSignal | undefined;
}

function elsewhere(
  task: BackupTask,
  told: TaskTold,
  { log, running, signal }: Elsewhere,
): Promise<TaskResult> {
  if (signal?.aborted) return Promise.reject(stopped());
  return new Promise((resolve, reject) => {
    const path = fileURLToPath(new URL('./backup-worker.js', import.meta.url));
    const child = startWorker({ path, memoryMb: MEMORY_MB, log });
    running.add(child);
    const stop = (): void => void child.kill('SIGKILL');
    signal?.addEventListener('abort', stop, { once: true });
    const over = (): void => {
      running.delete(child);
      signal?.removeEventListener('abort', stop);
    };
    child.on('message', (message) => {
      const answer = BackupAnswer.safeParse(message);
      if (!answer.success) return;
      if (answer.data.said === 'progress') told(answer.data.percent, answer.data.stage);
      else if (answer.data.said === 'done') resolve(answer.data);
      else reject(new AppError(answer.data.code, answer.data.message));
    });
    child.on('error', (error) =>
      reject(new AppError('ERR_INTERNAL', 'a backup could not begin', { cause: error })),
    );
    child.on('exit', (code) => {
      over();
      reject(
        signal?.aborted ? stopped() : new AppError('ERR_INTERNAL', `the process of backups ended (${code})`),
      );
    });
    child.send(
      task,
      (error) => error && reject(new AppError('ERR_INTERNAL', 'a backup could not begin', { cause: error })),
    );
  });
}

const stopped = (): AppError =>
  new AppError('ERR_BUSY', 'This was stopped before it was done', { retryable: true });
