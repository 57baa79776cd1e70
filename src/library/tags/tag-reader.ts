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
import { TagAnswer, TagReady, type TagRequest, type TagResult } from './tag-wire.js';

/** Reads tags and pictures out of files it need not trust. */
export interface TagReader {
  /** One result per path, in order. */
  read(paths: readonly Uint8Array[]): Promise<TagResult[]>;
  /** Writes the picture inside `path` to `target`; false when there is none. */
  picture(path: Uint8Array, target: string): Promise<boolean>;
  /** Gives the memory back until the next call. */
  rest(): void;
  close(): Promise<void>;
}

/** Loaded only where it is used: the parsers are not small. */
async function answerHere(request: TagRequest): Promise<TagAnswer> {
  const { answer } = await import('./answer.js');
  return await answer(request);
}

/** Reads in this process: for tests, and wherever no compiled worker is at hand. */
export const inProcessTags: TagReader = {
  async read(paths) {
    const reply = await answerHere({ ask: 'tags', id: 0, paths: [...paths] });
    return reply.answer === 'tags' ? reply.results : [];
  },
  async picture(path, target) {
    const reply = await answerHere({ ask: 'picture', id: 0, path, target });
    return reply.answer === 'picture' && reply.found;
  },
  rest: () => undefined,
  close: () => Promise.resolve(),
};

export interface TagProcessOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** The compiled tag-worker. */
  readonly worker?: string;
  /** For one file; many files together have three times as long. */
  readonly timeoutMs?: number;
}

const MEMORY_MB = 192;
/** A busy Pi needs seconds to start a process, and no file is to blame for them. */
const START_MS = 60_000;
/** A process that nobody asked for so long gives its memory back. */
const IDLE_MS = 10_000;

/** Reads in a process of its own, started when needed. A file that kills or hangs it is named; the others are read all the same. */
export class TagProcess implements TagReader {
  #options: TagProcessOptions;
  #child: ChildProcess | undefined;
  #ready: Deferred<void> = deferred();
  #waiting = new Map<number, Deferred<TagAnswer>>();
  #id = 0;
  #serial = new Serial();
  #idle: Timer | undefined;
  #closed = false;

  constructor(options: TagProcessOptions) {
    this.#options = options;
  }

  read(paths: readonly Uint8Array[]): Promise<TagResult[]> {
    return this.#serial.run(async () => {
      try {
        return await this.#readTogether(paths);
      } catch (error) {
        if (this.#closed || paths.length === 0) throw error;
        this.#options.log.warn({ files: paths.length, error }, 'tag process failed, trying file by file');
        const results: TagResult[] = [];
        for (const path of paths) results.push(await this.#readAlone(path));
        return results;
      }
    });
  }

  async #readTogether(paths: readonly Uint8Array[]): Promise<TagResult[]> {
    const reply = await this.#ask({ ask: 'tags', id: ++this.#id, paths: [...paths] }, this.#timeoutMs * 3);
    if (reply.answer !== 'tags' || reply.results.length !== paths.length)
      throw new AppError('ERR_INTERNAL', 'the tag process answered something else');
    return reply.results;
  }

  async #readAlone(path: Uint8Array): Promise<TagResult> {
    try {
      const reply = await this.#ask({ ask: 'tags', id: ++this.#id, paths: [path] }, this.#timeoutMs);
      return (reply.answer === 'tags' && reply.results[0]) || { reason: 'the file cannot be read' };
    } catch (error) {
      if (this.#closed) throw error;
      const slow = error instanceof AppError && error.code === 'ERR_BUSY';
      return { reason: slow ? 'reading the file takes too long' : 'the file crashes the tag reader' };
    }
  }

  picture(path: Uint8Array, target: string): Promise<boolean> {
    return this.#serial.run(async () => {
      const reply = await this.#ask({ ask: 'picture', id: ++this.#id, path, target }, this.#timeoutMs);
      return reply.answer === 'picture' && reply.found;
    });
  }

  get #timeoutMs(): number {
    return this.#options.timeoutMs ?? 15_000;
  }

  async #ask(request: TagRequest, ms: number): Promise<TagAnswer> {
    if (this.#closed) throw new AppError('ERR_BUSY', 'the library is closing');
    this.#idle?.cancel();
    const child = (this.#child ??= this.#start());
    const reply = deferred<TagAnswer>();
    this.#waiting.set(request.id, reply);
    const { clock } = this.#options;
    try {
      await within({ clock, what: 'starting the tag process', ms: START_MS }, () =>
        Promise.race([this.#ready.promise, reply.promise]),
      );
      return await within({ clock, what: 'reading tags', ms, code: 'ERR_BUSY' }, () => {
        child.send(request, (error) => error && reply.reject(error));
        return reply.promise;
      });
    } catch (error) {
      this.#stop(child);
      throw error;
    } finally {
      this.#waiting.delete(request.id);
      if (!this.#closed) this.#idle = this.#options.clock.after(IDLE_MS, () => this.rest());
    }
  }

  #start(): ChildProcess {
    const { log, worker: path = fileURLToPath(new URL('./tag-worker.js', import.meta.url)) } = this.#options;
    const child = startWorker({ path, memoryMb: MEMORY_MB, log, serialization: 'advanced' });
    const ready = (this.#ready = deferred());
    child.on('message', (message) => {
      if (TagReady.safeParse(message).success) ready.resolve();
      const parsed = TagAnswer.safeParse(message);
      if (parsed.success) this.#waiting.get(parsed.data.id)?.resolve(parsed.data);
    });
    const gone = (): void => {
      if (this.#child === child) this.#child = undefined;
      for (const reply of this.#waiting.values())
        reply.reject(new AppError('ERR_INTERNAL', 'the tag process died'));
    };
    child.on('exit', gone);
    child.on('error', gone);
    return child;
  }

  #stop(child: ChildProcess): void {
    if (this.#child === child) this.#child = undefined;
    child.removeAllListeners('exit');
    child.kill('SIGKILL');
  }

  rest(): void {
    this.#idle?.cancel();
    void this.#serial.run(() => {
      if (this.#child) this.#stop(this.#child);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#idle?.cancel();
    const child = this.#child;
    if (child) this.#stop(child);
    for (const reply of this.#waiting.values())
      reply.reject(new AppError('ERR_BUSY', 'the library is closing'));
    await this.#serial.idle();
  }
}

/** The tag process where there is compiled code to run in it, this process otherwise (tests run from the sources). */
export function defaultTags(options: TagProcessOptions): TagReader {
  return import.meta.url.endsWith('.js') ? new TagProcess(options) : inProcessTags;
}
