import { mkdir, open } from 'node:fs/promises';
import { AppError, deferred, toError, type Clock } from '../../base/index.js';
import { personOf, type Caller } from '../../protocol/index.js';
import { nameKey } from '../names.js';
import { beginUpload, filePath, partPath, sizeOf, uploadNote, type UploadNote } from '../sources/index.js';
import type { DownloadDesk } from './desk.js';
import { isDownloadOver, type Entry } from './records.js';
import { untilAborted } from './until-aborted.js';

export interface UploadWanted {
  readonly title: string;
  readonly files: UploadNote['files'];
  readonly room_id?: string | undefined;
  readonly play?: boolean | undefined;
}

/** One piece of a file on its way from a page. */
export interface UploadPiece {
  readonly download_id: string;
  /** Which file of the announcement, from 0. */
  readonly n: number;
  /** Where in the file it begins. */
  readonly offset: number;
  readonly bytes: AsyncIterable<Buffer | Uint8Array>;
  readonly caller: Caller;
}

/** Uploads that have not arrived yet, of everybody. */
const MOST_ARRIVING = 50;
/** Progress is told four times a second. */
const TELL_US = 250_000;

interface Writer {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/**
 * Bytes that pages bring, straight to disk. What was answered for is on disk; how much of a file is there is what its part is long, so nothing
 * has to be remembered over a restart. [UP1]
 */
export class Uploads {
  readonly #desk: DownloadDesk;
  readonly #clock: Clock;
  /** By part. */
  readonly #writers = new Map<string, Writer>();
  /** What is announced, by id, so that a piece does not read a long list each time. */
  readonly #notes = new Map<string, UploadNote>();
  /** Bytes there are of each file, by id. */
  readonly #received = new Map<string, number[]>();
  /** When progress of each was told last. */
  readonly #told = new Map<string, number>();
  #closed = false;

  constructor(desk: DownloadDesk, clock: Clock) {
    this.#desk = desk;
    this.#clock = clock;
  }

