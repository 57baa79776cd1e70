import { connect, type Socket } from 'node:net';
import { clientFrame, clientText, FrameReader, OPCODE } from './ws-bytes.js';

const CONNECT_MS = 20_000;

/** A WebSocket client on a bare socket: answers pings, hands on texts as bytes. */
export class RawClient {
  onText: ((chunk: Buffer, start: number, end: number) => void) | undefined;
  /** The other side has gone. */
  onClose: (() => void) | undefined;
  /** When the bytes came that hold the text being handed on. */
  heardAt = 0;
  readonly #socket: Socket;
  readonly #reader = new FrameReader();

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Resolves after the 101. */
  static async open(port: number, path: string, token?: string): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const client = new RawClient(socket);
    let head: Buffer = Buffer.alloc(0);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no 101 came')), CONNECT_MS);
      const fail = (): void =>
        reject(new Error(`the connection was refused: ${head.toString('latin1', 0, 300)}`));
      socket.once('error', fail);
      socket.once('close', fail);
      const onHead = (bytes: Buffer): void => {
        head = Buffer.concat([head, bytes]);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        clearTimeout(timer);
        if (!head.toString('latin1', 0, 12).startsWith('HTTP/1.1 101')) return fail();
        socket.off('data', onHead);
        socket.off('error', fail);
        socket.off('close', fail);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => client.onClose?.());
        socket.on('data', (chunk) => client.#receive(chunk));
        const early = head.subarray(end + 4);
        if (early.length > 0) client.#receive(early);
        resolve();
      };
      socket.on('data', onHead);
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n' +
          `${token === undefined ? '' : `Authorization: Bearer ${token}\r\n`}\r\n`,
      );
    });
    return client;
  }

  send(frame: Buffer): void {
    this.#socket.write(frame);
  }

  /** Sends a text and waits for the first text that holds `wanted`; resolves with it. */
  ask(text: string, wanted: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${text.slice(0, 80)}`)), CONNECT_MS);
      const before = this.onText;
      this.onText = (chunk, start, end) => {
        const answer = chunk.toString('utf8', start, end);
        if (!answer.includes(wanted)) return;
        clearTimeout(timer);
        this.onText = before;
        resolve(answer);
      };
      this.send(clientText(text));
    });
  }

  /** Reads no more, as a phone that fell asleep. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.removeAllListeners('error');
    this.#socket.on('error', () => undefined);
    this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    this.heardAt = performance.now();
    this.#reader.push(bytes, (opcode, chunk, start, end) => {
      if (opcode === OPCODE.text) this.onText?.(chunk, start, end);
      else if (opcode === OPCODE.ping)
        this.#socket.write(clientFrame(OPCODE.pong, chunk.subarray(start, end)));
    });
  }
}

/** Opens many, a few at a time. */
export async function openMany<T>(count: number, atOnce: number, open: () => Promise<T>): Promise<T[]> {
  const opened: T[] = [];
  while (opened.length < count) {
    const now = Math.min(atOnce, count - opened.length);
    opened.push(...(await Promise.all(Array.from({ length: now }, open))));
  }
  return opened;
}
