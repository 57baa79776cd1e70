import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  AppError,
  type Clock,
  deferred,
  type Deferred,
  type Logger,
  Serial,
  startWorker,
  type Timer,
  within,
} from '../../base/index.js';
import { TagReady, type TagTask, TagTaskResult } from './tag-wire.js';

const MEMORY_MB = 192;
/** A busy Pi needs seconds to start a process, and no file is to blame for them. */
const START_MS = 60_000;
/** A process that nobody asked for so long gives its memory back. */
const IDLE_MS = 10_000;
/** So many files are given to one process: what they leave behind in it goes with it. */
const MOST_TASKS = 500;

export interface WriterProcessOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** The compiled tag-worker. */
  readonly worker?: string;
}

/** `isFirst`: it had been given nothing before. */
export type Told =
  | { readonly end: 'answered'; readonly result: TagTaskResult }
  | { readonly end: 'died'; readonly isFirst: boolean };

interface Living {
  readonly child: ChildProcess;
  readonly ready: Deferred<void>;
  /** How the task that it was given ends. */
  reply: Deferred<Told> | undefined;
  tasks: number;
}

/** A process that does one task after the other, started for the first and kept for the next. It ends when nobody asks any more. */
export class WriterProcess {
  readonly #options: WriterProcessOptions;
  readonly #serial = new Serial();
  #living: Living | undefined;
  #idle: Timer | undefined;
  #closed = false;

  constructor(options: WriterProcessOptions) {
    this.#options = options;
  }

  /** Rejects with ERR_BUSY when it takes longer than `ms`, and as the signal says. The process goes then, and after a task that it refused. */
  ask(task: TagTask, { ms, signal }: { readonly ms: number; readonly signal: AbortSignal }): Promise<Told> {
    return this.#serial.run(async () => {
      this.#idle?.cancel();
      signal.throwIfAborted();
      if (this.#closed) throw closing();
      const living = (this.#living ??= this.#start());
      let isKept = false;
      try {
        const told = await this.#give(living, task, ms, signal);
        isKept = told.end === 'answered' && told.result.ok && living.tasks < MOST_TASKS;
        return told;
      } finally {
        if (!isKept || this.#closed) this.#stop(living);
        else this.#idle = this.#options.clock.after(IDLE_MS, () => this.#stop(living));
      }
    });
  }

  async #give(living: Living, task: TagTask, ms: number, signal: AbortSignal): Promise<Told> {
    const { clock } = this.#options;
    const isFirst = living.tasks === 0;
    const what = 'starting the process that writes tags';
    await within({ clock, what, ms: START_MS, code: 'ERR_BUSY', signal }, () => living.ready.promise);
    living.tasks++;
    const reply = (living.reply = deferred<Told>());
    return await within({ clock, what: 'writing tags', ms, code: 'ERR_BUSY', signal }, () => {
      living.child.send(task, (error) => error && reply.resolve({ end: 'died', isFirst }));
      return reply.promise;
    });
  }

  #start(): Living {
    const { log, worker: path = fileURLToPath(new URL('./tag-worker.js', import.meta.url)) } = this.#options;
    const child = startWorker({ path, memoryMb: MEMORY_MB, log });
    const living: Living = { child, ready: deferred(), reply: undefined, tasks: 0 };
    living.ready.promise.catch(() => undefined);
    child.on('message', (message) => {
      if (TagReady.safeParse(message).success) return living.ready.resolve();
      const { success, data: result } = TagTaskResult.safeParse(message);
      if (success) living.reply?.resolve({ end: 'answered', result });
      else
        living.reply?.reject(
          new AppError('ERR_INTERNAL', 'the process that writes tags said something else'),
        );
    });
    const gone = (): void => {
      if (this.#living === living) this.#living = undefined;
      living.ready.reject(new AppError('ERR_BUSY', 'The process that writes tags does not start'));
      living.reply?.resolve({ end: 'died', isFirst: living.tasks === 1 });
    };
    child.on('exit', gone).on('error', gone);
    return living;
  }

  #stop(living: Living): void {
    if (this.#living === living) this.#living = undefined;
    living.child.kill('SIGKILL');
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#idle?.cancel();
    const living = this.#living;
    if (living) {
      living.ready.reject(closing());
      living.reply?.reject(closing());
      this.#stop(living);
    }
    await this.#serial.idle();
  }
}

const closing = (): AppError => new AppError('ERR_BUSY', 'The server stops');
