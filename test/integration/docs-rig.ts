import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.js';
import { freePort } from '../../bench/program.js';
import { ServerProcess } from '../fakes/server-process.js';
import { makeSineAlbums } from '../fakes/sine-albums.js';
import { until } from '../until.js';

export const DOCS = join(packageRoot, 'docs');
const PYTHON = '/usr/bin/python3';
const NEEDED = {
  [PYTHON]: 'python3',
  '/usr/lib/python3/dist-packages/websockets': 'python3-websockets',
  '/usr/lib/python3/dist-packages/mpd': 'python3-mpd',
  '/usr/lib/python3/dist-packages/jinja2': 'python3-jinja2',
  '/usr/bin/curl': 'curl',
  '/usr/bin/jq': 'jq',
  '/usr/bin/mpc': 'mpc',
};

/** One example of a page, and what its marker says: `<!-- test: kind, name -->`. */
export interface Example {
  readonly kind: string;
  readonly name: string;
  readonly text: string;
}

/** All examples of a page. One without a marker is an error: nothing is shown that is not run. */
export function examplesOf(page: string): Example[] {
  const lines = readFileSync(join(DOCS, page), 'utf8').split('\n');
  const examples: Example[] = [];
  for (let n = 0; n < lines.length; n++) {
    if (!lines[n]!.startsWith('```')) continue;
    const [, kind, name] = /^<!-- test: ([a-z ]+), (\S+) -->$/.exec(lines[n - 1] ?? '') ?? [];
    if (kind === undefined || name === undefined)
      throw new Error(`${page}:${n + 1} has an example that no test knows`);
    const end = lines.indexOf('```', n + 1);
    examples.push({ kind, name, text: lines.slice(n + 1, end).join('\n') });
    n = end;
  }
  return examples;
}

export interface Playback {
  readonly state: string;
  readonly volume: number;
  readonly muted: boolean;
  readonly queue_length: number;
  readonly track?: { readonly title: string; readonly artist?: string; readonly url?: string };
}

/** A server as the pages describe it: two rooms, one album, people who sign in, and a token from its command line. */
export class DocsHouse {
  readonly examples = examplesOf('home-automation.md');
  token = '';
  readonly #programs: Program[] = [];

  private constructor(
    readonly dir: string,
    readonly server: ServerProcess,
    readonly mpdPort: number,
  ) {}

  static async start(): Promise<DocsHouse> {
    const missing = Object.entries(NEEDED).flatMap(([path, name]) => (existsSync(path) ? [] : [name]));
    if (missing.length > 0) throw new Error(`the examples need: apt install ${missing.join(' ')}`);
    const dir = await mkdtemp(join(tmpdir(), 'tutti-docs-'));
    await makeSineAlbums(join(dir, 'music'), 330, ['Kind of Blue'], 2, 30);
    const mpdPort = await freePort();
    const server = await ServerProcess.start({
      dataDir: join(dir, 'state'),
      musicDir: join(dir, 'music'),
      players: [
        { id: 'kitchen', kind: 'null', name: 'Kitchen' },
        { id: 'living-room', kind: 'null', name: 'Living room' },
      ],
      config: { auth: 'required', mpd_port: mpdPort },
    });
    const house = new DocsHouse(dir, server, mpdPort);
    house.token = await house.cli('token', 'create', '--name', 'Home', '--scope', 'control');
    await until(
      'the library is there',
      async () => {
        const albums = (await house.get('library/albums')) as { total: number };
        return albums.total === 1;
      },
      60_000,
    );
    return house;
  }

