import { constants, deflateRawSync } from 'node:zlib';
import type { Frame } from './frames.js';

const TEXT = 0x81;
const PACKED = 0x40;
/** Shorter ones do not get shorter; longer ones would hold up everybody for milliseconds while they are packed. */
const MIN_BYTES = 128;
const MAX_BYTES = 64 * 1024;
/** What a flush leaves at the end, and the other side adds again (RFC 7692 7.2.1). */
const TAIL_BYTES = 4;

/**
 * The same message compressed, made once for all who take it: nothing is remembered between messages, so there is no window per client.
 * Also for those who have one frame of many clients, for as long as that frame is in use. [EN6]
 */
const packedFrames = new WeakMap<Frame, Frame>();

export function packed(frame: Frame): Frame {
  if (frame.size < MIN_BYTES || frame.size > MAX_BYTES || frame.chunks[0]?.[0] !== TEXT) return frame;
  const known = packedFrames.get(frame);
  if (known) return known;
  const made = pack(Buffer.concat(frame.chunks));
  const shorter = made.length < frame.size ? { chunks: [made], size: made.length } : frame;
  packedFrames.set(frame, shorter);
  return shorter;
}

function pack(bytes: Buffer): Buffer {
  const length = bytes[1]! & 0x7f;
  const payload = bytes.subarray(length < 126 ? 2 : length === 126 ? 4 : 10);
  const flushed = deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH });
  const body = flushed.subarray(0, flushed.length - TAIL_BYTES);
  const head = Buffer.alloc(body.length < 126 ? 2 : body.length < 65_536 ? 4 : 10);
  head[0] = TEXT | PACKED;
  if (head.length === 2) head[1] = body.length;
  else if (head.length === 4) {
    head[1] = 126;
    head.writeUInt16BE(body.length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(body.length), 2);
  }
  return Buffer.concat([head, body]);
}
