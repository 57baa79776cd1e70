/** Everything is played as 48 kHz, 16 bit, stereo: snapclients need no second format, and rooms can share what was decoded. */
export const RATE = 48_000;
export const CHANNELS = 2;
export const FRAME_BYTES = 2 * CHANNELS;
/** A chunk is 20 ms long, the last one of an item may be shorter. */
export const CHUNK_FRAMES = 960;

export type Codec = 'pcm' | 'flac';

/** A piece of an item: `frames` samples from sample `frame` of the item on, as they go over the wire. */
export interface Chunk {
  readonly frame: number;
  readonly frames: number;
  readonly bytes: Buffer;
}

export const framesOf = (seconds: number): number => Math.round(seconds * RATE);
export const usOf = (frames: number): number => (frames * 1e6) / RATE;

/** What a client must know before the first chunk; the same for every item. */
export function codecHeader(codec: Codec): Buffer {
  return codec === 'pcm' ? waveHeader() : flacHeader();
}

/** The head of a WAVE file without length. */
function waveHeader(): Buffer {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(CHANNELS, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE * FRAME_BYTES, 28);
  head.writeUInt16LE(FRAME_BYTES, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  return head;
}

/** `fLaC` and a STREAMINFO block that names the format and leaves length, frame sizes and checksum open. */
function flacHeader(): Buffer {
  const head = Buffer.alloc(42);
  head.write('fLaC', 0, 'latin1');
  head.writeUInt8(0x80, 4);
  head.writeUIntBE(34, 5, 3);
  head.writeUInt16BE(CHUNK_FRAMES, 8);
  head.writeUInt16BE(CHUNK_FRAMES, 10);
  const packed = (BigInt(RATE) << 44n) | (BigInt(CHANNELS - 1) << 41n) | (15n << 36n);
  head.writeBigUInt64BE(packed, 18);
  return head;
}
