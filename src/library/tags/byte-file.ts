import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { parseFromTokenizer } from 'music-metadata';
import { EndOfStreamError } from 'strtok3';

type Tokenizer = Parameters<typeof parseFromTokenizer>[0];
type Token<T> = { len: number; get(array: Uint8Array, offset: number): T };
interface ReadOptions {
  length?: number;
  position?: number;
  mayBeLess?: boolean;
}

const WINDOW = 16 * 1024;
/** No honest tag is larger; a length field that says more is a lie and must not become memory. */
const MAX_READ = 96 * 1024 * 1024;

/** A file read at random, a window at a time. Blocking: it lives in the tag process, which has nothing else to do. */
export class ByteFile {
  readonly size: number;
  #fd: number;
  #window: Buffer = Buffer.alloc(0);
  #start = 0;

  /** Refuses links and anything that is not a plain file. */
  constructor(path: string | Uint8Array) {
    this.#fd = openSync(
      typeof path === 'string' ? path : Buffer.from(path),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
    const stat = fstatSync(this.#fd);
    if (!stat.isFile()) {
      this.close();
      throw new Error('not a plain file');
    }
    this.size = stat.size;
  }

  /** The bytes at `position`, fewer where the file ends. Valid until the next call. */
  peek(position: number, length: number): Buffer {
    if (length > MAX_READ) throw new Error('a tag claims to be larger than any tag is');
    const wanted = Math.max(0, Math.min(length, this.size - position));
    const end = this.#start + this.#window.length;
    if (position < this.#start || position + wanted > end) {
      this.#window = this.#load(position, Math.max(wanted, Math.min(WINDOW, this.size - position)));
      this.#start = position;
    }
    return this.#window.subarray(position - this.#start, position - this.#start + wanted);
  }

  /** Exactly these bytes, or EndOfStreamError: the parsers know it and keep what they have read. */
  read(position: number, length: number): Buffer {
    const found = this.peek(position, length);
    if (found.length < length) throw new EndOfStreamError();
    return found;
  }

  #load(position: number, length: number): Buffer {
    const buffer = Buffer.allocUnsafe(Math.max(0, length));
    let filled = 0;
    while (filled < buffer.length) {
      const count = readSync(this.#fd, buffer, filled, buffer.length - filled, position + filled);
      if (count === 0) break;
      filled += count;
    }
    return buffer.subarray(0, filled);
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }
}

/** A ByteFile as music-metadata wants it: many small tokens cost no system calls. */
export class FileTokenizer implements Tokenizer {
  position = 0;
  readonly fileInfo: { size: number; mimeType: string };
  #file: ByteFile;
  #randomAccess: boolean;

  constructor(file: ByteFile, mimeType: string, randomAccess: boolean) {
    this.#file = file;
    this.#randomAccess = randomAccess;
    this.fileInfo = { size: file.size, mimeType };
  }

  async peekBuffer(target: Uint8Array, options: ReadOptions = {}): Promise<number> {
    const length = options.length ?? target.length;
    const found = this.#file.peek(options.position ?? this.position, length);
    if (found.length < length && !options.mayBeLess) throw new EndOfStreamError();
    target.set(found, 0);
    return found.length;
  }

  async readBuffer(target: Uint8Array, options: ReadOptions = {}): Promise<number> {
    if (options.position !== undefined) this.position = options.position;
    const count = await this.peekBuffer(target, { ...options, position: this.position });
    this.position += count;
    return count;
  }

  async peekToken<T>(token: Token<T>, position?: number | null): Promise<T> {
    // A copy: the parsers look at the buffer behind the bytes, from its start.
    return token.get(new Uint8Array(this.#file.read(position ?? this.position, token.len)), 0);
  }

  async readToken<T>(token: Token<T>, position?: number | null): Promise<T> {
    if (position !== undefined && position !== null) this.position = position;
    const value = await this.peekToken(token);
    this.position += token.len;
    return value;
  }

  peekNumber(token: Token<number>): Promise<number> {
    return this.peekToken(token);
  }

  readNumber(token: Token<number>): Promise<number> {
    return this.readToken(token);
  }

  async ignore(length: number): Promise<number> {
    const step = Math.min(length, Math.max(0, this.#file.size - this.position));
    this.position += step;
    return step;
  }

  setPosition(position: number): void {
    this.position = position;
  }

  supportsRandomAccess(): boolean {
    return this.#randomAccess;
  }

  async abort(): Promise<void> {}

  async close(): Promise<void> {}
}
