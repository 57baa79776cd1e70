/** One CastMessage: JSON text on every namespace but that of the device's identity, which speaks bytes. */
export interface CastMessage {
  readonly source: string;
  readonly destination: string;
  readonly namespace: string;
  readonly payload: string | Buffer;
}

const TEXT = 0;
const BYTES = 1;

/** A message as it goes over the wire: four bytes of length, then seven fields of protobuf. Written apart from the library the driver uses. */
export function encodeCastMessage(message: CastMessage): Buffer {
  const isText = typeof message.payload === 'string';
  const body = Buffer.concat([
    number(1, 0),
    bytes(2, message.source),
    bytes(3, message.destination),
    bytes(4, message.namespace),
    number(5, isText ? TEXT : BYTES),
    bytes(isText ? 6 : 7, message.payload),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** `DeviceAuthMessage { response { signature, client_auth_certificate } }`: the right shape, and no more. */
export function encodeIdentity(signature: Buffer, certificate: Buffer): Buffer {
  return bytes(2, Buffer.concat([bytes(1, signature), bytes(2, certificate)]));
}

/** Cuts bytes into messages. */
export class CastFrames {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): CastMessage[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const messages: CastMessage[] = [];
    while (this.#rest.length >= 4) {
      const end = 4 + this.#rest.readUInt32BE(0);
      if (this.#rest.length < end) break;
      messages.push(decodeCastMessage(this.#rest.subarray(4, end)));
      this.#rest = this.#rest.subarray(end);
    }
    return messages;
  }
}

function decodeCastMessage(body: Buffer): CastMessage {
  const fields = new Map<number, Buffer | number>();
  for (let at = 0; at < body.length;) {
    const [key, afterKey] = varint(body, at);
    const [value, afterValue] = varint(body, afterKey);
    at = afterValue;
    if ((key & 7) === 2) {
      fields.set(key >> 3, body.subarray(at, at + value));
      at += value;
    } else {
      fields.set(key >> 3, value);
    }
  }
  const text = (field: number): string => String(fields.get(field) ?? '');
  const binary = fields.get(7);
  return {
    source: text(2),
    destination: text(3),
    namespace: text(4),
    payload: fields.get(5) === BYTES && Buffer.isBuffer(binary) ? binary : text(6),
  };
}

function varint(from: Buffer, start: number): [value: number, next: number] {
  let value = 0;
  let at = start;
  for (let shift = 0; ; shift += 7) {
    const byte = from[at++];
    if (byte === undefined) throw new Error('a number without an end');
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
}

function number(field: number, value: number): Buffer {
  return Buffer.concat([encodeVarint(field << 3), encodeVarint(value)]);
}

function bytes(field: number, value: string | Buffer): Buffer {
  const content = Buffer.from(value);
  return Buffer.concat([encodeVarint((field << 3) | 2), encodeVarint(content.length), content]);
}

function encodeVarint(value: number): Buffer {
  const out: number[] = [];
  let left = value;
  for (; left > 0x7f; left = Math.floor(left / 128)) out.push((left % 128) | 0x80);
  return Buffer.from([...out, left]);
}