  async begin({ title, files, room_id, play }: UploadWanted, caller: Caller): Promise<string> {
    refuseTwins(files);
    const total = files.reduce((sum, { size_bytes }) => sum + size_bytes, 0);
    await this.#desk.demandRoom(total);
    const arriving = new Set(
      this.#desk.records.all().flatMap((entry) => (isArriving(entry) ? [entry.item.download_id] : [])),
    );
    for (const id of this.#notes.keys()) if (!arriving.has(id)) this.#forget(id);
    if (arriving.size >= MOST_ARRIVING)
      throw new AppError('ERR_BUSY', 'So many uploads have not arrived yet; finish or cancel some');
    const person = personOf(caller);
    const item = { ...this.#desk.fresh('upload', title, person), total_bytes: total };
    await beginUpload(this.#desk.folderOf(item.download_id), { title, files: [...files] });
    const item_id = await this.#desk.wish(room_id, item, caller);
    this.#desk.records.put(
      { ...item, state: 'running' },
      {
        user_id: person.user_id,
        ...(room_id !== undefined && { room_id }),
        ...(play === true && { play }),
        ...(item_id !== undefined && { item_id }),
      },
    );
    return item.download_id;
  }

  /** How much of each file is here. */
  async status(id: string, caller: Caller): Promise<number[]> {
    const entry = this.#mine(id, caller);
    const note = await this.#note(id);
    if (!isArriving(entry)) return note.files.map(({ size_bytes }) => size_bytes);
    return [...(await this.#counts(id, note))];
  }

  /** Throws ERR_CONFLICT with `params.offset` when a piece is not the next one. Gives how much of the file is here then. */
  async write({ download_id, n, offset, bytes, caller }: UploadPiece): Promise<number> {
    const entry = this.#mine(download_id, caller);
    if (!isArriving(entry)) throw new AppError('ERR_CONFLICT', 'This upload takes no more bytes');
    const file = (await this.#note(download_id)).files[n];
    if (!file) throw new AppError('ERR_NOT_FOUND', 'This upload has no such file');
    const path = partPath(this.#desk.folderOf(download_id), n);
    // A page that lost its line comes again before we know that the line is lost.
    const before = this.#writers.get(path);
    before?.stop.abort(new AppError('ERR_CONFLICT', 'The same file comes by another way now'));
    await before?.done;
    if (this.#writers.has(path)) throw new AppError('ERR_BUSY', 'Another piece of this file comes already');
    if (this.#closed) throw new AppError('ERR_BUSY', 'The server is about to stop');
    const stop = new AbortController();
    const done = deferred<void>();
    this.#writers.set(path, { stop, done: done.promise });
    try {
      return await this.#append({ path, download_id, n, offset, bytes, most: file.size_bytes, stop });
    } finally {
      this.#writers.delete(path);
      done.resolve();
    }
  }

  /** All bytes are here: to be looked at. Throws ERR_CONFLICT with the first file that is not whole. */
  async finish(id: string, caller: Caller): Promise<void> {
    const entry = this.#mine(id, caller);
    if (!isArriving(entry)) {
      if (entry.own.job_id !== undefined) return;
      throw new AppError('ERR_CONFLICT', 'This upload is over already');
    }
    const note = await this.#note(id);
    for (const [n, { size_bytes }] of note.files.entries()) {
      const path = partPath(this.#desk.folderOf(id), n);
      if (size_bytes === 0) await open(path, 'a').then((handle) => handle.close());
      const have = await sizeOf(path);
      if (have === size_bytes && !this.#writers.has(path)) continue;
      throw new AppError('ERR_CONFLICT', 'Not all bytes have arrived', { params: { n, offset: have } });
    }
    const { item, own } = this.#desk.records.get(id);
    if (own.job_id !== undefined) return;
    this.#desk.enqueue({ ...item, state: 'checking' }, own);
    this.#forget(id);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const writers = [...this.#writers.values()];
    for (const { stop } of writers) stop.abort(new AppError('ERR_BUSY', 'The server is about to stop'));
    await Promise.all(writers.map(({ done }) => done));
  }

  async #append(piece: {
    readonly path: string;
    readonly download_id: string;
    readonly n: number;
    readonly offset: number;
    readonly bytes: UploadPiece['bytes'];
    readonly most: number;
    readonly stop: AbortController;
  }): Promise<number> {
    const { path, download_id, n, offset, most, stop } = piece;
    let have = await sizeOf(path);
    if (offset !== have)
      throw new AppError('ERR_CONFLICT', 'This is not the next piece', { params: { n, offset: have } });
    await mkdir(this.#desk.partFolder(download_id), { recursive: true });
    await this.#desk.demandRoom(0);
    const handle = await open(path, 'a');
    try {
      for await (const chunk of untilAborted(piece.bytes, stop.signal)) {
        if (have + chunk.length > most)
          throw new AppError('ERR_TOO_LARGE', 'The file is longer than was announced');
        await handle.appendFile(chunk);
        have += chunk.length;
        await this.#came(download_id, n, have);
      }
      return have;
    } catch (thrown) {
      throw faultOf(thrown);
    } finally {
      await handle.datasync().finally(() => handle.close());
    }
  }

  async #came(id: string, n: number, have: number): Promise<void> {
    const counts = await this.#counts(id, await this.#note(id));
    counts[n] = have;
    const total = this.#desk.records.find(id)?.item.total_bytes;
    const bytes = counts.reduce((sum, count) => sum + count, 0);
    const now = this.#clock.nowUs();
    if (now - (this.#told.get(id) ?? -Infinity) < TELL_US && bytes !== total) return;
    this.#told.set(id, now);
    this.#desk.records.came(id, bytes, total);
  }

  async #counts(id: string, note: UploadNote): Promise<number[]> {
    const known = this.#received.get(id);
    if (known) return known;
    const folder = this.#desk.folderOf(id);
    const counts = await Promise.all(note.files.map((_, n) => sizeOf(partPath(folder, n))));
    this.#received.set(id, counts);
    return counts;
  }

  async #note(id: string): Promise<UploadNote> {
    const note = this.#notes.get(id) ?? (await uploadNote(this.#desk.folderOf(id)));
    if (!note) throw new AppError('ERR_NOT_FOUND', 'Nothing of this upload is here any more');
    this.#notes.set(id, note);
    return note;
  }

  #forget(id: string): void {
    this.#notes.delete(id);
    this.#received.delete(id);
    this.#told.delete(id);
  }

  /** Who began it may bring it, and admins. */
  #mine(id: string, caller: Caller): Entry {
    const entry = this.#desk.records.get(id);
    if (entry.item.source !== 'upload')
      throw new AppError('ERR_NOT_FOUND', 'No upload has this id', { params: { download_id: id } });
    this.#desk.mayControl(id, caller);
    return entry;
  }
}

const isArriving = ({ item, own }: Entry): boolean =>
  item.source === 'upload' && own.job_id === undefined && !isDownloadOver(item);

/** Two files that would be one on disk. Throws ERR_INVALID. */
function refuseTwins(files: UploadNote['files']): void {
  const seen = new Set<string>();
  for (const { path } of files) {
    if (/\p{Cc}|\\/u.test(path))
      throw new AppError('ERR_INVALID', 'A name has characters that no file may have');
    const key = nameKey(filePath(path));
    if (seen.has(key)) throw new AppError('ERR_INVALID', `Two files would be ${path.slice(-100)}`);
    seen.add(key);
  }
}

function faultOf(thrown: unknown): unknown {
  if (thrown instanceof AppError) return thrown;
  const { code } = thrown as NodeJS.ErrnoException;
  if (code === 'ENOSPC') return new AppError('ERR_SPACE', 'The disk is full', { cause: thrown });
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE')
    return new AppError('ERR_BAD_MESSAGE', 'The line broke; go on from what upload:status says', {
      cause: thrown,
    });
  return toError(thrown);
}
