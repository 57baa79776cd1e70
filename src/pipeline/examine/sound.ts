import { open } from 'node:fs/promises';
import { AppError, type Clock } from '../../base/index.js';
import type { Container, FileTags } from '../../library/index.js';
import { NoProgram, runProgram } from './program.js';

export interface Programs {
  readonly ffmpeg: string;
  /** Where it is not installed ffmpeg does its work. */
  readonly flac: string;
}

export interface SoundParts {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly programs: Programs;
  /** It was in a `flacsAreWhole` that said yes. */
  readonly isWhole?: boolean;
}

/** What decoding a file to its end showed. */
export interface Sound {
  /** Of the samples, as FLAC has it in its header. */
  readonly md5?: string;
  /** What was decoded; absent where the header is to be trusted. */
  readonly seconds?: number;
  /** Why the sound is not whole, in words that follow the name of the file. */
  readonly damage?: string;
}

/** For hours of sound on a small machine under load. */
const TIMEOUT_MS = 15 * 60_000;
const DEMUXER: Readonly<Record<Container, string>> = {
  flac: 'flac',
  mp3: 'mp3',
  mp4: 'mov',
  adts: 'aac',
  ogg: 'ogg',
  wav: 'wav',
  aiff: 'aiff',
};
/** A broken cover says nothing about the sound. */
const ABOUT_PICTURES =
  /^\[(mjpeg|jpeg2000|jpegls|png|gif|webp|bmp|tiff|image2|swscaler)\b|^\s*Last message repeated/;
const NOT_SET = '0'.repeat(32);

/**
 * Decodes a file once, to its end. FLAC has a sum of its samples in its header, and `flac -t` compares it; where that program is missing or
 * complains (it does of what others hang onto the end of a file) the sum decides. No single program finds the damage of all codecs.
 */
export async function soundOf(
  path: string,
  container: Container,
  tags: FileTags,
  parts: SoundParts,
): Promise<Sound> {
  try {
    return await decodedOnce(path, container, tags, parts);
  } catch (error) {
    const isSlow = error instanceof AppError && error.code === 'ERR_BUSY' && !parts.signal.aborted;
    if (isSlow) return { damage: 'takes longer to decode than any song should' };
    throw error;
  }
}

async function decodedOnce(
  path: string,
  container: Container,
  tags: FileTags,
  parts: SoundParts,
): Promise<Sound> {
  if (container !== 'flac') return await decoded(path, container, tags, parts);
  const said = await flacSum(path);
  const isWhole = said !== undefined && (parts.isWhole === true || (await flacTest([path], parts)));
  if (isWhole) return { md5: said };
  const found = await decoded(path, container, tags, parts);
  if (said === undefined || found.md5 === said) return { ...found, ...(said !== undefined && { md5: said }) };
  if (!isSummedAsStored(tags)) return found;
  return { damage: found.damage ?? 'does not hold the sound that its own checksum tells of' };
}

/** FLAC sums 12 and 20 bits in a form that ffmpeg does not write. */
const isSummedAsStored = ({ bits_per_sample: bits }: FileTags): boolean =>
  bits === 8 || bits === 16 || bits === 24 || bits === 32;

/** Decodes several files by one process; when it complains, or takes too long, each has to be looked at alone. */
export async function flacsAreWhole(paths: readonly string[], parts: SoundParts): Promise<boolean> {
  try {
    return await flacTest(paths, parts);
  } catch (error) {
    if (error instanceof AppError && error.code === 'ERR_BUSY' && !parts.signal.aborted) return false;
    throw error;
  }
}

async function flacTest(paths: readonly string[], { clock, signal, programs }: SoundParts): Promise<boolean> {
  try {
    const args = ['-t', '-s', '--', ...paths];
    return (
      (await runProgram({ clock, signal, program: programs.flac, args, timeoutMs: TIMEOUT_MS })).code === 0
    );
  } catch (error) {
    if (error instanceof NoProgram) return false;
    throw error;
  }
}

/** The sum in the header of a FLAC file; undefined when whoever wrote it left it out. */
async function flacSum(path: string): Promise<string | undefined> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(10);
    await file.read(head, 0, 10, 0);
    const isTagged = head.toString('latin1', 0, 3) === 'ID3';
    const skip = isTagged ? 10 + ((head[6]! << 21) | (head[7]! << 14) | (head[8]! << 7) | head[9]!) : 0;
    const block = Buffer.alloc(42);
    const { bytesRead } = await file.read(block, 0, 42, skip);
    const sum = block.toString('hex', 26, 42);
    return bytesRead === 42 && block.toString('latin1', 0, 4) === 'fLaC' && sum !== NOT_SET ? sum : undefined;
  } finally {
    await file.close();
  }
}

