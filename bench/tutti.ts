import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ground } from './ground.js';
import { answers, freePort, Program } from './program.js';

/** The room of the one player every case has. */
export const ROOM = 'bench';

export interface TuttiChoice {
  /** Default: an empty one. */
  readonly musicDir?: string;
  /** Default: a fresh one. */
  readonly dataDir?: string;
  /** Driver and options of the player; default the silent one. */
  readonly player?: Readonly<Record<string, string | number | boolean>>;
  readonly watch?: boolean;
  /** Rooms of one silent player each; then `player` is not used. Default: the one of `player`. */
  readonly rooms?: readonly string[];
  /** Words before the command. */
  readonly before?: readonly string[];
  /** Further environment; wins over what every bench has. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Tutti {
  readonly port: number;
  readonly pid: number;
  /** The last of what it printed. */
  readonly printed: () => string;
  /** From spawn to the first 200 on /health. */
  readonly startMs: number;
  /** Wall clock of the spawn. */
  readonly spawnedMs: number;
  stop(): Promise<void>;
}

let serial = 0;

/** The whole product as users run it, in a process of its own. */
export async function startTutti(ground: Ground, choice: TuttiChoice): Promise<Tutti> {
  const own = join(ground.dir, `tutti-${++serial}`);
  const { musicDir = join(own, 'music'), dataDir = join(own, 'state'), player = { kind: 'null' } } = choice;
  await mkdir(join(own, 'music'), { recursive: true });
  await mkdir(dataDir, { recursive: true });
  const config = join(own, 'tutti.yaml');
  const silent = (id: string) => ({ id, name: id, kind: 'null' });
  const players = choice.rooms?.map(silent) ?? [{ id: ROOM, name: 'Bench', ...player }];
  await writeFile(config, JSON.stringify({ players }));
  const port = await freePort();
  const main = fileURLToPath(new URL('../src/main.js', import.meta.url));
  const begun = performance.now();
  const spawnedMs = Date.now();
  const words = [...(choice.before ?? []), process.execPath, ...profiling(), main, 'serve'];
  const program = ground.own(
    Program.spawn(words[0]!, words.slice(1), {
      TUTTI_CONFIG: config,
      TUTTI_DATA_DIR: dataDir,
      TUTTI_MUSIC_DIR: musicDir,
      TUTTI_PORT: String(port),
      TUTTI_AUTH: 'open',
      ...UNHURRIED,
      TUTTI_MDNS: 'off',
      TUTTI_LOCAL_OUTPUT: 'off',
      TUTTI_WATCH: choice.watch === true ? 'on' : 'off',
      TUTTI_LOG_LEVEL: 'warn',
      NODE_OPTIONS: process.env['TUTTI_BENCH_NODE_OPTIONS'] ?? '',
      ...choice.env,
    }),
  );
  await answers(program, port, {
    send: `GET /health HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: close\r\n\r\n`,
    wanted: 'HTTP/1.1 200',
  });
  const startMs = performance.now() - begun;
  return {
    port,
    pid: program.pid,
    printed: () => program.log,
    startMs,
    spawnedMs,
    stop: () => program.stop(),
  };
}

/** A bench is a flood: what keeps floods out is measured by tests. */
const UNHURRIED = {
  TUTTI_MAX_CONNECTIONS: '100000',
  TUTTI_MESSAGES_PER_MINUTE: '1000000',
  TUTTI_MESSAGE_BURST: '1000000',
  TUTTI_BYTES_PER_MINUTE: '1000000000',
  TUTTI_COSTLY_COMMANDS_PER_MINUTE: '1000000',
};

/** TUTTI_BENCH_PROFILE=<folder>: every server leaves a CPU profile there. */
function profiling(): string[] {
  const folder = process.env['TUTTI_BENCH_PROFILE'];
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}
