import { mkdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { AppError } from '../base/index.js';

export interface Claim {
  /** Called when another process of this machine has knocked: it may have written to the database. */
  onKnock(listener: () => void): void;
  release(): Promise<void>;
}

const socketIn = (dataDir: string): string => join(dataDir, 'run', 'claim.sock');

/**
 * Makes sure that one server alone writes to a data folder: a listening socket in its folder `run`, which dies with its process however that dies.
 * Throws ERR_CONFLICT while another server holds the folder.
 */
export async function claimFolder(dataDir: string): Promise<Claim> {
  await mkdir(join(dataDir, 'run'), { recursive: true, mode: 0o700 });
  const path = socketIn(dataDir);
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
