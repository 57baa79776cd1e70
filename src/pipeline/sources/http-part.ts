import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, toError, within } from '../../base/index.js';
import { codeOf, openWeb, type AddressGuard, type WebAnswer } from '../../net/index.js';
import { meaningOf, PartNote, rangeHeaders } from './http-answer.js';
import { demandRoom, type FreeBytes } from './room-on-disk.js';
import type { Caps, FetchContext } from './source.js';
import { readJson, sizeOf, writeJson, type Workplace } from './workplace.js';

export interface PartParts {
  readonly guard: AddressGuard;
  readonly caps: Caps;
  readonly free?: FreeBytes | undefined;
}

/** What arrived, whole. */
export interface Arrived {
  readonly path: string;
  readonly note: PartNote;
  readonly size_bytes: number;
}

/** So often in a row a connection may bring nothing new, and so often in all it may begin anew. */
const MOST_VAIN = 3;
const MOST_ANEW = 4;
const PAUSE_MS = 100;
/** A server that sends nothing for so long has hung up without saying so. */
const IDLE_MS = 30_000;
/** What is noted as arrived has been synced: so much, or so long, may have to be fetched again after a power cut. */
const SYNC_BYTES = 8 * 1024 * 1024;
const SYNC_US = 1_000_000;
const ROOM_EVERY_BYTES = 64 * 1024 * 1024;

/** One file over as many connections as it takes, into `part/0`. Goes on where an earlier run was, when the server still has the same file. */
export class HttpPart {
  readonly #parts: PartParts;
  readonly #context: FetchContext;
  readonly #path: string;
  readonly #notePath: string;
  readonly #place: Workplace;
  #have = 0;
  #note: PartNote | undefined;
  #anew = 0;

  constructor(parts: PartParts, place: Workplace, context: FetchContext) {
    this.#parts = parts;
    this.#context = context;
    this.#place = place;
    this.#path = join(place.part, '0');
    this.#notePath = join(place.part, '0.json');
  }