  async close(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.end()));
    await this.server.kill('SIGTERM');
    await rm(this.dir, { recursive: true, force: true });
  }

  /** As written, but for the names of the house: address, ports, token. */
  example(kind: string, name: string): string {
    const found = this.examples.find((example) => example.kind === kind && example.name === name);
    if (!found) throw new Error(`no example ${kind}, ${name}`);
    return this.here(found.text);
  }

  here(text: string): string {
    return text
      .replaceAll('tutti.local:8080', `127.0.0.1:${this.server.port}`)
      .replaceAll('tutti.local', '127.0.0.1')
      .replaceAll('6610', String(this.mpdPort))
      .replaceAll('tutti_…', this.token);
  }

  /** A shell example to its end, after the function that all of them use. */
  async shell(name: string): Promise<string> {
    const text = `set -euo pipefail\n${this.example('shell', 'define')}\n${this.example('shell', name)}`;
    return (await this.run('bash', text)).said;
  }

  async python(name: string): Promise<string> {
    const text = `${this.example('python', 'define')}\n\n${this.example('python', name)}`;
    return (await this.run('python', text)).said;
  }

  /** `tutti`, on the server's machine. */
  async cli(...words: readonly string[]): Promise<string> {
    const text = `node dist/src/main.js ${words.join(' ')}`;
    return (await this.run('bash', text)).said.trim();
  }

  /** Runs a text to its end; it has to end well. */
  async run(language: 'bash' | 'python', text: string): Promise<Program> {
    const program = this.begin(language, text);
    await until(`${text.slice(0, 200)} ends`, () => program.ended);
    if (program.code !== 0) throw new Error(`ended with ${program.code}: ${program.said}`);
    return program;
  }

  /** Begins a text that runs until it is ended. */
  begin(language: 'bash' | 'python', text: string, env: Readonly<Record<string, string>> = {}): Program {
    const [program, args] = language === 'bash' ? ['/bin/bash', ['-c', text]] : [PYTHON, ['-u', '-c', text]];
    return this.beginProgram(program, args, env);
  }

  beginProgram(
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Program {
    const begun = new Program(program, args, {
      ...process.env,
      TUTTI: this.server.url,
      TUTTI_TOKEN: this.token,
      TUTTI_DATA_DIR: join(this.dir, 'state'),
      PYTHONPATH: join(DOCS, 'examples'),
      PYTHONDONTWRITEBYTECODE: '1',
      ...env,
    });
    this.#programs.push(begun);
    return begun;
  }

  beginClient(args: readonly string[]): Program {
    return this.beginProgram(PYTHON, ['-u', join(DOCS, 'examples', 'tutti_client.py'), ...args]);
  }

  async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`${this.server.url}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      ...(method !== 'GET' && { body: JSON.stringify(body ?? {}) }),
    });
    const got: unknown = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(got)}`);
    return got;
  }

  get(path: string): Promise<unknown> {
    return this.ask('GET', path);
  }

  async playback(roomId = 'kitchen'): Promise<Playback> {
    return ((await this.get(`rooms/${roomId}`)) as { playback: Playback }).playback;
  }

  /** Waits until the kitchen plays, or stands still, with this title; on the way it may be loading. */
  async becomes(state: string, title: string): Promise<void> {
    await until(`the kitchen is ${state}: ${title}`, async () => {
      const playback = await this.playback();
      return playback.state === state && playback.track?.title === title;
    });
  }

  /** Who plays in the kitchen. */
  async together(): Promise<readonly string[]> {
    return ((await this.get('rooms/kitchen')) as { room: { player_ids: string[] } }).room.player_ids;
  }

  /** As it began: everybody at home, half loud, no music, no announcement. */
  async quiet(): Promise<void> {
    if ((await this.together()).length > 1)
      await this.ask('POST', 'rooms/kitchen/ungroup', { player_ids: ['living-room'] });
    for (const room of ['kitchen', 'living-room']) {
      await this.ask('POST', `rooms/${room}/stop`);
      await this.ask('DELETE', `rooms/${room}/queue`);
      await this.ask('PUT', `rooms/${room}/volume`, { volume: 0.5 });
    }
  }

  async playAlbum(): Promise<void> {
    const { items } = (await this.get('library/albums')) as { items: { album_id: string }[] };
    const source = { album_id: items[0]!.album_id };
    await this.ask('POST', 'rooms/kitchen/queue', { source, at: 'replace', play: true });
    await this.becomes('playing', 'Kind of Blue 1');
  }
}

/** A program with everything it starts; what it says is kept. */
export class Program {
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;
  said = '';

  constructor(program: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(program, args, { cwd: packageRoot, env, detached: true, stdio: 'pipe' });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.said += chunk.toString('utf8')));
    this.#gone = new Promise((resolve) => this.#child.once('close', resolve));
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  get code(): number | null {
    return this.#child.exitCode;
  }

  get lines(): string[] {
    return this.said.split('\n').filter(Boolean);
  }

  tell(line: unknown): void {
    this.#child.stdin?.write(`${JSON.stringify(line)}\n`);
  }

  /** Waits until it has said something. */
  async says(what: string): Promise<void> {
    await until(`it says ${what}`, () => {
      if (this.said.includes(what)) return true;
      if (this.ended) throw new Error(`it ended before it said ${what}: ${this.said}`);
      return false;
    });
  }

  async end(): Promise<void> {
    if (!this.ended && this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
    await this.#gone;
  }
}
