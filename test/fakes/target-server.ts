import { readdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** What may be wrong with a server. */
export type Trouble = 'garbage' | 'huge' | 'elsewhere' | 'starting' | 'silent';

export interface Asked {
  readonly method: string;
  /** With the query, as a log of the server would have it. */
  readonly url: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Told {
  readonly status?: number;
  readonly json?: unknown;
}

/** A file as a music server has it. */
export interface TheirFile {
  readonly file: string;
  readonly title: string;
  readonly added: number;
}

/** A folder of a music server: what it calls it, and where it really is. */
export interface TheirFolder {
  readonly path: string;
  readonly dir: string;
}

/** A real HTTP server that answers as a music server does, keeps what it was asked, and can be in trouble. */
export class TargetServer {
  readonly asked: Asked[] = [];
  trouble: Trouble | undefined;
  readonly #server: Server;
  #port = 0;

  constructor(readonly answer: (asked: Asked) => Told | Promise<Told>) {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Again on the same port after `stop`. */
  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { method = '', url = '', headers } = request;
    const { pathname, searchParams } = new URL(url, 'http://x');
    const asked = { method, url, path: decodeURIComponent(pathname), query: searchParams, headers, body };
    this.asked.push(asked);
    if (this.trouble) return this.#fail(this.trouble, response);
    const { status = 200, json } = await this.answer(asked);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(json === undefined ? '' : JSON.stringify(json));
  }

  #fail(trouble: Trouble, response: ServerResponse): void {
    switch (trouble) {
      case 'garbage':
        response.end('<html>{"MediaContainer": 7');
        return;
      case 'huge':
        response.write('"');
        for (let part = 0; part < 20; part++) response.write('x'.repeat(1 << 20));
        response.end('"');
        return;
      case 'elsewhere':
        response.writeHead(302, { location: 'http://127.0.0.2:9/stolen' }).end();
        return;
      case 'starting':
        response.writeHead(503).end('maintenance');
        return;
      case 'silent':
        return;
      default:
        trouble satisfies never;
    }
  }
}

/** Audio files on the disk below `folder` of a library, as the server calls them. */
export async function filesBelow({ path, dir }: TheirFolder, folder: string): Promise<string[]> {
  const inside = folder.slice(path.length).replaceAll('\\', '/');
  const entries = await readdir(join(dir, inside), { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && /\.(flac|mp3)$/.test(entry.name))
    .map((entry) => `${path}${join(entry.parentPath, entry.name).slice(dir.length)}`)
    .toSorted();
}

/** `…/01 - So What.flac` -> `So What`. */
export const titleOf = (file: string): string =>
  file
    .slice(file.lastIndexOf('/') + 1)
    .replace(/\.\w+$/, '')
    .replace(/^\d+ - /, '');
