/** A frame of a client, which may break any rule of RFC 6455. */
export interface FrameChoice {
  readonly fin?: boolean;
  /** Bits RSV1 (4), RSV2 (2) and RSV3 (1). */
  readonly rsv?: number;
  readonly opcode?: number;
  readonly payload?: Buffer | string;
  readonly mask?: Buffer | false;
  /** The length it says, when that is not the one it has. */
  readonly says?: number | bigint;
}

const MASK = Buffer.from([0x12, 0x9a, 0x5b, 0xfe]);

export function frame({
  fin = true,
  rsv = 0,
  opcode = 1,
  payload = '',
  mask = MASK,
  says,
}: FrameChoice): Buffer {
  const bytes = Buffer.from(payload);
  const masked = mask === false ? bytes : bytes.map((byte, at) => byte ^ mask[at % 4]!);
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  const bit = mask === false ? 0 : 0x80;
  const length = BigInt(says ?? bytes.length);
  if (length < 126n) head.push(bit | Number(length));
  else if (length < 65_536n) head.push(bit | 126, Number(length >> 8n), Number(length & 255n));
  else
    head.push(
      bit | 127,
      ...Array.from({ length: 8 }, (_, at) => Number((length >> BigInt(56 - 8 * at)) & 255n)),
    );
  return Buffer.concat([Buffer.from(head), mask === false ? Buffer.alloc(0) : mask, masked]);
}

export function closeFrame(code: number, reason: Buffer | string = ''): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return frame({ opcode: 8, payload: Buffer.concat([head, Buffer.from(reason)]) });
}
