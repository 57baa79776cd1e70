import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';

const Line = z.object({ command: z.array(z.unknown()).min(1), request_id: z.int() });

/** What the fake does with a request: an answer's fields, or bytes of its own making, or nothing. */
export type Answer = { readonly data?: unknown; readonly error?: string } | 'nothing' | Buffer;

/** Speaks mpv's JSON IPC on a real unix socket, and misbehaves as told. */
export class FakeMpv {
  /** Every command that arrived, in order. */
  readonly commands: (readonly unknown[])[] = [];
  /** Replaced by a test to misbehave; called for each command. */
  answer: (command: readonly unknown[]) => Answer = () => ({});
  #server: Server;
  #sockets = new Set<Socket>();

  private constructor(
    readonly dir: string,
    readonly socket: string,
  ) {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** `socketIn` says where it listens, in a private folder of its own. */
  static async start(socketIn = (dir: string): string => join(dir, 'mpv.sock')): Promise<FakeMpv> {
    const dir = await mkdtemp(join(tmpdir(), 'tutti-fake-mpv-'));
    await chmod(dir, 0o700);
    const fake = new FakeMpv(dir, socketIn(dir));
    await new Promise<void>((resolve) => fake.#server.listen(fake.socket, resolve));
    return fake;
  }

  /** Sends bytes to every client as they are: events, halves of lines, garbage. */
  send(bytes: string | Buffer): void {
    for (const socket of this.#sockets) socket.write(bytes);
  }

  event(fields: Readonly<Record<string, unknown>>): void {
    this.send(`${JSON.stringify(fields)}\n`);
  }

  /** Drops every client at once, after what was written. */
  drop(): void {
    for (const socket of this.#sockets) socket.end();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.dir, { recursive: true, force: true });
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#take(socket, line);
    });
  }

  #take(socket: Socket, line: string): void {
    const { command, request_id } = Line.parse(JSON.parse(line));
    this.commands.push(command);
    const answer = this.answer(command);
    if (answer === 'nothing') return;
    if (Buffer.isBuffer(answer)) socket.write(answer);
    else socket.write(`${JSON.stringify({ error: 'success', ...answer, request_id })}\n`);
  }
}
