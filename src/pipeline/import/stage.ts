import type { BigIntStats } from 'node:fs';
import { type FileHandle, lstat, realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { AppError, type Clock, codeOf } from '../../base/index.js';
import type { TagReader } from '../../library/index.js';
import type { ExaminedFile } from '../contract.js';
import { containerOf } from '../examine/kinds.js';
import { type Programs, soundOf } from '../examine/sound.js';
import { type Disk, hashFile, type Hashed, openPlain } from './disk.js';
import { type DraftFile, sourcePath } from './draft.js';
import { hashBeside } from './sound-bytes.js';
import { SpoiledCopy, type TagWriter } from './tag-writer.js';

export interface StageParts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly tags: TagReader;
  readonly writer: TagWriter;
  readonly programs: Programs;
}

export interface Staging {
  /** Absolute, of the candidate. */
  readonly from: string;
  /** Absolute, in staging; it is there. */
  readonly into: string;
  readonly signal: AbortSignal;
}

const changed = (cause?: unknown): AppError =>
  new AppError('ERR_CONFLICT', 'A file of this album changed while it was taken; nothing was imported', {
    cause,
    params: { cause: 'source_changed' },
  });

const gone = (cause: unknown): AppError =>
  new AppError('ERR_NOT_FOUND', 'A file of this album is gone; nothing was imported', {
    cause,
    params: { cause: 'source_gone' },
  });

/** Whether a second name does instead of a copy: the same disk, not touched by us, readable for everybody whom the library serves. */
export async function canLink(
  file: DraftFile,
  { from, into }: Pick<Staging, 'from' | 'into'>,
): Promise<boolean> {
  if (Object.keys(file.wishes).length > 0) return false;
  try {
    const [found, there] = await Promise.all([lstat(sourcePath(from, file.source.path)), lstat(into)]);
    return found.dev === there.dev && (found.mode & 0o444) === 0o444;
  } catch {
    // What is wrong with it is said when it is staged.
    return false;
  }
}

/**
 * Brings one file into staging, proves that it is what was examined, and writes the tags that differ; what stands there then is on the disk
 * when its folder is. A copy that the writer of tags died of is made once more.
 */
export async function stageFile(file: DraftFile, staging: Staging, parts: StageParts): Promise<Hashed> {
  try {
    return await stageOnce(file, staging, parts);
  } catch (error) {
    if (!(error instanceof SpoiledCopy)) throw error;
    await parts.disk.remove(join(staging.into, file.name), 'a spoiled copy');
    return await stageOnce(file, staging, parts);
  }
}

async function stageOnce(file: DraftFile, staging: Staging, parts: StageParts): Promise<Hashed> {
  const { disk } = parts;
  const { signal } = staging;
  const target = join(staging.into, file.name);
  const isTagged = Object.keys(file.wishes).length > 0;
  await disk.makeFolders(
    staging.into,
    dirname(file.name) === '.' ? '' : dirname(file.name),
    'folder in staging',
  );
  const path = await insidePath(staging.from, file.source.path);
  const source = await openSource(path);
  try {
    const before = await demandSame(source, file.source);
    const isLinked = (await canLink(file, staging)) && (await tryLink(disk, path, target, before));
    if (!isLinked) {
      const copied = await disk.copy(source, target, file.source.size_bytes, signal, 'file');
      if (copied.size !== file.source.size_bytes || copied.sha256 !== file.source.sha256) throw changed();
      await demandSame(source, file.source);
    }
    if (isTagged) return await tag(file, { source, target, signal }, parts);
    if (!isLinked) await disk.syncFile(target);
  } finally {
    await source.close();
  }
  const final = await hashFile(target, signal);
  if (final.sha256 !== file.source.sha256) throw changed();
  return final;
}

/** A second name for the very file that is open. False where the file system has none. */
async function tryLink(disk: Disk, from: string, to: string, { ino, dev }: BigIntStats): Promise<boolean> {
  try {
    await disk.link(from, to, 'file');
  } catch (error) {
    if (['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(codeOf(error))) return false;
    if (codeOf(error) === 'ENOENT') throw gone(error);
    throw error;
  }
  const there = await lstat(to, { bigint: true });
  if (there.ino !== ino || there.dev !== dev || !there.isFile()) throw changed();
  return true;
}

async function insidePath(folder: string, path: string): Promise<string> {
  const whole = sourcePath(folder, path);
  try {
    const [root, above] = await Promise.all([realpath(folder), realpath(dirname(whole))]);
    if (above !== root && !above.startsWith(root + sep)) throw changed();
  } catch (error) {
    throw codeOf(error) === 'ENOENT' ? gone(error) : error;
  }
  return whole;
}

async function openSource(path: string): Promise<FileHandle> {
  try {
    return await openPlain(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) throw gone(error);
    if (['ELOOP', 'ENXIO', 'EISDIR'].includes(codeOf(error))) throw changed(error);
    throw error;
  }
}

async function demandSame(source: FileHandle, wanted: ExaminedFile): Promise<BigIntStats> {
  const found = await source.stat({ bigint: true });
  const isSame =
    found.isFile() && Number(found.size) === wanted.size_bytes && String(found.mtimeNs) === wanted.mtime_ns;
  if (!isSame) throw changed();
  return found;
}

interface Tagging {
  readonly source: FileHandle;
  readonly target: string;
  readonly signal: AbortSignal;
}

/**
 * Writes tags into the copy. The sound must be the same after it, to the sample: where the bytes between the tags are those of the source,
 * which was decoded when it was examined, it is; all else is decoded again.
 */
async function tag(file: DraftFile, { source, target, signal }: Tagging, parts: StageParts): Promise<Hashed> {
  const { disk, writer } = parts;
  const before = file.source.audio_md5 ?? (await md5Of(target, signal, parts));
  await disk.during('tags', () => writer.write(target, file.wishes, signal));
  await disk.syncFile(target);
  const { hashed, isSame } = await hashBeside(target, source, containerOf(target), signal);
  await demandSame(source, file.source);
  if (before === undefined || (!isSame && (await md5Of(target, signal, parts)) !== before))
    throw new AppError(
      'ERR_UNPLAYABLE',
      'Writing tags would change the sound of a file; nothing was imported',
    );
  return hashed;
}

async function md5Of(path: string, signal: AbortSignal, parts: StageParts): Promise<string | undefined> {
  const [read] = await parts.tags.read([Buffer.from(path)]);
  const container = containerOf(path);
  if (!read || !('tags' in read) || !container) return undefined;
  const { clock, programs } = parts;
  const sound = await soundOf(path, container, read.tags, { clock, signal, programs });
  if (sound.damage !== undefined)
    throw new AppError(
      'ERR_UNPLAYABLE',
      `A file ${sound.damage} after its tags were written; nothing was imported`,
    );
  return sound.md5;
}
