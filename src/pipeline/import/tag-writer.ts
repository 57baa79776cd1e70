import { type ChildProcess, fork } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { AppError, type Clock, within } from '../../base/index.js';
import { WishedTags } from './wished-tags.js';

/** Parent -> process. */
export const TagTask = z.object({ path: z.string(), wishes: WishedTags });
/** Process -> parent. */
export const TagTaskResult = z.union([
  z.object({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), reason: z.string() }),
]);
export type TagTaskResult = z.infer<typeof TagTaskResult>;

/** Writes tags into copies, one file after the other. */
export interface TagWriter {
  /** Throws ERR_UNPLAYABLE for a file whose tags cannot be written. */
  write(path: string, wishes: WishedTags, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** In this process, which stands still meanwhile: for tests, and where no compiled worker is at hand. */
export const tagWriterHere: TagWriter = {
  async write(path, wishes) {
    const { writeTags } = await import('./write-tags.js');
    try {
      writeTags(path, wishes);
    } catch (error) {
      throw refused(String(error), error);
    }
  },
  close: () => undefined,
};

/** A file that has to be moved by a few kilobytes on a slow card. */
const TIMEOUT_MS = 5 * 60_000;
const MEMORY_MB = 192;

/** In a process of its own for each album: writing tags moves whole files and would hold up the music, and the files are strangers'. */
export class TagProcessWriter implements TagWriter {
  readonly #clock: Clock;
  #child: ChildProcess | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async write(path: string, wishes: WishedTags, signal: AbortSignal): Promise<void> {
    const child = (this.#child ??= start());
    try {
      const answer = await within(
        { clock: this.#clock, what: 'writing tags', ms: TIMEOUT_MS, code: 'ERR_BUSY', signal },
        () => ask(child, { path, wishes }),
      );
      if (!answer.ok) throw refused(answer.reason);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }
}

export const tagWriter = (clock: Clock): TagWriter =>
  import.meta.url.endsWith('.js') ? new TagProcessWriter(clock) : tagWriterHere;

function start(): ChildProcess {
  const child = fork(fileURLToPath(new URL('./tag-worker.js', import.meta.url)), [], {
    execArgv: [`--max-old-space-size=${MEMORY_MB}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: {},
  });
  // Without this a failed start would be thrown where nobody can catch it; `ask` hears of the exit.
  child.on('error', () => undefined);
  if (child.pid !== undefined) setPriority(child.pid, 10);
  return child;
}

function ask(child: ChildProcess, task: z.infer<typeof TagTask>): Promise<TagTaskResult> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(refused('the process that writes tags died'));
    const settle = (): void => void child.off('message', heard).off('exit', gone).off('error', gone);
    const heard = (message: unknown): void => {
      settle();
      const answer = TagTaskResult.safeParse(message);
      if (answer.success) resolve(answer.data);
      else reject(new AppError('ERR_INTERNAL', 'the process that writes tags said something else'));
    };
    child.on('message', heard).on('exit', gone).on('error', gone);
    child.send(task, (error) => error && reject(error));
  });
}

const refused = (reason: string, cause?: unknown): AppError =>
  new AppError('ERR_UNPLAYABLE', 'The tags of a file cannot be written', {
    cause: cause ?? new Error(reason),
  });
