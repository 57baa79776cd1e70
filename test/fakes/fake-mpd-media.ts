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
