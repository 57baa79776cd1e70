import { connect } from 'node:net';
import { rename, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { AppError, deferred, toError, type Logger } from '../../src/base/index.js';
import { startProcess, type Started } from './process.js';

/** An mpv that a player needs. */
export interface Wanted {
  readonly player_id: string;
  readonly program: string;
  readonly args: readonly string[];
}

/** How an mpv comes to life. Resolves when it was started; whether it answers is seen at its socket. */
export type Launch = (wanted: Wanted, log: Logger, signal: AbortSignal) => Promise<Started>;

/** A process of ours, in a session of its own. */
export const launchProcess: Launch = ({ program, args }, log) => startProcess(program, args, log);

/** Where outputs are units of systemd: `systemd/README.md` has the other side. */
export interface OutputUnits {
  /** Folder (mode 0700, ours) that holds the command line of each output; `<folder>.sock` is the door that starts them. */
  readonly folder: string;
  /** Before the names of the outputs, so that a server and a satellite of one machine do not mean the same one. */
  readonly prefix: string;
}

/** The door's own pattern of names; what does not fit is named by its hash. */
const NAME = /^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/;
const MAX_ANSWER = 500;

/** `local` -> the unit `tutti-output@local.service`. */
export function outputName(playerId: string, prefix: string): string {
  const name = `${prefix}${playerId}`;
  return NAME.test(name) ? name : createHash('sha256').update(name).digest('hex').slice(0, 16);
}

/**
 * A unit of its own: neither the end of the server nor its sandbox and limits touch the music. The command line is left in a file that
 * the unit reads as our user; what goes through the door is only a name.
 */
export function launchUnit({ folder, prefix }: OutputUnits): Launch {
  return async ({ player_id, program, args }, log, signal) => {
    const name = outputName(player_id, prefix);
    await writeLines(join(folder, name), [program, ...args]);
    const answer = await ask(`${folder}.sock`, name, signal);
    if (answer !== 'started') throw new AppError('ERR_PLAYER_OFFLINE', `the output ${name}: ${answer}`);
    log.debug({ output: name }, 'the unit of the output was started');
    // Its end is systemd's affair; ours is whether the socket answers.
    return { exited: deferred<Error>().promise };
  };
}

async function writeLines(path: string, lines: readonly string[]): Promise<void> {
  const fresh = `${path}.new`;
  await writeFile(fresh, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  await rename(fresh, path);
}

/** One name in, one line back. */
async function ask(door: string, name: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const answered = deferred<string>();
  const abort = (): void => answered.reject(toError(signal.reason));
  signal.addEventListener('abort', abort, { once: true });
  const socket = connect({ path: door });
  let said = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => (said = (said + text).slice(0, MAX_ANSWER)));
  socket.once('error', (cause: NodeJS.ErrnoException) => answered.reject(closedDoor(cause)));
  socket.once('end', () => answered.resolve(said.trim() || 'nothing was answered'));
  socket.end(`${name}\n`);
  try {
    return await answered.promise;
  } finally {
    signal.removeEventListener('abort', abort);
    socket.on('error', () => undefined);
    socket.destroy();
  }
}

function closedDoor(cause: NodeJS.ErrnoException): AppError {
  const shut = cause.code === 'ENOENT' || cause.code === 'ECONNREFUSED';
  const hint = shut ? 'start it with: systemctl start tutti-outputs.socket' : cause.message;
  return new AppError('ERR_PLAYER_OFFLINE', `outputs cannot be started: ${hint}`, { cause });
}
