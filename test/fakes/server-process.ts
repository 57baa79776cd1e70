import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { stringify } from 'yaml';
import { connect, type TuttiClient } from '../../src/client/index.js';
import { packageRoot } from '../../src/package-root.js';
import { freePort } from '../../bench/program.js';
import { until } from '../until.js';
import { UNHURRIED_SETTINGS } from './unhurried.js';

const MAIN = join(packageRoot, 'dist', 'src', 'main.js');

export interface ServerSettings {
  readonly dataDir: string;
  readonly musicDir?: string;
  /** Entries of `players` in the config file. */
  readonly players?: readonly Readonly<Record<string, unknown>>[];
  readonly env?: Readonly<Record<string, string>>;
  /** Words before the command, such as `chrt -r 10`. */
  readonly before?: readonly string[];
  /** Default `serve`. */
  readonly command?: 'serve' | 'gateway';
  /** More lines of the config file. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Longer than other waits: a whole program is read and begun, perhaps beside many others. */
const START_MS = 60_000;

/** A real Tutti in a process of its own, on the same port for its whole life, so that clients find it again after it was killed. */
export class ServerProcess {
  #child: ChildProcess | undefined;
  #said = '';
  #end: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | undefined;

  private constructor(
    readonly port: number,
    readonly settings: ServerSettings,
  ) {}

  static async start(settings: ServerSettings): Promise<ServerProcess> {
    if (!existsSync(MAIN)) throw new Error('dist is not built; run: npm run build');
    await mkdir(settings.dataDir, { recursive: true });
    await writeFile(
      join(settings.dataDir, 'tutti.yaml'),
      stringify({
        players: settings.players ?? [],
        auth: 'open',
        ...UNHURRIED_SETTINGS,
        mdns: false,
        local_output: false,
        snapcast: false,
        mpd_port: 0,
        ...settings.config,
      }),
    );
    const server = new ServerProcess(await freePort(), settings);
    await server.start();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Resolves when it serves. */
  async start(): Promise<void> {
    const { dataDir, musicDir, env, before = [], command = 'serve' } = this.settings;
    const own = {
      TUTTI_DATA_DIR: dataDir,
      TUTTI_PORT: String(this.port),
      TUTTI_LOG_LEVEL: 'warn',
      ...(musicDir !== undefined && { TUTTI_MUSIC_DIR: musicDir }),
    };
    const [program = process.execPath, ...args] = [...before, process.execPath, MAIN, command];
    const child = spawn(program, args, {
      env: { ...process.env, ...own, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.#said += chunk.toString('utf8')));
    await until(
      'the server serves',
      async () => {
        if (child.exitCode !== null) throw new Error(`the server ended: ${this.#said.slice(-2000)}`);
        return fetch(`${this.url}/health`).then(
          (answer) => answer.ok,
          () => false,
        );
      },
      START_MS,
    );
  }

  /** `kill -9`. Resolves when it is gone. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((settled) =>
      child.once('exit', (code, by) => {
        this.#end = { code, signal: by };
        settled();
      }),
    );
    child.kill(signal);
    await gone;
  }

  /** How it ended when it was last asked to. */
  get end(): { readonly code: number | null; readonly signal: NodeJS.Signals | null } | undefined {
    return this.#end;
  }

  client(topics: readonly string[] = []): TuttiClient {
    return connect({ url: `ws://127.0.0.1:${this.port}/ws`, WebSocket, topics });
  }

  /** What it printed and logged so far. */
  get said(): string {
    return this.#said;
  }
}
