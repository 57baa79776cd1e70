import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { freePort } from '../../bench/program.js';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface MpdChoice {
  readonly musicDir: string;
  /** Default: a free one. */
  readonly port?: number;
  /** What the first output is. Default `null` with a software mixer; a second one, `spare`, is always null and off at first. */
  readonly output?: 'null' | 'pulse' | 'fifo' | 'alsa';
  /** Lines for the block of the first output, such as `sink "kitchen"` or `path "/tmp/x"`. */
  readonly outputLines?: readonly string[];
  readonly password?: string;
  /** Without it the outputs have no mixer and the volume is -1. Default true. */
  readonly mixer?: boolean;
  /** Whole lines for mpd.conf. */
  readonly lines?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Words before the command; default `nice -n -11`. */
  readonly before?: readonly string[];
}

/** The real mpd as a child process, with its state in a folder of its own. */
export interface RunningMpd {
  readonly host: string;
  readonly port: number;
  /** Path of its unix socket. */
  readonly socket: string;
  readonly pid: number;
  /** Runs the real mpc against it. */
  mpc(...args: string[]): Promise<string>;
  /** Reads the music folder again and waits for the end of it. */
  update(): Promise<void>;
  /** The signal says how it goes; resolves when the process is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Ends it if need be and starts it again on the same port, with what it saved. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** Resolves when it answers and has read its music folder. */
export async function startMpd(choice: MpdChoice): Promise<RunningMpd> {
  const dir = await mkdtemp(join(tmpdir(), 'tutti-mpd-'));
  const port = choice.port ?? (await freePort());
  const socket = join(dir, 'socket');
  const conf = join(dir, 'mpd.conf');
  await writeFile(conf, configuration(choice, dir, port, socket));
  const host = '127.0.0.1';
  let child = await launch(conf, dir, port, choice);
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    const hard = setTimeout(() => child.kill('SIGKILL'), 5000);
    await gone;
    clearTimeout(hard);
  };
  const mpc = async (...args: string[]): Promise<string> => {
    const target = choice.password === undefined ? host : `${choice.password}@${host}`;
    try {
      return (await run('mpc', ['-h', target, '-p', String(port), ...args])).stdout;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
        throw new Error('mpc is missing: apt install mpc', { cause: error });
      }
      throw error;
    }
  };
  const mpd: RunningMpd = {
    host,
    port,
    socket,
    get pid() {
      return child.pid ?? 0;
    },
    mpc,
    update: async () => void (await mpc('--wait', 'update')),
    kill,
    async restart() {
      await kill();
      child = await launch(conf, dir, port, choice);
    },
    async stop() {
      await kill('SIGTERM');
      await rm(dir, { recursive: true, force: true });
    },
  };
  try {
    await mpd.update();
  } catch (error) {
    await mpd.stop();
    throw error;
  }
  return mpd;
}

function configuration(choice: MpdChoice, dir: string, port: number, socket: string): string {
  const mixer = (choice.mixer ?? true) ? 'mixer_type "software"' : 'mixer_type "none"';
  const password =
    choice.password === undefined
      ? []
      : [`password "${choice.password}@read,add,control,admin"`, 'default_permissions ""'];
  return [
    `music_directory "${choice.musicDir}"`,
    `playlist_directory "${dir}"`,
    `db_file "${join(dir, 'db')}"`,
    `state_file "${join(dir, 'state')}"`,
    'state_file_interval "1"',
    `log_file "${join(dir, 'log')}"`,
    `bind_to_address "127.0.0.1"`,
    `bind_to_address "${socket}"`,
    `port "${port}"`,
    'zeroconf_enabled "no"',
    'max_output_buffer_size "65536"',
    'max_command_list_size "65536"',
    'max_connections "100"',
    ...password,
    ...(choice.lines ?? []),
    'audio_output {',
    `type "${choice.output ?? 'null'}"`,
    'name "main"',
    mixer,
    ...(choice.outputLines ?? []),
    '}',
    'audio_output {',
    'type "null"',
    'name "spare"',
    'enabled "no"',
    mixer,
    '}',
    '',
  ].join('\n');
}

async function launch(
  conf: string,
  dir: string,
  port: number,
  { env = {}, before = ['nice', '-n', '-11'] }: MpdChoice,
): Promise<ChildProcess> {
  const [first = 'mpd', ...words] = [...before, 'mpd', '--no-daemon', conf];
  const child = spawn(first, words, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  let failure: Error | undefined;
  child.on('error', (error) => (failure = new Error('mpd is missing: apt install mpd', { cause: error })));
  const deadline = performance.now() + 15_000;
  while (performance.now() < deadline) {
    if (failure) throw failure;
    if (child.exitCode !== null) break;
    if (await greets(port)) return child;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill('SIGKILL');
  const log = await readFile(join(dir, 'log'), 'utf8').catch(() => '');
  throw new Error(`mpd did not start: ${stderr}${log}`);
}

/** Whether something on this port speaks first, as MPD does. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2000, () => end(false));
    socket.once('error', () => end(false));
    socket.once('data', (data) => end(data.toString().startsWith('OK MPD')));
  });
}
