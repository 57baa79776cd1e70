import { spawn, spawnSync, type ChildProcess } from 'node:child_process';

export interface SnapclientChoice {
  readonly port: number;
  /** What it calls itself. */
  readonly id: string;
  /** Its output, as its `--player` wants it. Default: nowhere, paced by the clock. */
  readonly player?: string;
  /** The sound card, for `--player alsa` or `pulse`. */
  readonly card?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The real snapclient as a child process. */
export interface RunningSnapclient {
  readonly pid: number;
  /** All it has said so far. */
  readonly words: string;
  /** Resolves when the process is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Sound comes first, as on an appliance: what is measured is the player, not how busy the machine is. Without the right it is as it is. */
export const FIRST: readonly [string, ...string[]] =
  spawnSync('chrt', ['-r', '10', 'true'], { stdio: 'ignore' }).status === 0
    ? ['chrt', '-r', '10']
    : ['nice', '-n', '-15'];

export const TO_FILE = (path: string): string => `file:filename=${path},mode=a`;

/** Resolves when the process runs; that it has connected is for the server to say. */
export async function startSnapclient(choice: SnapclientChoice): Promise<RunningSnapclient> {
  requireProgram();
  const { port, id, player = 'file:filename=null', card, env } = choice;
  const args = [
    '-h',
    '127.0.0.1',
    '-p',
    String(port),
    '--hostID',
    id,
    '--player',
    player,
    '--logsink',
    'stdout',
  ];
  const [program, ...before] = FIRST;
  const soundcard = card === undefined ? [] : ['--soundcard', card];
  const child = spawn(program, [...before, 'snapclient', ...args, ...soundcard], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => said.push(text));
  await spawned(child);
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    pid: child.pid ?? 0,
    get words() {
      return said.join('');
    },
    async stop(signal = 'SIGKILL') {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await gone;
    },
  };
}

async function spawned(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
}

function requireProgram(): void {
  const { error } = spawnSync('snapclient', ['--version'], { stdio: 'ignore' });
  if (error) throw new Error('snapclient cannot be started: apt install snapclient', { cause: error });
}
