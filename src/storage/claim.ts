import { mkdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { AppError } from '../base/index.js';

/**
 * Makes sure that one server alone writes to a data folder: a listening socket in its folder `run`, which dies with its process however that dies.
 * Throws ERR_CONFLICT while another server holds the folder.
 */
export async function claimFolder(dataDir: string): Promise<{ release(): Promise<void> }> {
  const dir = join(dataDir, 'run');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, 'claim.sock');
  if (await answers(path))
    throw new AppError(
      'ERR_CONFLICT',
      `another Tutti is running on ${dataDir}; stop it, or set TUTTI_DATA_DIR to another folder`,
    );
  await rm(path, { force: true });
  const server = createServer((socket) => socket.destroy());
  server.unref();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  return { release: () => closed(server) };
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
