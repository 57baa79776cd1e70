import { createHash } from 'node:crypto';
import { type BigIntStats, constants, type Dirent } from 'node:fs';
import {
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rmdir,
  unlink,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError, codeOf } from '../../base/index.js';

/** Called before and after everything that leaves a trace on a disk. For tests, which stop the process there. */
export type Step = (name: string) => void;

/** So much is read at once. */
export const CHUNK = 256 * 1024;
const NOT_THERE = new Set(['ENOENT', 'ENOTDIR']);

/** What the file system refused, as people read it. Room may come back by itself, permissions do not. */
export function diskError(error: unknown, what: string): AppError {
  if (error instanceof AppError) return error;
  const code = codeOf(error);
  if (code === '') return new AppError('ERR_INTERNAL', `${what}: a bug`, { cause: error });
  const say = (message: string, retryable: boolean): AppError =>
    new AppError('ERR_DISK', `${what}: ${message}`, { cause: error, retryable, params: { cause: code } });
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return say('the disk is full', true);
    case 'EROFS':
      return say('the disk can only be read', false);
    case 'EACCES':
    case 'EPERM':
      return say('Tutti may not write there (permissions)', false);
    case 'EIO':
      return say('the disk reports an error', true);
    case 'EXDEV':
      return say(
        'it is on another disk than the music folder itself, and cannot be moved in one piece',
        false,
      );
    case 'EEXIST':
    case 'ENOTEMPTY':
      return new AppError('ERR_CONFLICT', `${what}: something stands there already`, { cause: error });
    default:
      return say(NOT_THERE.has(code) ? 'something that was there is gone' : 'it did not work', true);
  }
}

export interface Hashed {
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
  /** Of the file that was read; see `proofOf`. */
  readonly proof: string;
}

/** The same as long as nobody has written to a file, set its times, or put another one in its place: what was read of it holds. */
export const proofOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  [dev, ino, size, mtimeNs, ctimeNs].join(' ');

/** The file system, with every change announced. What a method says it did is on the disk, not only on its way there; a copy is the exception. */
export class Disk {
  readonly #step: Step;

  constructor(step: Step = () => undefined) {
    this.#step = step;
  }

