import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { AppError, deferred, type Clock, type Logger } from '../../base/index.js';
import { pinned, send, type AddressGuard } from '../../net/index.js';

export interface GuardProxyOptions {
  readonly guard: AddressGuard;
  readonly clock: Clock;
  readonly log: Logger;
  /** Of all answers together; then everything is cut, and `tooMuch` is called. */
  readonly max_bytes: number;
  tooMuch(this: void): void;
}

export interface GuardProxy {
  /** For `--proxy`. */
  readonly url: string;
  /** How often an address was refused. */
  refused(): number;
  close(): Promise<void>;
}

/** Connection headers are between two neighbours. */
const BETWEEN_TWO = [
  'connection',
  'proxy-connection',
  'proxy-authorization',
  'keep-alive',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'host',
];
/** A connection on which nothing moves for so long is cut. */
const IDLE_MS = 120_000;

/**
 * An HTTP proxy of this machine, for programs that resolve names by themselves: whatever they ask for passes the guard, and the connection goes
 * to the address that was checked. It lives as long as one run of one program.
 */
export async function openGuardProxy(options: GuardProxyOptions): Promise<GuardProxy> {
  const proxy = new Proxy(options);
  await proxy.listen();
  return proxy;
}

class Proxy implements GuardProxy {
  readonly #options: GuardProxyOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();
  readonly #stop = new AbortController();
  #refused = 0;
  #bytes = 0;

  constructor(options: GuardProxyOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#pass(request, response));
    this.#server.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      void this.#tunnel(request, socket, head);
    });
    this.#server.on('connection', (socket: Socket) => this.#own(socket));
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  refused(): number {
    return this.#refused;
  }

  async listen(): Promise<void> {
    const listening = deferred<void>();
    this.#server.once('error', (cause) =>
      listening.reject(new AppError('ERR_SOURCE', 'No port is free for the guarded way out', { cause })),
    );
    this.#server.listen(0, '127.0.0.1', () => listening.resolve());
    await listening.promise;
  }

  async close(): Promise<void> {
    this.#stop.abort(new AppError('ERR_SOURCE', 'The program is over'));
    const closed = deferred<void>();
    this.#server.close(() => closed.resolve());
    for (const socket of this.#sockets) socket.destroy();
    await closed.promise;
  }

  #own(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** `GET http://host/path`: asked for here, answered through. */
  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const checked = await this.#options.guard.check(request.url ?? '', this.#stop.signal);
      const headers = Object.fromEntries(
        Object.entries(request.headers).flatMap(([name, value]) =>
          value === undefined || BETWEEN_TWO.includes(name) ? [] : [[name, value]],
        ),
      );
      const asked = send(checked, headers, request.method);
      asked.once('socket', (socket) => this.#own(socket));
      asked.on('error', () => this.#fault(response));
      response.once('close', () => asked.destroy());
      asked.once('response', (answer) => {
        const passed = Object.entries(answer.headers).filter(([name]) => !BETWEEN_TWO.includes(name));
        response.writeHead(answer.statusCode ?? 502, Object.fromEntries(passed));
        answer.on('error', () => response.destroy());
        answer.on('data', (chunk: Buffer) => this.#count(chunk.length));
        answer.pipe(response);
      });
      request.pipe(asked);
    } catch (thrown) {
      this.#refuse(thrown);
      response.writeHead(403, { 'content-type': 'text/plain', connection: 'close' });
      response.end('refused by Tutti');
    }
  }

  #count(bytes: number): void {
    const before = this.#bytes;
    this.#bytes += bytes;
    const { max_bytes, tooMuch } = this.#options;
    if (this.#bytes <= max_bytes) return;
    for (const socket of this.#sockets) socket.destroy();
    if (before <= max_bytes) tooMuch();
  }

  #fault(response: ServerResponse): void {
    if (response.headersSent) return void response.destroy();
    response.writeHead(502, { 'content-type': 'text/plain', connection: 'close' });
    response.end('no answer');
  }

  /** `CONNECT host:port`, for https. */
  async #tunnel(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    try {
      const { url, addresses } = await this.#options.guard.check(
        `https://${request.url ?? ''}/`,
        this.#stop.signal,
      );
      const port = url.port === '' ? 443 : Number(url.port);
      const out = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port, lookup: pinned(addresses) });
      this.#own(out);
      out.once('connect', () => {
        socket.write('HTTP/1.1 200 Connected\r\n\r\n');
        if (head.length > 0) out.write(head);
        out.pipe(socket);
        out.on('data', (chunk: Buffer) => this.#count(chunk.length));
        socket.pipe(out);
      });
      out.once('close', () => socket.destroy());
      socket.once('close', () => out.destroy());
    } catch (thrown) {
      this.#refuse(thrown);
      socket.end('HTTP/1.1 403 Refused\r\nconnection: close\r\n\r\n');
    }
  }

  #refuse(thrown: unknown): void {
    this.#refused++;
    const code = thrown instanceof AppError ? thrown.code : 'ERR_INTERNAL';
    this.#options.log.warn({ code }, 'a program was refused an address');
  }
}
