import { CHUNK_FRAMES, FRAME_BYTES, type Chunk, type Codec } from './sound-format.js';

/** Cuts what the decoder writes into chunks. */
export interface Cutter {
  push(bytes: Buffer): Chunk[];
  /** What is left when the decoder has ended. */
  end(): Chunk[];
}

export function cutterFor(codec: Codec, firstFrame: number): Cutter {
  return codec === 'pcm' ? new PcmCutter(firstFrame) : new FlacCutter(firstFrame);
}

/** Interleaved samples in pieces of 20 ms. */
class PcmCutter implements Cutter {
  #held: Buffer[] = [];
  #heldBytes = 0;
  #frame: number;

  constructor(firstFrame: number) {
    this.#frame = firstFrame;
  }

  push(bytes: Buffer): Chunk[] {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    const size = CHUNK_FRAMES * FRAME_BYTES;
    if (this.#heldBytes < size) return [];
    const all = Buffer.concat(this.#held);
    const whole = all.length - (all.length % size);
    this.#held = [all.subarray(whole)];
    this.#heldBytes = all.length - whole;
    const chunks: Chunk[] = [];
    for (let at = 0; at < whole; at += size) chunks.push(this.#chunk(all.subarray(at, at + size)));
    return chunks;
  }

  end(): Chunk[] {
    const rest = Buffer.concat(this.#held);
    this.#held = [];
    const whole = rest.subarray(0, rest.length - (rest.length % FRAME_BYTES));
    return whole.length === 0 ? [] : [this.#chunk(whole)];
  }

  #chunk(bytes: Buffer): Chunk {
    const frames = bytes.length / FRAME_BYTES;
    const chunk = { frame: this.#frame, frames, bytes };
    this.#frame += frames;
    return chunk;
  }
}

/** Longer than any frame of 20 ms can be: uncompressed it has 3840 bytes. */
const MAX_FLAC_FRAME = 16_384;

/**
 * Finds the frames of a FLAC stream. Where one ends is not written anywhere: a frame goes on until the checksum of all its bytes comes
 * out as nought right before the next frame's head.
 */
class FlacCutter implements Cutter {
  #held: Buffer = Buffer.alloc(0);
  #inHead = true;
  #frame: number;

  constructor(firstFrame: number) {
    this.#frame = firstFrame;
  }

  push(bytes: Buffer): Chunk[] {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    if (this.#inHead && !this.#skipHead()) return [];
    const chunks: Chunk[] = [];
    for (let end = nextFrame(this.#held); end > 0; end = nextFrame(this.#held)) chunks.push(this.#cut(end));
    if (this.#held.length > MAX_FLAC_FRAME) throw new RangeError('this is not the FLAC that was asked for');
    return chunks;
  }

  end(): Chunk[] {
    if (this.#inHead || this.#held.length < 16 || crc16(this.#held, 0, this.#held.length) !== 0) return [];
    return [this.#cut(this.#held.length)];
  }

  /** The marker and all metadata blocks; false while they have not all arrived. */
  #skipHead(): boolean {
    let at = 4;
    for (;;) {
      if (this.#held.length < at + 4) return false;
      const last = (this.#held.readUInt8(at) & 0x80) !== 0;
      at += 4 + this.#held.readUIntBE(at + 1, 3);
      if (!last) continue;
      if (this.#held.length < at) return false;
      this.#held = this.#held.subarray(at);
      this.#inHead = false;
      return true;
    }
  }

  #cut(end: number): Chunk {
    const bytes = this.#held.subarray(0, end);
    this.#held = this.#held.subarray(end);
    const frames = blockSize(bytes);
    const chunk = { frame: this.#frame, frames, bytes };
    this.#frame += frames;
    return chunk;
  }
}

/** Where the second frame in `bytes` begins; 0 while that is not known. */
function nextFrame(bytes: Buffer): number {
  for (let at = bytes.indexOf(0xff, 8); at >= 0 && at + 16 < bytes.length; at = bytes.indexOf(0xff, at + 1)) {
    if (((bytes[at + 1] ?? 0) & 0xfe) === 0xf8 && headFits(bytes, at) && crc16(bytes, 0, at) === 0) return at;
  }
  return 0;
}

/** The head's own checksum is right. */
function headFits(bytes: Buffer, at: number): boolean {
  const length = headLength(bytes, at);
  return crc8(bytes, at, at + length) === bytes[at + length];
}

/** Bytes of a frame's head without its checksum. */
function headLength(bytes: Buffer, at: number): number {
  const sizes = bytes[at + 2] ?? 0;
  const block = sizes >> 4;
  const rate = sizes & 15;
  return 4 + numberLength(bytes[at + 4] ?? 0) + (block === 6 ? 1 : block === 7 ? 2 : 0) + rateLength(rate);
}

function rateLength(code: number): number {
  if (code === 12) return 1;
  return code === 13 || code === 14 ? 2 : 0;
}

/** The frame number is coded like a character of UTF-8. */
function numberLength(first: number): number {
  if (first < 0x80) return 1;
  return Math.max(1, Math.clz32(~(first << 24)));
}

/** Samples in the frame that begins `bytes`. */
function blockSize(bytes: Buffer): number {
  const code = (bytes[2] ?? 0) >> 4;
  const behindNumber = 4 + numberLength(bytes[4] ?? 0);
  if (code === 6) return bytes.readUInt8(behindNumber) + 1;
  if (code === 7) return bytes.readUInt16BE(behindNumber) + 1;
  if (code === 1) return 192;
  return code < 6 ? 576 << (code - 2) : 256 << (code - 8);
}

function table(bits: 8 | 16, polynomial: number): Uint16Array {
  const top = 1 << (bits - 1);
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let value = byte << (bits - 8);
    for (let n = 0; n < 8; n++) value = (value & top) !== 0 ? (value << 1) ^ polynomial : value << 1;
    return value & ((1 << bits) - 1);
  });
}

const CRC8 = table(8, 0x07);
const CRC16 = table(16, 0x8005);

function crc8(bytes: Buffer, from: number, to: number): number {
  let crc = 0;
  for (let at = from; at < to; at++) crc = CRC8[crc ^ (bytes[at] ?? 0)] ?? 0;
  return crc;
}

function crc16(bytes: Buffer, from: number, to: number): number {
  let crc = 0;
  for (let at = from; at < to; at++)
    crc = ((crc << 8) & 0xffff) ^ (CRC16[(crc >> 8) ^ (bytes[at] ?? 0)] ?? 0);
  return crc;
}