  async #trace<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.#step(`before ${name}`);
    const result = await work();
    this.#step(`after ${name}`);
    return result;
  }

  /** A transaction, between its steps. */
  transacted<T>(name: string, work: () => T): T {
    this.#step(`before ${name}`);
    const result = work();
    this.#step(`after ${name}`);
    return result;
  }

  /** Something of others that changes files. */
  during<T>(name: string, work: () => Promise<T>): Promise<T> {
    return this.#trace(name, work);
  }

  inside(name: string): void {
    this.#step(`inside ${name}`);
  }

  /** Makes one folder; false when it is there. */
  async makeFolder(path: string, name: string): Promise<boolean> {
    return await this.#trace(`make ${name}`, async () => {
      try {
        await mkdir(path);
      } catch (error) {
        if (codeOf(error) === 'EEXIST' && (await lstat(path)).isDirectory()) return false;
        throw error;
      }
      await this.sync(dirname(path));
      return true;
    });
  }

  /** Makes what is missing of `path` below `root`, which must be there; the folders it made, the outermost first. */
  async makeFolders(root: string, path: string, name: string): Promise<string[]> {
    const made: string[] = [];
    let at = root;
    for (const part of path.split('/').filter((each) => each !== '')) {
      at = join(at, part);
      if (await this.makeFolder(at, name)) made.push(at);
    }
    return made;
  }

  /** Moves a file or folder to where nothing is. */
  async move(from: string, to: string, name: string): Promise<void> {
    await this.#trace(`move ${name}`, async () => {
      if (await isThere(to))
        throw new AppError('ERR_CONFLICT', 'something stands already where it shall go', {
          params: { gate: 'target_exists' },
        });
      await rename(from, to);
    });
    await this.sync(dirname(to));
    await this.sync(dirname(from));
  }

  /** A new file with this content, whole or not at all: a torn one has another name. */
  async write(path: string, content: string | Uint8Array, name: string): Promise<void> {
    const temporary = `${path}.tmp`;
    await this.#trace(`write ${name}`, async () => {
      const file = await open(temporary, 'w');
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
    });
    await this.#trace(`keep ${name}`, () => rename(temporary, path));
    await this.sync(dirname(path));
  }

  /** Copies at most `size` bytes of an open file into a new one, which is not yet on the disk when this returns: `syncFile` brings it there. */
  async copy(
    source: FileHandle,
    target: string,
    size: number,
    signal: AbortSignal,
    name: string,
  ): Promise<Omit<Hashed, 'proof'>> {
    return await this.#trace(`copy ${name}`, async () => {
      const into = await open(target, 'wx');
      try {
        return await this.#pour(source, into, size, signal, name);
      } finally {
        await into.close();
      }
    });
  }

  async #pour(
    source: FileHandle,
    into: FileHandle,
    size: number,
    signal: AbortSignal,
    name: string,
  ): Promise<Omit<Hashed, 'proof'>> {
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(CHUNK);
    let at = 0;
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await source.read(buffer, 0, CHUNK, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      if (at > size) break;
      hash.update(buffer.subarray(0, bytesRead));
      await writeAll(into, buffer.subarray(0, bytesRead));
      this.#step(`inside copy ${name}`);
    }
    return { size: at, sha256: hash.digest('hex') };
  }

  /** A second name for a file, where nothing is. */
  async link(from: string, to: string, name: string): Promise<void> {
    await this.#trace(`link ${name}`, () => link(from, to));
  }

  /** False when it was gone. */
  async remove(path: string, name: string): Promise<boolean> {
    return await this.#trace(`remove ${name}`, () => gone(unlink(path)));
  }

  /** Removes a folder if nothing is in it; false when something is, or it was gone. */
  async removeEmpty(path: string, name: string): Promise<boolean> {
    return await this.#trace(`remove ${name}`, async () => {
      try {
        await rmdir(path);
        return true;
      } catch (error) {
        if (['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR'].includes(codeOf(error))) return false;
        throw error;
      }
    });
  }

  /** Removes a folder of ours with all that is in it. Never for what others put somewhere. */
  async removeAll(path: string, name: string): Promise<void> {
    for (const entry of await entriesOf(path)) {
      const inner = join(path, entry.name);
      if (entry.isDirectory()) await this.removeAll(inner, name);
      else await this.remove(inner, name);
    }
    await this.removeEmpty(path, name);
  }

  /** What was made, renamed or removed in a folder survives a power cut from here on. */
  async sync(folder: string): Promise<void> {
    const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await handle.sync();
    } catch (error) {
      // Some network file systems have no such call for folders; nothing better is to be had there.
      if (!['EINVAL', 'ENOTSUP', 'EBADF'].includes(codeOf(error))) throw error;
    } finally {
      await handle.close();
    }
  }

  /** The content of a file that something else has written in place, too. */
  async syncFile(path: string): Promise<void> {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

async function writeAll(into: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await into.write(bytes, at)).bytesWritten;
}

async function gone(removed: Promise<void>): Promise<boolean> {
  try {
    await removed;
    return true;
  } catch (error) {
    if (NOT_THERE.has(codeOf(error))) return false;
    throw error;
  }
}

/** Whatever it is, a link that leads nowhere too. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (NOT_THERE.has(codeOf(error))) return false;
    throw error;
  }
}

/** Nothing for a folder that is not there. */
export async function entriesOf(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (NOT_THERE.has(codeOf(error))) return [];
    throw error;
  }
}

/** Opens a regular file for reading; never through a link, and never waiting for who writes into a pipe. */
export function openPlain(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

export async function hashFile(path: string, signal?: AbortSignal): Promise<Hashed> {
  const file = await openPlain(path);
  try {
    return await hashOpen(file, () => signal?.throwIfAborted());
  } finally {
    await file.close();
  }
}

/** `each` gets what was read, and where in the file it stands; the next bytes are read when it is done with them. */
export async function hashOpen(
  file: FileHandle,
  each: (bytes: Buffer, at: number) => Promise<void> | void,
): Promise<Hashed> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(CHUNK);
  const before = proofOf(await file.stat({ bigint: true }));
  let size = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK, size);
    if (bytesRead === 0) break;
    const bytes = buffer.subarray(0, bytesRead);
    await each(bytes, size);
    size += bytesRead;
    hash.update(bytes);
  }
  const proof = proofOf(await file.stat({ bigint: true }));
  // What changed while it was read proves nothing: whoever wants to know reads it again.
  return { size, sha256: hash.digest('hex'), proof: proof === before ? proof : '' };
}

/** Undefined when there is none. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (NOT_THERE.has(codeOf(error))) return undefined;
    throw error;
  }
}
