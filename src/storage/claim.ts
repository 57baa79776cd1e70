import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AppError } from '../base/index.js';

export interface Claim {
  /** Called when another process of this machine has knocked: it may have written to the database. */
  onKnock(listener: () => void): void;
  release(): Promise<void>;
}

const socketIn = (dataDir: string): string => join(dataDir, 'run', 'claim.sock');
/** Where nothing can be written: in memory where there is such a place. */
const SPARE = ['/dev/shm', tmpdir()];
const REFUSED = new Set(['EROFS', 'ENOSPC', 'EDQUOT', 'EIO']);

/**
 * Makes sure that one server alone writes to a data folder: a listening socket in its folder `run`, which dies with its process however that dies.
 * On a disk that takes nothing the socket is elsewhere. Throws ERR_CONFLICT while another server holds the folder.
 */
export async function claimFolder(dataDir: string): Promise<Claim> {
  const id = createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 16);
  let refused: unknown;
  for (const path of [socketIn(dataDir), ...SPARE.map((folder) => join(folder, `tutti-${id}.sock`))]) {
    try {
      return await claimed(dataDir, path);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (!REFUSED.has(code)) throw error;
      refused ??= error;
    }
  }
  throw refused;
}

async function claimed(dataDir: string, path: string): Promise<Claim> {
  if (path === socketIn(dataDir)) await mkdir(join(dataDir, 'run'), { recursive: true, mode: 0o700 });
  if (await answers(path))
    throw new AppError(
      'ERR_CONFLICT',
      `another Tutti is running on ${dataDir}; stop it, or set TUTTI_DATA_DIR to another folder`,
    );
  await rm(path, { force: true });
  const listeners: (() => void)[] = [];
  const server = createServer((socket) => {
    socket.destroy();
    for (const listener of listeners) listener();
  });
  server.unref();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  return { onKnock: (listener) => void listeners.push(listener), release: () => closed(server) };
}

/** Tells the server of a data folder that something was written beside it. False when there is none. A knock says nothing else. */
export function knock(dataDir: string): Promise<boolean> {
  return answers(socketIn(dataDir));
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
