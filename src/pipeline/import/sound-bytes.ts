import type { FileHandle } from 'node:fs/promises';
import type { Container } from '../../library/index.js';
import { CHUNK, type Hashed, hashOpen, openPlain } from './disk.js';

/** Where the sound of a file lies, between the tags before and behind it. */
export interface SoundBytes {
  readonly start: number;
  /** The first byte behind it. */
  readonly end: number;
  /** What a decoder has to know besides; where it is the same and the bytes are, so is the sound. */
  readonly head: string;
}

const MAX_BLOCKS = 1024;
const STREAM_INFO_BYTES = 34;
const ID3V1_BYTES = 128;
const APE_BYTES = 32;

/** Undefined for kinds of files whose tags stand between their sound, and for what is not made as their kind should be. */
export async function soundBytes(file: FileHandle, container: Container): Promise<SoundBytes | undefined> {
  if (container !== 'flac' && container !== 'mp3') return undefined;
  const { size } = await file.stat();
  const first = await id3v2End(file);
  const end = size - (await bytesBehind(file, size));
  const found = container === 'flac' ? await flacFrames(file, first) : await mpegFrames(file, first);
  if (!found || found.start >= end) return undefined;
  return { ...found, end };
}

async function at(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  if (position < 0) return bytes;
  await file.read(bytes, 0, length, position);
  return bytes;
}

/** The first byte behind an ID3v2 tag at the beginning. */
async function id3v2End(file: FileHandle): Promise<number> {
  const head = await at(file, 0, 10);
  if (head.toString('latin1', 0, 3) !== 'ID3') return 0;
  const length = (head[6]! << 21) | (head[7]! << 14) | (head[8]! << 7) | head[9]!;
  const hasFooter = (head[5]! & 0x10) !== 0;
  return 10 + length + (hasFooter ? 10 : 0);
}

/** How many bytes at the end are an ID3v1 tag, and an APE tag before it. */
async function bytesBehind(file: FileHandle, size: number): Promise<number> {
  const isTagged = (await at(file, size - ID3V1_BYTES, 3)).toString('latin1') === 'TAG';
  const behind = isTagged ? ID3V1_BYTES : 0;
  const ape = await at(file, size - behind - APE_BYTES, APE_BYTES);
  if (ape.toString('latin1', 0, 8) !== 'APETAGEX') return behind;
  const hasHeader = (ape.readUInt32LE(20) & 0x80000000) !== 0;
  return behind + ape.readUInt32LE(12) + (hasHeader ? APE_BYTES : 0);
}

/** Everything behind the tag, if it begins with a frame. */
async function mpegFrames(
  file: FileHandle,
  start: number,
): Promise<{ start: number; head: string } | undefined> {
  const word = await at(file, start, 4);
  const isFrame = word[0] === 0xff && (word[1]! & 0xe0) === 0xe0;
  return isFrame ? { start, head: word.toString('hex') } : undefined;
}

/** Behind the last of the blocks at the beginning; the first of them says how the frames are to be read. */
async function flacFrames(
  file: FileHandle,
  first: number,
): Promise<{ start: number; head: string } | undefined> {
  if ((await at(file, first, 4)).toString('latin1') !== 'fLaC') return undefined;
  const info = await at(file, first + 4, 4 + STREAM_INFO_BYTES);
  if ((info[0]! & 0x7f) !== 0 || info.readUIntBE(1, 3) !== STREAM_INFO_BYTES) return undefined;
  let start = first + 4;
  for (let n = 0; n < MAX_BLOCKS; n++) {
    const block = await at(file, start, 4);
    start += 4 + block.readUIntBE(1, 3);
    if ((block[0]! & 0x80) === 0) continue;
    const word = await at(file, start, 2);
    const isFrame = word[0] === 0xff && (word[1]! & 0xfc) === 0xf8;
    return isFrame ? { start, head: info.toString('hex', 4) } : undefined;
  }
  return undefined;
}

/** Reads a file once: its sum, and whether the bytes of its sound are those of `other`. */
export async function hashBeside(
  path: string,
  other: FileHandle,
  container: Container | undefined,
  signal: AbortSignal,
): Promise<{ readonly hashed: Hashed; readonly isSame: boolean }> {
  const file = await openPlain(path);
  try {
    const here = container && (await soundBytes(file, container));
    const there = container && (await soundBytes(other, container));
    let isSame =
      here !== undefined && here.head === there?.head && here.end - here.start === there.end - there.start;
    const buffer = Buffer.allocUnsafe(CHUNK);
    const compare = async (bytes: Buffer, at: number): Promise<void> => {
      signal.throwIfAborted();
      if (!isSame || !here || !there) return;
      const from = Math.max(at, here.start);
      const length = Math.min(at + bytes.length, here.end) - from;
      if (length <= 0) return;
      const { bytesRead } = await other.read(buffer, 0, length, there.start + from - here.start);
      isSame = bytesRead === length && bytes.subarray(from - at).compare(buffer, 0, length, 0, length) === 0;
    };
    const hashed = await hashOpen(file, compare);
    return { hashed, isSame };
  } finally {
    await file.close();
  }
}
