import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';

const STOP_MS = 5_000;

/** A child process; `stop` ends it, by force when it does not end by itself. */
export class Program {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  #log = '';
  #failure: Error | undefined;

  constructor(child: ChildProcess, what: string) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (text: Buffer) => (this.#log = (this.#log + text.toString()).slice(-4000)));
    this.#gone = new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', (cause) => {
        this.#failure = new Error(`${what} cannot be started: is it installed?`, { cause });
        resolve();
      });
    });
  }

  static spawn(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Program {
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH, HOME, ...env },
    });
    return new Program(child, command);
  }

  /** Resolves when it is over, however it ended. */
  get ended(): Promise<void> {
    return this.#gone;
  }

  /** The last of what it printed. */
  get log(): string {
    return this.#log;
  }

  /** Throws when the program is not running any more. */
  check(): void {
    if (this.#failure) throw this.#failure;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null)
      throw new Error(`a program ended before its time: ${this.#log}`);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM');
    const hard = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await this.#gone;
    clearTimeout(hard);
  }
}

/** Milliseconds of CPU a process has used so far, all its threads, to the nanosecond. */
export function cpuMs(pid: number): number {
  let sum = 0;
  for (const task of readdirSync(`/proc/${pid}/task`))
    sum += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
  return sum / 1e6;
}

/** Megabytes (10^6) of memory a process holds. */
export function rssMb(pid: number): number {
  return statusMb(pid, 'VmRSS');
}

/** Megabytes (10^6) of it that are its own; the rest is pages of files, which the kernel drops and reads again as it likes. */
export function ownMb(pid: number): number {
  return statusMb(pid, 'RssAnon');
}

function statusMb(pid: number, field: 'VmRSS' | 'RssAnon'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kB = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1];
  return (Number(kB) * 1024) / 1e6;
}

/** A TCP port of the loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Asks until the answer is as wanted; `send` undefined = the other side speaks first. Rejects after `ms`, or when the program is gone. */
export async function answers(
  program: Program,
  port: number,
  { send, wanted, ms = 30_000 }: { readonly send?: string; readonly wanted: string; readonly ms?: number },
): Promise<void> {
  const deadline = performance.now() + ms;
  while (performance.now() < deadline) {
    program.check();
    if ((await firstWords(port, send)).startsWith(wanted)) return;
    await pause(5);
  }
  throw new Error(`nothing answered on port ${port} for ${ms} ms: ${program.log}`);
}

function firstWords(port: number, send: string | undefined): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const end = (text: string): void => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(5000, () => end(''));
    socket.once('error', () => end(''));
    socket.once('close', () => end(''));
    socket.once('data', (bytes) => end(bytes.toString('latin1')));
    if (send !== undefined) socket.write(send);
  });
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
