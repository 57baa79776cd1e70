import type { Writable } from 'node:stream';
import { codeOf, deferred } from '../base/index.js';

/** What a shell says of a program that the system ended because nobody read any more (`| head -1`): 128 + SIGPIPE. */
export const UNREAD_STATUS = 141;

/** A pipe whose reader is gone, and a terminal that was closed. */
const GONE = new Set(['EPIPE', 'ECONNRESET', 'EIO']);

/** What a command prints. That it cannot be written is known here, and ends nothing by itself. */
export class Output {
  readonly #stream: Writable;
  readonly #unread = deferred<undefined>();
  #fault: Error | undefined;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('error', (error) => {
      this.#fault ??= error;
      if (GONE.has(codeOf(error))) this.#unread.resolve(undefined);
    });
  }

  readonly print = (line: string): void => void this.#stream.write(`${line}\n`);

  /** Resolves when nobody reads any more. */
  get unread(): Promise<undefined> {
    return this.#unread.promise;
  }

  /** What became of all that was printed: `unread`, or why it could not be written; undefined when it was. */
  async fate(): Promise<'unread' | Error | undefined> {
    await new Promise<void>((done) => this.#stream.write('', () => done()));
    return GONE.has(codeOf(this.#fault)) ? 'unread' : this.#fault;
  }
}
