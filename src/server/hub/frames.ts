/** WebSocket bytes from server to client (RFC 6455 5.2: not masked), built once and shared by everybody they go to. */
export interface Frame {
  readonly chunks: readonly Buffer[];
  readonly size: number;
}

const TEXT = 0x81;
const PING = 0x89;

/** One text message. */
export function textFrame(text: string): Frame {
  const length = Buffer.byteLength(text);
  const head = headLength(length);
  const bytes = Buffer.allocUnsafe(head + length);
  writeHead(bytes, TEXT, length);
  bytes.write(text, head);
  return { chunks: [bytes], size: bytes.length };
}

/** One text message around a large part that is shared with other messages and therefore not copied. */
export function textFrameAround(before: string, shared: Buffer, after: string): Frame {
  const tail = Buffer.from(after);
  const length = Buffer.byteLength(before) + shared.length + tail.length;
  const head = headLength(length);
  const start = Buffer.allocUnsafe(head + Buffer.byteLength(before));
  writeHead(start, TEXT, length);
  start.write(before, head);
  return { chunks: [start, shared, tail], size: head + length };
}

/** The same message in memory of its own, to be kept: Node cuts small buffers from blocks of 8 kB, and one of them holds the whole block. */
export function ownFrame(frame: Frame): Frame {
  const { chunks, size } = frame;
  if (chunks.every(({ buffer, byteLength }) => buffer.byteLength === byteLength)) return frame;
  const bytes = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const chunk of chunks) at += chunk.copy(bytes, at);
  return { chunks: [bytes], size };
}

/** A ping that carries a number. */
export function pingFrame(mark: number): Frame {
  const payload = String(mark);
  const bytes = Buffer.allocUnsafe(2 + payload.length);
  writeHead(bytes, PING, payload.length);
  bytes.write(payload, 2, 'latin1');
  return { chunks: [bytes], size: bytes.length };
}

function headLength(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

function writeHead(bytes: Buffer, first: number, length: number): void {
  bytes[0] = first;
  if (length < 126) {
    bytes[1] = length;
  } else if (length < 65_536) {
    bytes[1] = 126;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = 127;
    bytes.writeUInt32BE(0, 2);
    bytes.writeUInt32BE(length, 6);
  }
}
