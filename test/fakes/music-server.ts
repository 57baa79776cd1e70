import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServedFile {
  readonly bytes: Buffer;
  readonly type?: string;
  readonly etag?: string | undefined;
  readonly modified?: string | undefined;
  /** Knows ranges; true by default. */
  readonly ranges?: boolean;
  /** The line breaks after so many bytes of each answer. */
  readonly drop_every?: number;
  /** Stops sending after so many bytes, and keeps the line open. */
  readonly hold_at?: number;
  /** Says this length, whatever it is. */
  readonly says_length?: number | 'nothing';
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sends so many bytes every 20 ms. */
  readonly trickle?: number;
}

export interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/** A web server with music, and with every fault that servers have. */
export class MusicServer {
  readonly files = new Map<string, ServedFile>();
  readonly asked: Asked[] = [];
  /** Bytes of bodies that were sent. */
  sent = 0;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async start(host = '127.0.0.1'): Promise<MusicServer> {
    const server = new MusicServer();
    await new Promise<void>((resolve) => server.#server.listen(0, host, resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What lets the guard through to this server and to nothing else. */
  get allowed(): string {
    return `127.0.0.1:${this.port}`;
  }

  put(path: string, file: ServedFile): string {
    this.files.set(path, file);
    return this.url + path;
  }

  /** Other faults for a file, from the next request on. */
  change(path: string, change: Partial<ServedFile>): void {
    this.files.set(path, { ...this.files.get(path)!, ...change });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    this.asked.push({ path, headers: request.headers });
    const file = this.files.get(path);
    if (!file)
      return void response.writeHead(404, { 'content-type': 'text/html' }).end('<p>nothing here</p>');
    const etag = 'etag' in file ? file.etag : `"${sha256(file.bytes).slice(0, 16)}"`;
    const headers: Record<string, string> = { 'content-type': file.type ?? 'audio/flac', ...file.headers };
    if (etag !== undefined) headers['etag'] = etag;
    if (file.modified !== undefined) headers['last-modified'] = file.modified;
    if (file.status !== undefined) return void response.writeHead(file.status, headers).end(file.bytes);
    const from = this.#from(request, file, etag);
    if (from > 0 && from >= file.bytes.length)
      return void response.writeHead(416, { 'content-range': `bytes */${file.bytes.length}` }).end();
    const body = file.bytes.subarray(from);
    if (file.says_length !== 'nothing') headers['content-length'] = String(file.says_length ?? body.length);
    if (from > 0) headers['content-range'] = `bytes ${from}-${file.bytes.length - 1}/${file.bytes.length}`;
    if (file.ranges !== false) headers['accept-ranges'] = 'bytes';
    response.writeHead(from > 0 ? 206 : 200, headers);
    if (request.method === 'HEAD') return void response.end();
    void this.#send(body, file, response);
  }

  #from(request: IncomingMessage, file: ServedFile, etag: string | undefined): number {
    const start = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
    const held = request.headers['if-range'];
    if (start === undefined || file.ranges === false) return 0;
    return held === undefined || held === etag || held === file.modified ? Number(start) : 0;
  }

  async #send(body: Buffer, file: ServedFile, response: ServerResponse): Promise<void> {
    const { drop_every = Infinity, hold_at = Infinity, trickle = 65_536 } = file;
    for (let at = 0; at < body.length && !response.destroyed; at += trickle) {
      const most = Math.min(body.length, drop_every, hold_at);
      const chunk = body.subarray(at, Math.min(at + trickle, most));
      if (chunk.length > 0) {
        this.sent += chunk.length;
        if (!response.write(chunk)) await drained(response);
      }
      if (at + trickle >= hold_at) return;
      // What was written arrives, and then the line is gone in the middle of the body.
      if (at + trickle >= drop_every && drop_every < body.length) return response.socket?.destroySoon();
      if (file.trickle !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    response.end();
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go).off('close', go);
      resolve();
    };
    response.on('drain', go).on('close', go);
  });
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
