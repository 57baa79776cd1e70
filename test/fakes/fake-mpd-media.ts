import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';

export interface MediaServer {
  readonly port: number;
  /** Paths that were asked for. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** Serves a folder with byte ranges, as our own media route does. */
export async function serveMedia(dir: string): Promise<MediaServer> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname));
    asked.push(path);
    const file = join(dir, path);
    stat(file).then(
      ({ size }) => {
        const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
        const start = Number(range?.[1] ?? 0);
        const end = range?.[2] ? Number(range[2]) : size - 1;
        response.writeHead(range ? 206 : 200, {
          'content-type': 'audio/flac',
          'accept-ranges': 'bytes',
          'content-length': end - start + 1,
          ...(range && { 'content-range': `bytes ${start}-${end}/${size}` }),
        });
        createReadStream(file, { start, end }).pipe(response);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface Radio {
  readonly url: string;
  /** What the station says it plays from now on. */
  announce(title: string): void;
  close(): Promise<void>;
}

const META_EVERY_BYTES = 4000;

/** A radio station: endless MP3 from a file, at about twice its bit rate, with ICY titles for those who ask. */
export async function startRadio(mp3: Buffer, firstTitle: string): Promise<Radio> {
  let title = firstTitle;
  const timers = new Set<NodeJS.Timeout>();
  const server = createServer((request, response) => {
    const icy = request.headers['icy-metadata'] === '1';
    response.writeHead(200, {
      'content-type': 'audio/mpeg',
      'icy-name': 'Radio Tutti',
      ...(icy && { 'icy-metaint': String(META_EVERY_BYTES) }),
    });
    let at = 0;
    const send = (): void => {
      const block = Buffer.from(
        Array.from({ length: META_EVERY_BYTES }, (_, n) => mp3[(at + n) % mp3.length] ?? 0),
      );
      at += META_EVERY_BYTES;
      response.write(block);
      if (icy) response.write(icyBlock(title));
    };
    for (let n = 0; n < 8; n++) send();
    const timer = setInterval(send, 125);
    timers.add(timer);
    response.on('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/live.mp3`,
    announce: (next) => (title = next),
    async close() {
      for (const timer of timers) clearInterval(timer);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function icyBlock(title: string): Buffer {
  const text = Buffer.from(`StreamTitle='${title}';`);
  const units = Math.ceil(text.length / 16);
  return Buffer.concat([Buffer.from([units]), text, Buffer.alloc(units * 16 - text.length)]);
}
