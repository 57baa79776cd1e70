import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, realpath, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError, toError } from '../../base/index.js';

const CHUNK = 1024 * 1024;
const FULL = new Set(['ENOSPC', 'EDQUOT']);

export interface Written {
  readonly size_bytes: number;
  readonly sha256: string;
}

/** What went wrong where an export is written, for people. */
export function targetError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const code = (thrown as NodeJS.ErrnoException).code ?? '';
  if (FULL.has(code)) return noSpace(thrown);
  const message = `The folder or stick cannot be written (${code === '' ? toError(thrown).message : code})`;
  return new AppError('ERR_DISK', message, { cause: thrown });
}

export const noSpace = (cause?: unknown): AppError =>
  new AppError('ERR_SPACE', 'There is not enough room on the folder or stick', { cause });

/** Opens a file of the music folder to read; links are resolved first, and what they lead to must lie inside. */
export async function openSource(path: Buffer, musicDir: string): Promise<FileHandle> {
  const gone = (cause?: unknown): AppError =>
    new AppError('ERR_SOURCE', 'its file is not there or cannot be read', { cause });
  const real = await realpath(path, { encoding: 'buffer' }).catch((cause: unknown) => {
    throw gone(cause);
  });
  const root = Buffer.from(musicDir.endsWith('/') ? musicDir : `${musicDir}/`);
  if (!real.subarray(0, root.length).equals(root))
    throw new AppError('ERR_SOURCE', 'its file is outside the music folder');
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(real, flags).catch((cause: unknown) => {
    throw gone(cause);
  });
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw gone();
}

/** Copies an open file to a name that is not there, safe on disk when this returns. The source must not change meanwhile. */
export async function copyFile(source: FileHandle, target: string, signal: AbortSignal): Promise<Written> {
  const before = await source.stat({ bigint: true });
  const out = await open(target, 'wx', 0o644);
  const hash = createHash('sha256');
  let size = 0;
  try {
    const chunk = Buffer.allocUnsafe(CHUNK);
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await source.read(chunk, 0, CHUNK, size).catch((cause: unknown) => {
        throw new AppError('ERR_SOURCE', 'its file cannot be read', { cause });
      });
      if (bytesRead === 0) break;
      const part = chunk.subarray(0, bytesRead);
      hash.update(part);
      await writeAll(out, part);
      size += bytesRead;
    }
    await out.sync();
  } finally {
    await out.close();
  }
  const after = await source.stat({ bigint: true });
  if (after.mtimeNs !== before.mtimeNs || after.size !== before.size || Number(after.size) !== size)
    throw new AppError('ERR_SOURCE', 'its file changed while it was copied');
  return { size_bytes: size, sha256: hash.digest('hex') };
}

async function writeAll(out: FileHandle, part: Buffer): Promise<void> {
  for (let at = 0; at < part.length;) at += (await out.write(part, at)).bytesWritten;
}

/** Of what stands on disk; links are refused. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<Written> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  const hash = createHash('sha256');
  let size = 0;
  try {
    const chunk = Buffer.allocUnsafe(CHUNK);
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(chunk, 0, CHUNK, size);
      if (bytesRead === 0) return { size_bytes: size, sha256: hash.digest('hex') };
      hash.update(chunk.subarray(0, bytesRead));
      size += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** A folder below another, made as far as it is missing. Throws ERR_CONFLICT where a link or a file is in the way. */
export async function ensureFolder(root: string, relative: string): Promise<string> {
  let at = root;
  for (const name of relative.split('/').filter((part) => part !== '')) {
    const above = at;
    at = join(at, name);
    const there = await lstatOr(at);
    if (there === undefined) {
      await mkdir(at);
      await syncFolder(above);
    } else if (!there.isDirectory())
      throw new AppError('ERR_CONFLICT', `Something that is no folder is in the way: ${relative}`);
  }
  return at;
}

/** What stands below a folder, without following links on the way: undefined when nothing, `other` for what is no plain file. */
export async function plainFile(root: string, relative: string): Promise<Stats | 'other' | undefined> {
  const names = relative.split('/');
  let at = root;
  for (const [n, name] of names.entries()) {
    at = join(at, name);
    const there = await lstatOr(at);
    if (there === undefined) return undefined;
    if (n === names.length - 1) return there.isFile() ? there : 'other';
    if (!there.isDirectory()) return 'other';
  }
  return undefined;
}

export async function lstatOr(path: string): Promise<Stats | undefined> {
  return lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
}

/** Names in a folder survive a power cut from here on. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export async function syncFile(path: string): Promise<void> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A small file, whole or not at all. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const part = `${path}.part`;
  await rm(part, { force: true });
  const file = await open(part, 'wx', 0o644);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, path);
  await syncFolder(dirname(path));
}