function sampleFormat({ lossless, bits_per_sample: bits }: FileTags): string {
  if (!lossless || bits === undefined) return 'pcm_s16le';
  if (bits <= 8) return 'pcm_s8';
  if (bits <= 16) return 'pcm_s16le';
  return bits <= 24 ? 'pcm_s24le' : 'pcm_s32le';
}

async function decoded(
  path: string,
  container: Container,
  tags: FileTags,
  parts: SoundParts,
): Promise<Sound> {
  // The kind is told and not guessed: a playlist that calls itself a song must not make ffmpeg open other things.
  const args = [
    '-nostdin', '-hide_banner', '-nostats', '-v', 'error', '-xerror', '-threads', '1',
    '-protocol_whitelist', 'file,pipe', '-f', DEMUXER[container], '-i', `file:${path}`,
    '-map', '0:a:0', '-c:a', sampleFormat(tags), '-progress', 'pipe:1', '-stats_period', '3600', '-f', 'md5', 'pipe:1',
  ]; // prettier-ignore
  const { clock, signal, programs } = parts;
  const end = await runProgram({ clock, signal, program: programs.ffmpeg, args, timeoutMs: TIMEOUT_MS });
  const complaint = end.stderr.split('\n').find((line) => line.trim() !== '' && !ABOUT_PICTURES.test(line));
  if (end.code !== 0 || complaint !== undefined)
    return { damage: `cannot be decoded to its end${why(complaint)}` };
  if (container === 'ogg' && !(await isOggEnded(path)))
    return { damage: 'ends without the mark that ends Ogg files' };
  const md5 = /^MD5=([0-9a-f]{32})$/m.exec(end.stdout)?.[1];
  const microseconds = end.stdout
    .match(/^out_time_us=(\d+)$/gm)
    ?.at(-1)
    ?.slice(12);
  const sound = {
    ...(md5 !== undefined && { md5 }),
    ...(microseconds && { seconds: Number(microseconds) / 1e6 }),
  };
  return isShort(sound.seconds, container, tags)
    ? { damage: 'ends before the length that its header tells' }
    : sound;
}

const why = (complaint: string | undefined): string => {
  const plain = complaint
    ?.replace(/^(\[[^\]]*\]\s*)+/, '')
    .replace(/[^\x20-\x7e]/g, '')
    .slice(0, 100);
  return plain === undefined || plain === '' ? '' : ` (${plain.replace(/^.*\/[^/]*: /, '').trim()})`;
};

/** MP3 and bare AAC have no header that says how long they are: there the reader guessed. */
const isShort = (
  seconds: number | undefined,
  container: Container,
  { duration_seconds: said }: FileTags,
): boolean =>
  seconds !== undefined &&
  container !== 'mp3' &&
  container !== 'adts' &&
  seconds < said - Math.max(1, said * 0.02);

/** Whether the last page is whole and says that it is the last. A download that stopped between two pages decodes without a complaint. */
async function isOggEnded(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const tail = Buffer.alloc(Math.min(size, 70_000));
    await file.read(tail, 0, tail.length, size - tail.length);
    const at = tail.lastIndexOf('OggS');
    return at >= 0 && ((tail[at + 5] ?? 0) & 4) !== 0;
  } finally {
    await file.close();
  }
}
