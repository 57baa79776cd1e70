import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { deferred, type Clock } from '../../base/index.js';

export interface FileSum {
  readonly size: number;
  readonly mtime_us: number;
  readonly sha256: string;
}

export interface ReadParts {
  readonly clock: Clock;
  /** No more than so much is read in a second: others want the disk too. */
  readonly bytesPerSecond: number;
  readonly signal: AbortSignal;
}

/** Reads a whole file. Undefined where there is none, `changed` when somebody wrote to it meanwhile. Throws what the disk says. */
export async function sumOf(path: Buffer, parts: ReadParts): Promise<FileSum | 'changed' | undefined> {
  return withFile(path, async (file) => {
    const before = await stateOf(file);
    const sha256 = await hash(file, parts);
    const after = await stateOf(file);
    const same = before.size === after.size && before.mtime_us === after.mtime_us;
    return same ? { ...after, sha256 } : 'changed';
  });
}

const CHUNK_BYTES = 256 * 1024;

async function hash(file: FileHandle, { clock, bytesPerSecond, signal }: ReadParts): Promise<string> {
  const sum = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const startUs = clock.nowUs();
  for (let total = 0; ;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, total);
    if (bytesRead === 0) return sum.digest('hex');
    sum.update(chunk.subarray(0, bytesRead));
    total += bytesRead;
    const aheadMs = (total / bytesPerSecond) * 1000 - (clock.nowUs() - startUs) / 1000;
    if (aheadMs > 1) await rest(clock, aheadMs, signal);
  }
}

async function rest(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const over = deferred<void>();
  const timer = clock.after(ms, () => over.resolve());
  const stop = (): void => over.resolve();
  signal.addEventListener('abort', stop, { once: true });
  await over.promise;
  timer.cancel();
  signal.removeEventListener('abort', stop);
}

async function stateOf(file: FileHandle): Promise<Omit<FileSum, 'sha256'>> {
  const { size, mtimeNs } = await file.stat({ bigint: true });
  return { size: Number(size), mtime_us: Number(mtimeNs / 1000n) };
}

async function withFile<T>(path: Buffer, work: (file: FileHandle) => Promise<T>): Promise<T | undefined> {
  let file: FileHandle;
  try {
    // A pipe in the place of a file must not hold us.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw thrown;
  }
  try {
    if (!(await file.stat()).isFile()) throw new Error('this is no file any more');
    return await work(file);
  } finally {
    await file.close();
  }
}
