import { connect, type Socket } from 'node:net';
import { WebSocket, type ClientOptions } from 'ws';
import { AppError, silentLogger, systemClock } from '../../src/base/index.js';
import { COMMAND_TYPES, type Handlers, type WireError } from '../../src/protocol/index.js';
import {
  commandRunner,
  openDoor,
  startServer,
  type RunningServer,
  type ServerParts,
} from '../../src/server/index.js';
import { FakeFeed } from '../fakes/fake-feed.js';

const DEADLINE_MS = 8_000;

/** What any frame may have; which fields are there depends on the type. */
export interface AnyFrame {
  readonly type: string;
  readonly id?: string;
  readonly ok?: boolean;
  readonly topic: string;
  readonly revision: number;
  readonly timestamp: string;
  readonly connection_id: string;
  readonly protocol: unknown;
  readonly error: WireError;
  readonly data: Readonly<Record<string, unknown>>;
  readonly snapshot: Readonly<Record<string, unknown>>;
}

const MANY = { burst: 1e9, per_minute: 1e9 };
/** Rates are for the tests that are about them. */
export const UNHURRIED = { messages: MANY, bytes: MANY, commandsPerUser: MANY, costly: MANY } as const;

/** A server on an ephemeral port with a feed moved by hand; commands without a handler of the test are refused. */
export class World {
  readonly feed = new FakeFeed();
  readonly #peers: Peer[] = [];
  server!: RunningServer;

  static async start(
    overrides: Partial<Omit<ServerParts, 'config'>> & { config?: Partial<ServerParts['config']> } = {},
    handlers: Partial<Handlers> = {},
  ): Promise<World> {
    const world = new World();
    world.feed.put('system', { server: 'tutti', version: '0', notices: [] });
    world.feed.put('rooms', { rooms: [] });
    world.feed.put('toasts', {});
    const { config, limits, ...parts } = overrides;
    world.server = await startServer({
      config: {
        host: '127.0.0.1',
        port: 0,
        allowedHosts: ['music.example'],
        allowedOrigins: ['https://panel.example:8443'],
        webRoot: undefined,
        ...config,
      },
      version: '0.1.0',
      clock: systemClock,
      log: silentLogger,
      feed: world.feed,
      run: commandRunner(allHandlers(handlers), parts.log ?? silentLogger),
      door: openDoor,
      media: () => {
        throw new AppError('ERR_MEDIA_EXPIRED', 'No such media URL');
      },
      artwork: async () => undefined,
      limits: { ...UNHURRIED, ...limits },
      ...parts,
    });
    return world;
  }

  get port(): number {
    return this.server.port;
  }

  /** `query` follows the address of the WebSocket. */
  async peer({ query = '', ...options }: ClientOptions & { query?: string } = {}): Promise<Peer> {
    const peer = await Peer.connect(this.port, options, query);
    this.#peers.push(peer);
    return peer;
  }

  async stop(): Promise<void> {
    for (const peer of this.#peers) peer.ws.terminate();
    await this.server.close();
  }
}

export function allHandlers(handlers: Partial<Handlers>): Handlers {
  const refuse = (): never => {
    throw new AppError('ERR_NOT_SUPPORTED', 'not in this test');
  };
  return { ...Object.fromEntries(COMMAND_TYPES.map((type) => [type, refuse])), ...handlers } as Handlers;
}

/** A WebSocket client that keeps what it got and hands it out in order. */
export class Peer {
  readonly frames: AnyFrame[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  #cursor = 0;
  #wake: () => void = () => undefined;

  private constructor(readonly ws: WebSocket) {
    ws.on('message', (bytes: Buffer) => {
      this.frames.push(JSON.parse(bytes.toString()) as AnyFrame);
      this.#wake();
    });
    ws.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      ws.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  static async connect(port: number, options: ClientOptions, query = '', path = '/ws'): Promise<Peer> {
    const ws = new WebSocket(`ws://127.0.0.1:${port}${path}${query}`, options);
    const peer = new Peer(ws);
    await new Promise<void>((resolve, reject) => {
      ws.once('open', resolve);
      ws.once('error', reject);
    });
    return peer;
  }

  send(message: unknown): void {
    this.ws.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The next frame of a type, or one that a predicate takes; what came before it is passed over. */
  async next(wanted: string | ((frame: AnyFrame) => boolean)): Promise<AnyFrame> {
    const takes = typeof wanted === 'string' ? (frame: AnyFrame) => frame.type === wanted : wanted;
    let found: AnyFrame | undefined;
    await until(`frame ${String(wanted)}`, (wake) => {
      this.#wake = wake;
      while (!found && this.#cursor < this.frames.length) {
        const frame = this.frames[this.#cursor++]!;
        if (takes(frame)) found = frame;
      }
      return found !== undefined;
    });
    return found!;
  }

  /** Sends and waits for the frame with the same id. */
  async ask(message: { id: string; type: string; data?: unknown }): Promise<AnyFrame> {
    this.send(message);
    return this.next((frame) => frame.id === message.id);
  }

  /** Everything sent before has been handled and everything caused by it has arrived. */
  async settled(): Promise<void> {
    const id = `settled-${this.frames.length}-${Math.random()}`;
    this.send({ id, type: 'ping' });
    await this.next((frame) => frame.id === id);
  }
}

/** Waits for a named condition; `wake` may be called to look again sooner than the next 5 ms. */
export async function until(what: string, holds: (wake: () => void) => boolean): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  for (;;) {
    let wake: () => void = () => undefined;
    const woken = new Promise<void>((resolve) => (wake = resolve));
    if (holds(wake)) return;
    if (performance.now() > end) throw new Error(`waited ${DEADLINE_MS} ms for: ${what}`);
    await Promise.race([woken, new Promise((resolve) => setTimeout(resolve, 5))]);
  }
}

/** A bare TCP connection that keeps every byte. */
export async function rawSocket(
  port: number,
  host = '127.0.0.1',
): Promise<{ socket: Socket; text: () => string }> {
  const socket = connect(port, host);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return { socket, text: () => Buffer.concat(chunks).toString('latin1') };
}

/** Sends header lines as they are and gives back the status and the whole answer. */
export async function rawRequest(
  port: number,
  lines: readonly string[],
): Promise<{ status: number; text: string }> {
  const { socket, text } = await rawSocket(port);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  await until('an answer', () => text().includes('\r\n\r\n'));
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(text())?.[1]);
  socket.destroy();
  return { status, text: text() };
}

export const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];
