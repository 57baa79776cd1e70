import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';

const Line = z.object({
  event: z.string().optional(),
  name: z.string().optional(),
  request_id: z.int().optional(),
  error: z.string().optional(),
  data: z.unknown().optional(),
  playlist_entry_id: z.int().optional(),
  reason: z.string().optional(),
});
export type MpvLine = z.infer<typeof Line>;

interface Waiting {
  readonly resolve: (data: unknown) => void;
  readonly reject: (error: Error) => void;
}

const START_MS = 5000;

/** The loudspeaker inside a fake Chromecast: an mpv that plays to nowhere, in real time. */
export class CastMpv {
  onEvent: (event: MpvLine) => void = () => undefined;
  #dir: string;
  #child: ChildProcess;
  #socket: Socket;
  #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #rest = '';

  private constructor(dir: string, child: ChildProcess, socket: Socket) {
    this.#dir = dir;
    this.#child = child;
    this.#socket = socket;
    socket.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('mpv is gone'));
      this.#waiting.clear();
    });
  }

  static async start(): Promise<CastMpv> {
    const dir = await mkdtemp(join(tmpdir(), 'tutti-cast-'));
    const path = join(dir, 'mpv.sock');
    const child = spawn(
      'mpv',
      [
        '--no-config',
        '--load-scripts=no',
        '--idle=yes',
        '--no-video',
        '--no-terminal',
        '--really-quiet',
        '--ao=null',
        '--gapless-audio=yes',
        '--prefetch-playlist=yes',
        `--input-ipc-server=${path}`,
      ],
      { stdio: 'ignore', cwd: '/' },
    );
    const failed = new Promise<never>((_, reject) =>
      child.once('error', (cause) => reject(new Error('mpv is needed: apt install mpv', { cause }))),
    );
    try {
      return new CastMpv(dir, child, await Promise.race([reach(path), failed]));
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  /** Resolves with mpv's answer; rejects with mpv's complaint. */
  command(...command: unknown[]): Promise<unknown> {
    const request_id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Error('mpv is gone'));
      this.#waiting.set(request_id, { resolve, reject });
      this.#socket.write(`${JSON.stringify({ command, request_id })}\n`);
    });
  }

  /** A number, or undefined while mpv has none. */
  async number(property: string): Promise<number | undefined> {
    const value = await this.command('get_property', property).catch(() => undefined);
    return typeof value === 'number' ? value : undefined;
  }

  async close(): Promise<void> {
    const gone =
      this.#child.exitCode === null && this.#child.signalCode === null
        ? new Promise((resolve) => this.#child.once('exit', resolve))
        : undefined;
    this.#child.kill('SIGKILL');
    await gone;
    this.#socket.destroy();
    await rm(this.#dir, { recursive: true, force: true });
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#take(Line.parse(JSON.parse(line)));
  }

  #take(line: MpvLine): void {
    if (line.event !== undefined) return this.onEvent(line);
    const waiting = this.#waiting.get(line.request_id ?? 0);
    this.#waiting.delete(line.request_id ?? 0);
    if (line.error === 'success') waiting?.resolve(line.data);
    else waiting?.reject(new Error(`mpv: ${line.error ?? 'no answer'}`));
  }
}

async function reach(path: string): Promise<Socket> {
  const end = performance.now() + START_MS;
  for (;;) {
    const socket = connect(path);
    const reached = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    if (reached) return socket;
    if (performance.now() > end) throw new Error('mpv does not open its socket');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
