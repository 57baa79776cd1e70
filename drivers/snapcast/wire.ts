import * as z from 'zod';
import { AppError } from '../../src/base/index.js';

/** Types of messages in the Snapcast stream protocol. Others are passed over. */
export const MESSAGE = {
  codecHeader: 1,
  wireChunk: 2,
  serverSettings: 3,
  time: 4,
  hello: 5,
  clientInfo: 7,
} as const;

/** Every message begins with so many bytes: type, id, refers to, sent, received, size of the rest. All is little endian. */
export const BASE_BYTES = 26;
/** What stands before the sound in a chunk: base, timestamp, length. */
export const CHUNK_HEAD_BYTES = BASE_BYTES + 12;
/** A client has nothing to say that is longer. */
const MAX_BODY_BYTES = 65_536;
const COUNT = 0x1_0000;

export interface Base {
  readonly type: number;
  readonly id: number;
  readonly refersTo: number;
  /** Clock of the sender. */
  readonly sent_us: number;
}

export interface Message extends Base {
  readonly body: Buffer;
}

/** The first words of a client. Newer ones say more, such as `Auth`; it is passed over. */
export const Hello = z.looseObject({
  /** The MAC address, or what its owner chose. The same after every restart. */
  ID: z.string().min(1).max(128),
  HostName: z.string().max(256).optional(),
  Instance: z.int().min(1).max(10_000).optional(),
  ClientName: z.string().max(256).optional(),
  Version: z.string().max(64).optional(),
  SnapStreamProtocolVersion: z.int().optional(),
});
export type Hello = z.infer<typeof Hello>;

/** Somebody turned the knob at the client. */
export const ClientInfo = z.looseObject({ volume: z.int().min(0).max(100), muted: z.boolean() });
export type ClientInfo = z.infer<typeof ClientInfo>;

export interface ServerSettings {
  /** From a chunk's timestamp until it is heard. */
  readonly bufferMs: number;
  /** The client plays earlier by so much. */
  readonly latency: number;
  readonly muted: boolean;
  /** 0..100 */
  readonly volume: number;
}

/** Cuts a byte stream into messages, wherever it was cut on the way. Throws ERR_TOO_LARGE on a message no client has reason to send. */
export class MessageReader {
  #held: Buffer = Buffer.alloc(0);
  #maxBody: number;

  constructor(maxBody = MAX_BODY_BYTES) {
    this.#maxBody = maxBody;
  }

  push(bytes: Buffer): Message[] {
    const buffer = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    const messages: Message[] = [];
    let at = 0;
    while (buffer.length - at >= BASE_BYTES) {
      const size = buffer.readUInt32LE(at + 22);
      if (size > this.#maxBody)
        throw new AppError('ERR_TOO_LARGE', `a message of ${size} bytes is longer than a client may send`);
      if (buffer.length - at < BASE_BYTES + size) break;
      messages.push({
        type: buffer.readUInt16LE(at),
        id: buffer.readUInt16LE(at + 2),
        refersTo: buffer.readUInt16LE(at + 4),
        sent_us: readTime(buffer, at + 6),
        body: buffer.subarray(at + BASE_BYTES, at + BASE_BYTES + size),
      });
      at += BASE_BYTES + size;
    }
    this.#held = buffer.subarray(at);
    return messages;
  }
}

/** The JSON in a message, checked. Throws ERR_BAD_MESSAGE. */
export function readJson<T>({ body }: Message, schema: z.ZodType<T>): T {
  try {
    const length = body.readUInt32LE(0);
    if (length > body.length - 4) throw new RangeError('the text is longer than its message');
    return schema.parse(JSON.parse(body.toString('utf8', 4, 4 + length)));
  } catch (cause) {
    throw new AppError('ERR_BAD_MESSAGE', 'a message of the client cannot be read', { cause });
  }
}

export function encode(base: Base, body: Buffer): Buffer {
  const message = Buffer.allocUnsafe(BASE_BYTES + body.length);
  writeBase(message, base, body.length);
  body.copy(message, BASE_BYTES);
  return message;
}

export function encodeSettings(base: Omit<Base, 'type'>, settings: ServerSettings): Buffer {
  return encode({ ...base, type: MESSAGE.serverSettings }, withLength(Buffer.from(JSON.stringify(settings))));
}

/** Tells the codec; the client forgets what it holds and begins anew. */
export function encodeCodecHeader(base: Omit<Base, 'type'>, codec: string, header: Buffer): Buffer {
  const body = Buffer.concat([withLength(Buffer.from(codec)), withLength(header)]);
  return encode({ ...base, type: MESSAGE.codecHeader }, body);
}

/** The answer to a client's Time: how long its question was under way by both clocks. */
export function encodeTime(base: Omit<Base, 'type'>, latencyUs: number): Buffer {
  const body = Buffer.allocUnsafe(8);
  writeTime(body, 0, latencyUs);
  return encode({ ...base, type: MESSAGE.time }, body);
}

/** What stands before `bytes` of sound whose first sample has the timestamp `at_us`. */
export function encodeChunkHead(base: Omit<Base, 'type'>, atUs: number, bytes: number): Buffer {
  const head = Buffer.allocUnsafe(CHUNK_HEAD_BYTES);
  writeBase(head, { ...base, type: MESSAGE.wireChunk }, bytes + 12);
  writeTime(head, BASE_BYTES, atUs);
  head.writeUInt32LE(bytes, BASE_BYTES + 8);
  return head;
}

function writeBase(into: Buffer, { type, id, refersTo, sent_us }: Base, size: number): void {
  into.writeUInt16LE(type, 0);
  into.writeUInt16LE(id % COUNT, 2);
  into.writeUInt16LE(refersTo % COUNT, 4);
  writeTime(into, 6, sent_us);
  writeTime(into, 14, 0);
  into.writeUInt32LE(size, 22);
}

/** Seconds and microseconds; the microseconds are never negative. */
function writeTime(into: Buffer, at: number, us: number): void {
  const whole = Math.round(us);
  const seconds = Math.floor(whole / 1e6);
  into.writeInt32LE(seconds, at);
  into.writeInt32LE(whole - seconds * 1e6, at + 4);
}

export function readTime(from: Buffer, at: number): number {
  return from.readInt32LE(at) * 1e6 + from.readInt32LE(at + 4);
}

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
}
