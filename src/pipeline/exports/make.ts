import { open, rm, stat } from 'node:fs/promises';
import { AppError, within, type Clock } from '../../base/index.js';
import type { PlannedAlbum, PlannedTrack } from './contract.js';
import { copyFile, hashFile, noSpace, openSource, syncFile, type Written } from './disk.js';
import {
  complaints,
  coverArguments,
  decodeArguments,
  encodeArguments,
  runProgram,
  soundSeconds,
  soundSum,
  type Ran,
} from './ffmpeg.js';

/** Changes whenever the same source would become another file. */
export const RECIPE = 1;

export interface MakeContext {
  readonly musicDir: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly ffmpeg: string;
}

export interface Made extends Written {
  readonly mtime_ms: number;
}

export interface Cover {
  readonly path: string;
  readonly size_bytes: number;
}

const HELPER_MS = 60_000;
/** A stick that is slower has died. */
const SLOWEST_BYTES_PER_MS = 100;
/** A slow machine with a slow stick still makes a track faster than it sounds. */
const timeFor = (track: PlannedTrack): number => 120_000 + track.duration_seconds * 4000;

/**
 * Makes a track at a path where nothing is, and proves it: what is on disk is read back and has the sum of the source (copies), or decodes
 * without a complaint to the same samples (FLAC) or the same length (MP3) with tags and picture. What it throws of its source is ERR_SOURCE.
 */
export async function makeTrack(
  context: MakeContext,
  track: PlannedTrack,
  target: string,
  cover: Cover | undefined,
): Promise<Made> {
  const source = await openSource(Buffer.from(track.source, 'latin1'), context.musicDir);
  try {
    const written =
      track.making === 'copy'
        ? await within(
            {
              ...context,
              what: 'copying a track to the folder or stick',
              ms: 120_000 + track.source_bytes / SLOWEST_BYTES_PER_MS,
              code: 'ERR_DISK',
            },
            (signal) => copyProven({ ...context, signal }, source, target),
          )
        : await encodeProven(context, { track, making: track.making, source: source.fd, target, cover });
    return { ...written, mtime_ms: (await stat(target)).mtimeMs };
  } finally {
    await source.close();
  }
}

async function copyProven(
  context: MakeContext,
  source: Awaited<ReturnType<typeof openSource>>,
  target: string,
): Promise<Written> {
  const written = await copyFile(source, target, context.signal);
  await forget(context, target);
  const again = await hashFile(target, context.signal);
  if (again.sha256 !== written.sha256)
    throw new AppError('ERR_DISK', 'What was written reads back otherwise: the folder or stick is not sound');
  return written;
}

interface Encoding {
  readonly track: PlannedTrack;
  readonly making: 'lossless' | 'lossy';
  readonly source: number;
  readonly target: string;
  readonly cover: Cover | undefined;
}

async function encodeProven(context: MakeContext, encoding: Encoding): Promise<Written> {
  const { track, target } = encoding;
  const encoded = await encode(context, encoding);
  await syncFile(target);
  await forget(context, target);
  const written = await open(target);
  try {
    const decoded = await runProgram({
      ...context,
      program: context.ffmpeg,
      args: decodeArguments(encoding.making === 'lossless'),
      input: written.fd,
      what: 'reading an exported file back',
      ms: timeFor(track),
    });
    sound(encoding, encoded, decoded);
  } finally {
    await written.close();
  }
  await proveTags(encoding);
  return hashFile(target, context.signal);
}

async function encode(
  context: MakeContext,
  { track, making, source, target, cover }: Encoding,
): Promise<Ran> {
  const { title, artist, album, album_artist, year, track_number, disc_number } = track;
  const tags = {
    title,
    artist,
    album,
    album_artist,
    date: year?.toString(),
    track: track_number?.toString(),
    disc: disc_number?.toString(),
  };
  const picture = cover && (await open(cover.path));
  try {
    const ran = await runProgram({
      ...context,
      program: context.ffmpeg,
      args: encodeArguments({
        making,
        tags,
        target,
        tagsInStream: track.tags_in_stream,
        withPicture: cover !== undefined,
      }),
      input: source,
      picture: picture?.fd,
      what: 'making an exported file',
      code: 'ERR_SOURCE',
      ms: timeFor(track),
    });
    if (isFull(ran)) throw noSpace();
    if (/Read-only file system|Permission denied/.test(ran.stderr))
      throw new AppError('ERR_DISK', 'The folder or stick cannot be written');
    if (ran.code !== 0 || complaints(ran.stderr) !== '')
      throw new AppError('ERR_SOURCE', 'its file is damaged, or of a kind that ffmpeg cannot read');
    return ran;
  } finally {
    await picture?.close();
  }
}

