import { connect, type Socket } from 'node:net';
import { FrameReader, OPCODE } from '../../load/ws-bytes.js';

const COME_MS = 10_000;

export interface LineChoice {
  readonly port: number;
  readonly token?: string;
  /** Offers permessage-deflate. */
  readonly deflate?: boolean;
  /** Sent in the same write as the request. */
  readonly early?: Buffer;
}

export interface Heard {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** A connection after its 101 that sends any bytes and keeps every frame it gets. It leaves when it is told to. */
export class HostileLine {
  readonly heard: Heard[] = [];
  /** Of the close frame; 1006 when the other side left without one, undefined while it has not left. */
  closeCode: number | undefined;
  readonly over: Promise<void>;
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    this.over = new Promise((resolve) =>
      socket.once('close', () => {
        this.closeCode ??= 1006;
        this.#wake();
        resolve();
      }),
    );
  }

  static async open({ port, token, deflate = false, early }: LineChoice): Promise<HostileLine> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const line = new HostileLine(socket);
    const lines = [
      'GET /ws HTTP/1.1',
      `Host: 127.0.0.1:${port}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
      ...(deflate ? ['Sec-WebSocket-Extensions: permessage-deflate'] : []),
      ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ];
    socket.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), early ?? Buffer.alloc(0)]));
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no 101 came')), COME_MS);
      let head: Buffer = Buffer.alloc(0);
      const onHead = (bytes: Buffer): void => {
        head = Buffer.concat([head, bytes]);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        clearTimeout(timer);
        if (!head.toString('latin1').startsWith('HTTP/1.1 101')) reject(new Error(head.toString('latin1')));
        socket.off('data', onHead);
        socket.on('data', (chunk) => line.#receive(chunk));
        line.#receive(head.subarray(end + 4));
        resolve();
      };
      socket.on('data', onHead);
      socket.once('close', () => reject(new Error('the connection was refused')));
    });
    return line;
  }

  /** False when the other side does not take more at the moment. */
  write(bytes: Buffer): boolean {
    return this.#socket.writable ? this.#socket.write(bytes) : true;
  }

  drained(): Promise<unknown> {
    return new Promise((resolve) => {
      this.#socket.once('drain', resolve);
      this.#socket.once('close', resolve);
    });
  }

  /** No more bytes come from here. */
  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Whether it held within so many milliseconds. */
  async until(holds: () => boolean, ms: number): Promise<boolean> {
    const deadline = performance.now() + ms;
    while (!holds()) {
      const left = deadline - performance.now();
      if (left <= 0 || (this.closeCode !== undefined && !holds())) return holds();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return true;
  }

  #receive(chunk: Buffer): void {
    this.#reader.push(chunk, (opcode, bytes, start, end) => {
      const payload = Buffer.from(bytes.subarray(start, end));
      this.heard.push({ opcode, payload });
      if (opcode !== OPCODE.close) return;
      this.closeCode ??= payload.length >= 2 ? payload.readUInt16BE() : 1005;
      // Both sides have said goodbye, or one may not wait for us.
      this.#socket.end();
    });
    this.#wake();
  }
}
