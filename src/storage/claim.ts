import { existsSync, lstatSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AppError, codeOf, isDiskRefusal, isForbidden, quoted, whoAmI } from '../base/index.js';
import { folderId, socketFolder } from './socket-folder.js';

export interface Claim {
  /** Called when another process of this machine has knocked: it may have written to the database. */
  onKnock(listener: () => void): void;
  /** Who knocks is told this from now on: where this server is reached from this machine. */
  reachedAt(url: string): void;
  release(): Promise<void>;
}

const socketIn = (dataDir: string): string => join(socketFolder(dataDir), 'claim.sock');
/** The places of its socket. Where nothing can be written it is in memory, where there is such a place. */
const socketsOf = (dataDir: string): readonly [string, ...string[]] => [
  socketIn(dataDir),
  ...['/dev/shm', tmpdir()].map((folder) => join(folder, `tutti-${folderId(dataDir)}.sock`)),
];
/** An address is not longer, and one that knows none closes at once. */
const ADDRESS = { bytes: 300, ms: 1_000 };

/**
 * Makes sure that one server alone writes to a data folder: a listening socket of its own, which dies with its process however that dies.
 * On a disk that takes nothing the socket is elsewhere. Throws ERR_CONFLICT while another server holds the folder.
 */
export async function claimFolder(dataDir: string): Promise<Claim> {
  let refused: unknown;
  // A disk that takes everything again has not ended the server that found it otherwise.
  if (await knock(dataDir))
    throw new AppError(
      'ERR_CONFLICT',
      `another Tutti is running on ${dataDir}; stop it, or set TUTTI_DATA_DIR to another folder`,
    );
  for (const path of socketsOf(dataDir)) {
    try {
      return await claimed(dataDir, path);
    } catch (error) {
      if (!isDiskRefusal(error)) throw inWords(error, codeOf(error), dataDir);
      // Nothing is known of this house, so there is nothing to go on with.
      if (!existsSync(dataDir)) throw unmade(dataDir, error);
      refused ??= error;
    }
  }
  throw refused;
}

/** What has to be done about a data folder that is nobody's disk fault. */
function inWords(error: unknown, code: string, dataDir: string): unknown {
  if (code === 'EACCES' || code === 'EPERM')
    return new AppError('ERR_DISK', `the data folder cannot be written (${code}): ${howToOwn(dataDir)}`, {
      cause: error,
    });
  if (code === 'ENAMETOOLONG' || code === 'ELOOP')
    return new AppError(
      'ERR_DISK',
      `there can be no folder ${dataDir} (${code}); set TUTTI_DATA_DIR to another one`,
      { cause: error },
    );
  if (code !== 'ENOTDIR' && code !== 'EEXIST') return error;
  return new AppError(
    'ERR_DISK',
    `${dataDir} is no folder; move it away, or set TUTTI_DATA_DIR to another one`,
    {
      cause: error,
    },
  );
}

function unmade(dataDir: string, cause: unknown): AppError {
  return new AppError(
    'ERR_DISK',
    `the data folder ${dataDir} cannot be made: its disk is full, faulty or can only be read; make room there, or set TUTTI_DATA_DIR to another folder`,
    { cause },
  );
}

/** What gives a data folder to the user that this process runs as. */
export function howToOwn(dataDir: string): string {
  const give = existsSync(dataDir) ? `chown -R ${whoAmI()}:` : `install -d -m 700 -o ${whoAmI()}`;
  return `sudo ${give} ${quoted(dataDir)}   or set TUTTI_DATA_DIR to another folder`;
}

/** What somebody else owns in a data folder, as after a start as root, in words that say what to do; every other error as it is. */
export function ownedByOthers(error: unknown, dataDir: string): unknown {
  if (!isForbidden(error) || !(error instanceof Error)) return error;
  const path = 'path' in error ? String(error.path) : '';
  if (!path.startsWith(`${dataDir}/`)) return error;
  const message = `${path} belongs to somebody else: ${howToOwn(dataDir)}`;
  return new AppError('ERR_DISK', message, { cause: error });
}

/** Makes sure that one process alone does something; gives what ends that, undefined while another one does it. */
export async function claimWork(path: string): Promise<(() => Promise<void>) | undefined> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const begin = (): Promise<Server> => listening(path, () => '');
  const server = await begin().catch(async (error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    if ((await answerOf(path)) !== undefined) return undefined;
    // Left by one that was killed.
    await rm(path, { force: true });
    return begin();
  });
  return server && (() => closed(server));
}

async function claimed(dataDir: string, path: string): Promise<Claim> {
  if (path === socketIn(dataDir))
    for (const folder of [join(dataDir, 'run'), dirname(path)])
      await mkdir(folder, { recursive: true, mode: 0o700 });
  await rm(path, { force: true });
  const listeners: (() => void)[] = [];
  let address = '';
  const server = await listening(path, () => {
    for (const listener of listeners) listener();
    return address;
  });
  return {
    onKnock: (listener) => void listeners.push(listener),
    reachedAt: (url) => void (address = url),
    release: () => closed(server),
  };
}

/** Tells the server of a data folder that something was written beside it. False when there is none. */
export async function knock(dataDir: string): Promise<boolean> {
  return (await asked(dataDir)) !== undefined;
}

/** Where the server of a data folder is reached from this machine; undefined when it does not say, or is none of this user's. */
export async function addressOfServer(dataDir: string): Promise<string | undefined> {
  return (await asked(dataDir)) || undefined;
}

async function asked(dataDir: string): Promise<string | undefined> {
  for (const path of socketsOf(dataDir)) {
    const answer = path === socketIn(dataDir) || isOwn(path) ? await answerOf(path) : undefined;
    if (answer !== undefined) return answer;
  }
  return undefined;
}

/** Anybody may put a socket where the spare ones are. */
function isOwn(path: string): boolean {
  try {
    return lstatSync(path).uid === process.getuid?.();
  } catch {
    return false;
  }
}

/** What is said at a socket before it is closed; undefined when nobody is there. */
function answerOf(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let said: string | undefined;
    socket.setEncoding('utf8').setTimeout(ADDRESS.ms, () => socket.destroy());
    socket.once('connect', () => (said = ''));
    socket.on('data', (text: string) => {
      said = `${said}${text}`;
      if (said.length > ADDRESS.bytes) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(said));
  });
}

async function listening(path: string, knocked: () => string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(knocked(), () => socket.destroy());
  });
  server.unref();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  return server;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
