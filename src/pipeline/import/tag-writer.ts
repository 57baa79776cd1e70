import { AppError, type Clock, type Logger } from '../../base/index.js';
import type { WishedTags } from './wished-tags.js';
import { WriterProcess } from './writer-process.js';

/** Writes tags into copies, one file after the other. */
export interface TagWriter {
  /** Throws ERR_UNPLAYABLE for a file whose tags cannot be written, SpoiledCopy for one that has to be copied anew. */
  write(path: string, wishes: WishedTags, signal: AbortSignal): Promise<void>;
  /** What is being written is given up. */
  close(): Promise<void>;
}

/** The process died of this file or of one before it: nobody knows. The copy is half written, and may be tried once more by a new process. */
export class SpoiledCopy extends AppError {
  constructor() {
    super('ERR_UNPLAYABLE', 'The tags of a file cannot be written: the process that writes them died');
  }
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
  close: () => Promise.resolve(),
};

export interface TagWriterOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** The compiled tag-worker. */
  readonly worker?: string;
  /** For one file. */
  readonly timeoutMs?: number;
}

/** A file that has to be moved by a few kilobytes on a slow card. */
const TIMEOUT_MS = 5 * 60_000;

/**
 * In a process of its own, which lives from album to album: writing tags moves whole files and would hold up the music, and the files are
 * strangers'. A file that is refused, hangs or kills the process ends it, and the next one gets a new one.
 */
export class TagProcessWriter implements TagWriter {
  readonly #process: WriterProcess;
  readonly #timeoutMs: number;

  constructor({ timeoutMs = TIMEOUT_MS, ...options }: TagWriterOptions) {
    this.#process = new WriterProcess(options);
    this.#timeoutMs = timeoutMs;
  }

  async write(path: string, wishes: WishedTags, signal: AbortSignal): Promise<void> {
    const told = await this.#process.ask({ path, wishes }, { ms: this.#timeoutMs, signal });
    if (told.end === 'died')
      throw told.isFirst ? refused('the process that writes tags died') : new SpoiledCopy();
    if (!told.result.ok) throw refused(told.result.reason);
  }

  close(): Promise<void> {
    return this.#process.close();
  }
}

export const tagWriter = (options: TagWriterOptions): TagWriter =>
  import.meta.url.endsWith('.js') ? new TagProcessWriter(options) : tagWriterHere;

const refused = (reason: string, cause?: unknown): AppError =>
  new AppError('ERR_UNPLAYABLE', 'The tags of a file cannot be written', {
    cause: cause ?? new Error(reason),
  });
