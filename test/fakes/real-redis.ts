import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../bench/program.js';
import { until } from '../until.js';

/** The real redis-server on a unix socket of its own, keeping nothing; with a password it also listens on a free port. */
export interface RunningRedis {
  /** What `bus` of the config takes: the path of the socket. */
  readonly address: string;
  /** 0 without a password. */
  readonly port: number;
  readonly pid: number;
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again at the same place, after kill(). */
  start(): Promise<void>;
  /** `SIGSTOP` and `SIGCONT`: there, and silent. */
  freeze(): void;
  thaw(): void;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export async function startRedis(options: { readonly password?: string } = {}): Promise<RunningRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'tutti-redis-'));
  const socket = join(dir, 'redis.sock');
  const port = options.password === undefined ? 0 : await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--unixsocket', socket, '--dir', dir];
  args.push('--save', '', '--appendonly', 'no');
  if (options.password !== undefined) args.push('--requirepass', options.password);
  let child = await launch(socket, args);
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  };
  return {
    address: socket,
    port,
    get pid() {
      return child.pid ?? 0;
    },
    kill,
    async start() {
      child = await launch(socket, args);
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async stop() {
      child.kill('SIGCONT');
      await kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function launch(socket: string, args: readonly string[]): Promise<ChildProcess> {
  await rm(socket, { force: true });
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  let fault: Error | undefined;
  child.once('error', (error: NodeJS.ErrnoException) => {
    fault = error.code === 'ENOENT' ? new Error('redis-server is missing: apt install redis-server') : error;
  });
  await until('redis-server listens', async () => {
    if (fault) throw fault;
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
    return listens(socket);
  });
  return child;
}

function listens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
