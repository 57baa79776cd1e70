import { createHash } from 'node:crypto';
import { constants, lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, type Clock } from '../../base/index.js';
import type { FileTags as ReadTags, TagReader, TagResult } from '../../library/index.js';
import type { CandidateFile, FileTags } from '../../protocol/index.js';
import type { Examined, ExaminedFile } from '../contract.js';
import { quoted } from '../sentences.js';
import { containerOf, extensionOf, kindOf, partialPaths } from './kinds.js';
import { flacsAreWhole, type Programs, soundOf } from './sound.js';
import { type Found, walkFolder } from './walk-folder.js';

export interface ExamineParts {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly tags: TagReader;
  readonly programs?: Partial<Programs>;
  /** How many files are looked through. */
  progress?(current: number, total: number): void;
}

/** Decoding keeps a core busy, and there is music to play meanwhile. */
const AT_ONCE = 2;
/** Files that the tag process reads in one go. */
const BATCH = 16;
/** Of files that one process decodes. */
const GROUP_FILES = 5;
const GROUP_BYTES = 64_000_000;
/** Seconds; a header may count what encoders put before and behind the sound. */
const SAME_LENGTH = 1;
/** Of a file that is summed. */
const CHUNK = 256 * 1024;

type Problem = NonNullable<CandidateFile['problem']>;

/**
 * Looks at every file below a folder: what it is, what it says of itself, whether its sound is whole. Nothing is changed and no link is followed.
 * The result does not depend on the order of names on disk. Rejects with ERR_BUSY (to be tried again) when a file changes meanwhile.
 */
export async function examine(folder: string, parts: ExamineParts): Promise<Examined> {
  const { files: found, gates } = await walkFolder(folder, parts.signal);
  const partial = partialPaths(found.map(({ path }) => path));
  const read = await readAll(folder, found, parts);
  const looked = new Map<string, ExaminedFile>();
  const groups = groupsOf(found);
  const worker = async (): Promise<void> => {
    for (let group = groups.shift(); group; group = groups.shift()) {
      const whole = await wholeIn(folder, group, { read, partial }, parts);
      for (const one of group) {
        parts.signal.throwIfAborted();
        const about = {
          isPartial: partial.has(one.path),
          isWhole: whole.has(one.path),
          read: read.get(one.path),
        };
        looked.set(one.path, await examineFile(folder, one, about, parts));
        parts.progress?.(looked.size, found.length);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { folder, files: found.flatMap(({ path }) => looked.get(path) ?? []), gates: [...gates] };
}

/** Files that one process decodes: starting one for each song costs more than the decoding of a short one. */
function groupsOf(found: readonly Found[]): Found[][] {
  const groups: Found[][] = [];
  let bytes = Infinity;
  for (const one of found) {
    const size = Number(one.stat.size);
    if (bytes + size > GROUP_BYTES || groups.at(-1)?.length === GROUP_FILES) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(one);
    bytes += size;
  }
  return groups;
}

/** The paths of the FLAC files of a group, if all of them can be decoded to their end. */
async function wholeIn(
  folder: string,
  group: readonly Found[],
  { read, partial }: { read: ReadonlyMap<string, TagResult>; partial: ReadonlySet<string> },
  parts: ExamineParts,
): Promise<ReadonlySet<string>> {
  const paths = group
    .map(({ path }) => path)
    .filter((path) => {
      const result = read.get(path);
      const isRead = result !== undefined && 'tags' in result && result.tags.warning === undefined;
      return isRead && containerOf(path) === 'flac' && !partial.has(path);
    });
  if (paths.length < 2) return new Set();
  const { clock, signal } = parts;
  const full = paths.map((path) => join(folder, path));
  return new Set((await flacsAreWhole(full, { clock, signal, programs: programsOf(parts) })) ? paths : []);
}

const programsOf = ({ programs }: ExamineParts): Programs => ({
  ffmpeg: 'ffmpeg',
  flac: 'flac',
  ...programs,
});

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

/** What is known of a file before it is looked at. */
interface About {
  readonly isPartial: boolean;
  readonly isWhole: boolean;
  readonly read: TagResult | undefined;
}

async function examineFile(
  folder: string,
  { path, stat }: Found,
  about: About,
  parts: ExamineParts,
): Promise<ExaminedFile> {
  const { isPartial, read } = about;
  const full = join(folder, path);
  const named = { path, size_bytes: Number(stat.size), mtime_ns: String(stat.mtimeNs), kind: kindOf(path) };
  let sha256: string;
  try {
    sha256 = await hash(full, parts.signal);
  } catch (error) {
    return { ...named, sha256: '', ...broken(path, unread(error, path)) };
  }
  const file = { ...named, sha256 };
  const sound = isPartial ? toldBy(read) : await examineSound(folder, path, about, parts);
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
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (let at = 0; ;) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, CHUNK, at);
      if (bytesRead === 0) break;
      sum.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
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
  { read, isWhole }: About,
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
  const { clock, signal } = parts;
  const how = { clock, signal, programs: programsOf(parts), isWhole };
  const sound = await soundOf(join(folder, path), container, tags, how);
  if (sound.damage !== undefined) return { ...about, ...broken(path, `is damaged: it ${sound.damage}`) };
  const [heard, said] = [rounded(sound.seconds ?? tags.duration_seconds), rounded(tags.duration_seconds)];
  return {
    ...about,
    duration_seconds: heard,
    ...(Math.abs(heard - said) > SAME_LENGTH && { header_seconds: said }),
    ...(sound.md5 !== undefined && { audio_md5: sound.md5 }),
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
