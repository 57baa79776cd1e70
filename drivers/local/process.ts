import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { AppError, deferred, toError, within, type Clock, type Logger } from '../../src/base/index.js';
import { socketArgument } from './arguments.js';

/** Longest path that fits a unix socket's address. */
const MAX_SOCKET_PATH = 107;
const DEATH_MS = 3000;
const LOOK_MS = 10;
/** Above ordinary programs: a late mpv is a gap. Needs a privilege; without it the default stands. */
const NICE = -11;

/** Where the mpv of a player listens: the same after every restart, different for each player. */
export function socketPath(runtimeDir: string, playerId: string): string {
  const name = createHash('sha256').update(playerId).digest('hex').slice(0, 16);
  const path = join(runtimeDir, `mpv-${name}.sock`);
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    throw new AppError('ERR_INTERNAL', 'the path of the runtime folder is too long for a socket');
  }
  return path;
}

/** mpv's socket gives whoever opens it our user's rights: it lives only in a folder that nobody else can enter. */
export async function assertPrivate(folder: string): Promise<void> {
  const found = await lstat(folder);
  const mine = found.isDirectory() && found.uid === process.getuid?.();
  if (!mine || (found.mode & 0o077) !== 0) {
    throw new AppError('ERR_INTERNAL', 'the runtime folder must be ours alone (mode 0700)');
  }
}

export interface Started {
  /** Unknown where somebody else started it. */
  readonly pid?: number;
  /** Resolves with the reason when it ends, where we get to know; says nothing once nobody waits. */
  readonly exited: Promise<Error>;
}

/** Starts mpv in a session of its own, tied to us by nothing: it plays on when we die. */
export async function startProcess(program: string, args: readonly string[], log: Logger): Promise<Started> {
  const exited = deferred<Error>();
  const spawned = deferred<void>();
  const child = spawn(program, [...args], { detached: true, stdio: 'ignore', cwd: '/' });
  child.once('spawn', () => spawned.resolve());
  child.once('error', (error) => spawned.reject(error));
  child.once('exit', (code, signal) =>
    exited.resolve(new Error(`mpv ended (${signal ?? code ?? 'unknown'})`)),
  );
  child.unref();
  try {
    await spawned.promise;
  } catch (error) {
    const missing = toError(error).message.includes('ENOENT');
    const message = missing ? 'mpv is not installed (apt install mpv)' : 'mpv cannot be started';
    throw new AppError('ERR_PLAYER_OFFLINE', message, { cause: error });
  }
  const pid = child.pid;
  if (pid === undefined) throw new AppError('ERR_PLAYER_OFFLINE', 'mpv cannot be started');
  try {
    setPriority(pid, NICE);
  } catch (error) {
    log.debug({ pid, reason: toError(error).message }, 'mpv runs at ordinary priority');
  }
  return { pid, exited: exited.promise };
}

/** A process's arguments without the program; empty when there is no such process, or it is dead and not yet reaped. */
export async function argumentsOf(pid: number): Promise<string[]> {
  try {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    return line.split('\0').slice(1, -1);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH') return [];
    throw error;
  }
}

/** Every process that was started to listen on this socket: the proof is its own command line, so nothing can be stale. */
export async function findProcesses(socket: string): Promise<number[]> {
  const wanted = socketArgument(socket);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found: number[] = [];
  for (const pid of pids) {
    if (pid !== process.pid && (await argumentsOf(pid)).includes(wanted)) found.push(pid);
  }
  return found;
}

/**
 * Ends every mpv of this socket, or only `pid` if it is one; also a stopped one; and waits until it is gone. Touches no process
 * that is not provably ours.
 */
export async function killProcesses(socket: string, clock: Clock, pid?: number): Promise<void> {
  const left = async (): Promise<number[]> =>
    (await findProcesses(socket)).filter((found) => pid === undefined || found === pid);
  for (const found of await left()) killOne(found);
  await within({ clock, what: 'the end of mpv', ms: DEATH_MS }, async (signal) => {
    while (!signal.aborted && (await left()).length > 0) await sleep(clock, LOOK_MS);
  });
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}
