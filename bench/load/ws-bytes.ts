/** WebSocket framing by hand (RFC 6455), as little as a client needs: the cost of the load must be small and the same for everybody. */
export const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 } as const;

/** A client's frame; masked with zeros, which is a legal mask and costs nothing. */
export function clientFrame(opcode: number, payload: Buffer): Buffer {
  const length = payload.length;
  const head = Buffer.alloc(length < 126 ? 6 : 8);
  head[0] = 0x80 | opcode;
  if (length < 126) head[1] = 0x80 | length;
  else {
    head[1] = 0x80 | 126;
    head.writeUInt16BE(length, 2);
  }
  return Buffer.concat([head, payload]);
}

export function clientText(text: string): Buffer {
  return clientFrame(OPCODE.text, Buffer.from(text));
}

/** A text as a server frames it: without a mask. */
export function serverText(payload: Buffer): Buffer {
  const length = payload.length;
  const head = length < 126 ? [0x81, length] : [0x81, 126, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(head), payload]);
}

/** Called with the chunk and the bounds of the payload in it: nothing is copied. */
export type OnFrame = (opcode: number, chunk: Buffer, start: number, end: number) => void;

/** Cuts a stream of a server's frames. */
export class FrameReader {
  #rest: Buffer | undefined;

  push(bytes: Buffer, onFrame: OnFrame): void {
    const chunk = this.#rest ? Buffer.concat([this.#rest, bytes]) : bytes;
    this.#rest = undefined;
    let at = 0;
    while (at < chunk.length) {
      const start = payloadStart(chunk, at);
      const end = start === undefined ? undefined : start + payloadLength(chunk, at);
      if (start === undefined || end === undefined || end > chunk.length) {
        this.#rest = chunk.subarray(at);
        return;
      }
      onFrame(chunk[at]! & 15, chunk, start, end);
      at = end;
    }
  }
}

function payloadStart(chunk: Buffer, at: number): number | undefined {
  const short = chunk[at + 1];
  if (short === undefined) return undefined;
  const head = short < 126 ? 2 : short === 126 ? 4 : 10;
  return at + head <= chunk.length ? at + head : undefined;
}

function payloadLength(chunk: Buffer, at: number): number {
  const short = chunk[at + 1]!;
  if (short < 126) return short;
  return short === 126 ? chunk.readUInt16BE(at + 2) : Number(chunk.readBigUInt64BE(at + 2));
}