  async fetch(url: string): Promise<Arrived> {
    await this.#recall(url);
    let vain = 0;
    let most = this.#have;
    for (;;) {
      const whole = await this.#connection(url).catch((thrown: unknown) => {
        if (!(thrown instanceof Broken)) throw thrown;
        return thrown;
      });
      if (whole === true && this.#note) return { path: this.#path, note: this.#note, size_bytes: this.#have };
      vain = this.#have > most ? 0 : vain + 1;
      most = Math.max(most, this.#have);
      if (vain >= MOST_VAIN || this.#anew >= MOST_ANEW) throw gaveUp(whole);
      await this.#pause(PAUSE_MS * (1 + vain * 10));
    }
  }

  async #recall(url: string): Promise<void> {
    const note = await readJson(this.#notePath, PartNote);
    if (note?.url !== url) return;
    this.#note = note;
    this.#have = Math.min(note.synced_bytes, await sizeOf(this.#path));
  }

  /** Whether the file is whole now. Throws Broken when the line broke and going on may help. */
  async #connection(url: string): Promise<boolean> {
    const { guard } = this.#parts;
    const { clock, signal } = this.#context;
    const headers = rangeHeaders(this.#note, this.#have);
    const answer = await openWeb(url, { guard, clock, signal, headers });
    try {
      const meaning = meaningOf(answer, { url, have: headers['range'] ? this.#have : 0, note: this.#note });
      if (meaning.go === 'whole') return true;
      if (meaning.go === 'restart') {
        this.#forget();
        return false;
      }
      if (meaning.go === 'anew') {
        this.#have = 0;
        this.#anew++;
      }
      this.#note = meaning.note;
      await this.#allow();
      await this.#read(answer);
      const { total_bytes } = this.#note;
      return total_bytes === undefined || this.#have === total_bytes;
    } finally {
      answer.body.destroy();
    }
  }

  #forget(): void {
    this.#have = 0;
    this.#note = undefined;
  }

  /** Throws ERR_TOO_LARGE, ERR_SPACE. */
  async #allow(): Promise<void> {
    const { caps, free } = this.#parts;
    const { total_bytes } = this.#note ?? {};
    if ((total_bytes ?? this.#have) > caps.max_bytes) throw tooLarge(caps);
    const missing = total_bytes === undefined ? ROOM_EVERY_BYTES : total_bytes - this.#have;
    await demandRoom(this.#place.part, missing, caps.reserve_bytes, free);
  }

  async #read(answer: WebAnswer): Promise<void> {
    const handle = await open(this.#path, this.#have === 0 ? 'w' : 'r+');
    try {
      await handle.truncate(this.#have);
      await this.#keepNote(handle);
      await this.#chunks(answer, handle);
    } finally {
      // Also what came before an abort is worth keeping.
      await this.#keepNote(handle).finally(() => handle.close());
    }
  }

  async #chunks(answer: WebAnswer, handle: FileHandle): Promise<void> {
    const { clock, signal } = this.#context;
    const { caps } = this.#parts;
    let syncedUs = clock.nowUs();
    let synced = this.#have;
    let roomAt = this.#have + ROOM_EVERY_BYTES;
    const chunks = answer.body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    for (;;) {
      const chunk = await this.#next(chunks);
      if (chunk === undefined) return;
      signal.throwIfAborted();
      if (this.#have + chunk.length > caps.max_bytes) throw tooLarge(caps);
      await writeAll(handle, chunk, this.#have);
      this.#have += chunk.length;
      this.#context.progress({ current: this.#have, total: this.#note?.total_bytes ?? 0, stage: 'download' });
      if (this.#have - synced >= SYNC_BYTES || clock.nowUs() - syncedUs >= SYNC_US) {
        await this.#keepNote(handle);
        syncedUs = clock.nowUs();
        synced = this.#have;
      }
      if (this.#have < roomAt) continue;
      roomAt += ROOM_EVERY_BYTES;
      await this.#allow();
    }
  }

  async #next(chunks: AsyncIterator<Buffer>): Promise<Buffer | undefined> {
    const { clock, signal } = this.#context;
    const what = 'the next part of the file';
    try {
      const next = await within({ clock, signal, what, ms: IDLE_MS, code: 'ERR_SOURCE' }, () =>
        chunks.next(),
      );
      return next.done === true ? undefined : next.value;
    } catch (thrown) {
      if (signal.aborted) throw toError(signal.reason);
      throw new Broken(thrown);
    }
  }

  /** Bytes first, then the note that says they are there. */
  async #keepNote(handle: FileHandle): Promise<void> {
    if (!this.#note) return;
    await handle.datasync();
    this.#note = { ...this.#note, synced_bytes: this.#have };
    await writeJson(this.#notePath, this.#note);
  }

  async #pause(ms: number): Promise<void> {
    const { clock, signal } = this.#context;
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        timer.cancel();
        reject(toError(signal.reason));
      };
      const timer = clock.after(ms, () => {
        signal.removeEventListener('abort', abort);
        resolve();
      });
      signal.addEventListener('abort', abort, { once: true });
    });
  }
}

/** The line broke in the middle of a file. */
class Broken extends Error {
  constructor(cause: unknown) {
    super('the line broke', { cause });
  }
}

function gaveUp(last: boolean | Broken): AppError {
  const why = last instanceof Broken ? ` (${codeOf(last.cause)})` : '';
  return new AppError('ERR_SOURCE', `The server breaks off again and again${why}`, { cause: last });
}

function tooLarge({ max_bytes }: Caps): AppError {
  const text = `The file is larger than allowed: ${Math.floor(max_bytes / 1_000_000)} MB (download_max_mb)`;
  return new AppError('ERR_TOO_LARGE', text, { params: { max_bytes } });
}

async function writeAll(handle: FileHandle, bytes: Buffer, at: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    try {
      written += (await handle.write(bytes, written, bytes.length - written, at + written)).bytesWritten;
    } catch (cause) {
      const full = (cause as NodeJS.ErrnoException).code === 'ENOSPC';
      if (full) throw new AppError('ERR_SPACE', 'The disk is full', { cause });
      throw new AppError('ERR_DISK', 'The disk cannot be written', { cause });
    }
  }
}
