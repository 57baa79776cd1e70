import { createReadStream } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { local } from '../../drivers/local/index.js';
import type { DriverDefinition } from '../../src/players/index.js';
import { MediaFolder } from '../contracts/media-files.js';
import type { DriverRig } from '../contracts/driver-rig.js';

/** Every mpv whose socket is below `folder`: how tests find, break and count them. */
export async function mpvsOf(folder: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(`--input-ipc-server=${folder}/`)) found.push(Number(name));
  }
  return found;
}

export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  ms = 30_000,
): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Ends by pid what a test left behind in its folder. */
export async function killMpvs(folder: string): Promise<void> {
  for (const pid of await mpvsOf(folder)) process.kill(pid, 'SIGKILL');
  await until('mpv to be gone', async () => (await mpvsOf(folder)).length === 0);
}

/** Serves a folder's files on a free port. */
export async function serveFolder(folder: string): Promise<{ port: number; server: Server }> {
  const server = createServer((request, response) => {
    const path = join(folder, decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname));
    void stat(path).then(
      ({ size }) => {
        response.writeHead(200, { 'content-length': size });
        createReadStream(path).pipe(response);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, server };
}

/** The contract suite's player: real mpv, paced silence. */
export async function localRig(options: Readonly<Record<string, unknown>> = {}): Promise<DriverRig> {
  const music = await MediaFolder.create();
  const { port, server } = await serveFolder(music.dir);
  const folders = new Set<string>();
  const definition: DriverDefinition = {
    ...local,
    connect: (parsed, context, signal) => {
      folders.add(context.runtimeDir);
      return local.connect(parsed, context, signal);
    },
  };
  const killAll = async (): Promise<void> => {
    for (const folder of folders) await killMpvs(folder);
  };
  return {
    definition,
    options: { ao: 'null', ...options },
    httpPort: port,
    makeMedia: (n, wanted) => music.tone(n, wanted),
    breakConnection: killAll,
    async close() {
      await killAll();
      server.close();
      await music.remove();
    },
  };
}