const isFull = ({ stderr }: Ran): boolean => /No space left on device|Disk quota exceeded/.test(stderr);

/** Compares what went in with what came back from disk. */
function sound({ track, making }: Encoding, encoded: Ran, decoded: Ran): void {
  const broken = (why: string): AppError => new AppError('ERR_DISK', `An exported file ${why}`);
  if (decoded.code !== 0 || complaints(decoded.stderr) !== '') throw broken('cannot be read back');
  const wasSeconds = soundSeconds(encoded.stdout);
  const isSeconds = soundSeconds(decoded.stdout);
  if (wasSeconds === undefined || isSeconds === undefined || Math.abs(wasSeconds - isSeconds) > 0.3)
    throw broken('has another length than its source');
  const exact = (track.bits_per_sample ?? 16) <= 24;
  if (making === 'lossless' && exact && soundSum(encoded.extra) !== soundSum(decoded.extra))
    throw broken('sounds otherwise than its source');
  const grace = making === 'lossless' ? 0.5 : Math.max(3, track.duration_seconds * 0.1);
  if (isSeconds < track.duration_seconds - grace)
    throw new AppError('ERR_SOURCE', 'its file ends before it should: it is damaged');
}

async function proveTags({ track, target, cover }: Encoding): Promise<void> {
  // Of no use to a server that exports nothing, and large.
  const { parseFile } = await import('music-metadata');
  const { common } = await parseFile(target, { duration: false });
  const same = (a: string | undefined, b: string): boolean => plain(a ?? '') === plain(b);
  const rightNumber = track.track_number === undefined || common.track.no === track.track_number;
  if (!same(common.title, track.title) || !same(common.album, track.album) || !rightNumber)
    throw new AppError('ERR_DISK', 'An exported file has lost its tags');
  if (!same(common.artists?.join('/') ?? common.artist, track.artist) && !same(common.artist, track.artist))
    throw new AppError('ERR_DISK', 'An exported file has lost its artist');
  if (cover && common.picture?.[0]?.data.length !== cover.size_bytes)
    throw new AppError('ERR_DISK', 'An exported file has lost its picture');
}

const plain = (text: string): string =>
  text
    .normalize('NFC')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, 900);

/** The picture of an album as a file of its own; undefined when it cannot be made: the music matters more. */
export async function makeCover(
  context: MakeContext,
  album: PlannedAlbum,
  target: string,
): Promise<(Made & Cover) | undefined> {
  if (!album.art) return undefined;
  const path = Buffer.from(album.art.source, 'latin1');
  const source = await openSource(path, context.musicDir).catch(() => undefined);
  if (!source) return undefined;
  try {
    const ran = await runProgram({
      ...context,
      program: context.ffmpeg,
      args: coverArguments(target),
      input: source.fd,
      what: 'making a cover',
      ms: HELPER_MS,
    });
    if (isFull(ran)) throw noSpace();
    const there = await stat(target).catch(() => undefined);
    if (ran.code !== 0 || there === undefined || there.size === 0) {
      await rm(target, { force: true });
      return undefined;
    }
    await syncFile(target);
    return { ...(await hashFile(target, context.signal)), path: target, mtime_ms: there.mtimeMs };
  } finally {
    await source.close();
  }
}

/** Has the kernel drop what it remembers of a file, so that it is read back from the stick. Without it only the memory would be checked. */
async function forget(context: MakeContext, path: string): Promise<void> {
  await runProgram({
    ...context,
    program: 'dd',
    args: [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none'],
    what: 'dropping the memory of a file',
    ms: HELPER_MS,
  });
}
