import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { constants, lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, type Clock } from '../../base/index.js';
import type { FileTags as ReadTags, TagReader, TagResult } from '../../library/index.js';
import type { CandidateFile, FileTags } from '../../protocol/index.js';
import type { Examined, ExaminedFile } from '../contract.js';
import { quoted } from '../sentences.js';
import { fingerprint } from './fingerprint.js';
import { containerOf, extensionOf, kindOf, partialPaths } from './kinds.js';
import { type Programs, soundOf } from './sound.js';
import { type Found, walkFolder } from './walk-folder.js';

export interface ExamineParts {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly tags: TagReader;
  readonly programs?: Partial<Programs>;
  /** The program fpcalc, where fingerprints are wanted. */
  readonly fpcalc?: string | undefined;
  /** How many files are looked through. */
  progress?(current: number, total: number): void;
}

/** Decoding keeps a core busy, and there is music to play meanwhile. */
const AT_ONCE = 2;
/** Files that the tag process reads in one go. */
const BATCH = 16;

type Problem = NonNullable<CandidateFile['problem']>;

/**
 * Looks at every file below a folder: what it is, what it says of itself, whether its sound is whole. Nothing is changed and no link is followed.
 * The result does not depend on the order of names on disk. Rejects with ERR_BUSY (to be tried again) when a file changes meanwhile.
 */
export async function examine(folder: string, parts: ExamineParts): Promise<Examined> {
  const { files: found, gates } = await walkFolder(folder, parts.signal);
  const partial = partialPaths(found.map(({ path }) => path));
  const read = await readAll(folder, found, parts);
  const files: ExaminedFile[] = [];
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < found.length; at = next++) {
      parts.signal.throwIfAborted();
      const one = found[at]!;
      files[at] = await examineFile(folder, one, partial.has(one.path), read.get(one.path), parts);
      parts.progress?.(++done, found.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { folder, files, gates: [...gates] };
}

/** What the audio files say of themselves, by path. */
async function readAll(
  folder: string,
  found: readonly Found[],
  parts: ExamineParts,
): Promise<ReadonlyMap<string, TagResult>> {
  const audio = found.filter(({ path }) => kindOf(path) === 'audio' && containerOf(path) !== undefined);
  const read = new Map<string, TagResult>();
  for (let at = 0; at < audio.length; at += BATCH) {
    parts.signal.throwIfAborted();
    const batch = audio.slice(at, at + BATCH);
    const results = await parts.tags.read(batch.map(({ path }) => Buffer.from(join(folder, path))));
    for (const [n, { path }] of batch.entries())
      read.set(path, results[n] ?? { reason: 'it cannot be read' });
  }
  return read;
}

async function examineFile(
  folder: string,
  { path, stat }: Found,
  isPartial: boolean,
  read: TagResult | undefined,
  parts: ExamineParts,
): Promise<ExaminedFile> {
  const full = join(folder, path);
  const named = { path, size_bytes: Number(stat.size), mtime_ns: String(stat.mtimeNs), kind: kindOf(path) };
  let sha256: string;
  try {
    sha256 = await hash(full, parts.signal);
  } catch (error) {
    return { ...named, sha256: '', ...broken(path, unread(error, path)) };
  }
  const file = { ...named, sha256 };
  const sound = isPartial ? toldBy(read) : await examineSound(folder, path, read, parts);
  const after = await lstat(full, { bigint: true }).catch(() => undefined);
  if (after?.size !== stat.size || after.mtimeNs !== stat.mtimeNs || after.ino !== stat.ino)
    throw new AppError('ERR_BUSY', `${quoted(path)} changed while it was looked at`, { retryable: true });
  const problem = isPartial
    ? ({
        gate: 'partial_file',
        sentence: `${quoted(path)} belongs to a download that is not complete.`,
      } as const)
    : undefined;
  return { ...file, ...sound, ...(problem && { problem }) };
}

/** What a person can change is told; what changed by itself is tried again. */
function unread(error: unknown, path: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by the server (permissions)';
  if (code === 'EIO') return 'cannot be read: the disk reports an error';
  if (code === 'ENOENT' || code === 'ELOOP')
    throw new AppError('ERR_BUSY', `${quoted(path)} changed while it was looked at`, { cause: error });
  throw error;
}

async function hash(path: string, signal: AbortSignal): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile())
      throw new AppError('ERR_BUSY', `${quoted(path)} is no plain file any more`);
    const sum = createHash('sha256');
    const stream = createReadStream('', { fd: file, autoClose: false, highWaterMark: 256 * 1024, signal });
    for await (const bytes of stream) sum.update(bytes as Buffer);
    return sum.digest('hex');
  } finally {
    await file.close();
  }
}

const broken = (path: string, what: string): { problem: Problem } => ({
  problem: { gate: 'broken_file', sentence: `${quoted(path)} ${what}.` },
});

/** What a file says of itself though it is not whole: a person wants to know what is still to come. */
const toldBy = (read: TagResult | undefined): Partial<ExaminedFile> =>
  read && 'tags' in read ? described(read.tags) : {};

async function examineSound(
  folder: string,
  path: string,
  read: TagResult | undefined,
  parts: ExamineParts,
): Promise<Partial<ExaminedFile>> {
  if (kindOf(path) !== 'audio') return {};
  const container = containerOf(path);
  if (container === undefined)
    return broken(path, `is of a kind (${extensionOf(path).toUpperCase()}) that the library does not take`);
  if (!read || 'reason' in read) return broken(path, `is damaged: ${read?.reason ?? 'it cannot be read'}`);
  const { tags } = read;
  const about = described(tags);
  if (tags.warning !== undefined) return { ...about, ...broken(path, `is damaged: ${tags.warning}`) };
  const programs = { ffmpeg: 'ffmpeg', flac: 'flac', ...parts.programs };
  const { clock, signal } = parts;
  const sound = await soundOf(join(folder, path), container, tags, { clock, signal, programs });
  if (sound.damage !== undefined) return { ...about, ...broken(path, `is damaged: it ${sound.damage}`) };
  const { fpcalc } = parts;
  const print = fpcalc === undefined ? undefined : await fingerprint(folder, path, { clock, signal, fpcalc });
  return {
    ...about,
    duration_seconds: rounded(sound.seconds ?? tags.duration_seconds),
    ...(sound.md5 !== undefined && { audio_md5: sound.md5 }),
    ...(print && { fingerprint: print }),
  };
}

const rounded = (seconds: number): number => Math.round(seconds * 1000) / 1000;

function described(tags: ReadTags): Partial<CandidateFile> {
  return {
    codec: tags.codec,
    lossless: tags.lossless,
    sample_rate_hz: tags.sample_rate_hz,
    bits_per_sample: tags.bits_per_sample,
    channels: tags.channels,
    bitrate_kbps: tags.bitrate_kbps,
    duration_seconds: rounded(tags.duration_seconds),
    tags: said(tags),
  };
}

function said(tags: ReadTags): FileTags {
  const { ids = {} } = tags;
  const all: FileTags = {
    title: tags.title,
    artist: tags.artists.length > 0 ? tags.artists.join(', ') : undefined,
    album: tags.album,
    album_artist: tags.album_artist,
    year: tags.year,
    disc_number: tags.disc,
    disc_total: tags.disc_total,
    track_number: tags.track,
    track_total: tags.track_total,
    compilation: tags.compilation ? true : undefined,
    mb_release_id: ids.release,
    mb_release_group_id: ids.release_group,
    mb_recording_id: ids.recording,
    mb_track_id: ids.track,
    mb_artist_id: ids.artist,
    mb_album_artist_id: ids.album_artist,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
