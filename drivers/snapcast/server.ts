import { createHash } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { AppError, deferred, slug, toError, type Clock, type Logger } from '../../src/base/index.js';
import type { Found, LinkContext } from '../../src/players/index.js';
import { announce, type Announcement } from './announce.js';
import { Connection } from './connection.js';
import { Feeds } from './feeds.js';
import { SnapLink, type StreamServer } from './link.js';
import { FIRST_LEVEL } from './memory.js';
import type { Codec } from './sound-format.js';
import type { Hello, ServerSettings } from './wire.js';

/** Snapclients at once, and in one life of the server: whoever is on the network may connect, but not fill the house with names. */
const MAX_CONNECTIONS = 64;
const MAX_CLIENTS = 128;
/** A client that has said nothing for so long gives way to another one of the same name. */
const QUIET_US = 3e6;
/** So long a link waits for its client; the supervisor then tries again. */
const WAIT_MS = 6000;
/** While anybody plays, what is decoded is looked after so often. */
const LOOK_US = 50_000;

export interface SnapServerOptions {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** From a chunk's timestamp until it is heard: how long a network may falter, and how early sound is sent. 100-2000. */
  readonly buffer_ms: number;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly log: Logger;
  /** Announce the server by mDNS, so that snapclients find it by themselves. */
  readonly announce?: boolean;
  /** A client has said Hello: what discovery would say about it. Again each time it connects. */
  readonly onClient?: (found: Found) => void;
  /** ffmpeg by default. */
  readonly decoder?: string;
}

/** The stream server that snapclients connect to; every client becomes a player through the driver that is bound to it. */
export class SnapServer implements StreamServer {
  readonly codec: Codec;
  readonly bufferMs: number;
  readonly feeds: Feeds;
  #options: SnapServerOptions;
  #server: Server;
  #announcement: Announcement | undefined;
  #connections = new Set<Connection>();
  #clients = new Map<string, Connection>();
  #known = new Set<string>();
  #links = new Map<Connection, SnapLink>();
  #waiting = new Map<string, Set<(connection: Connection) => void>>();
  #lookedUs = -Infinity;

  constructor(options: SnapServerOptions) {
    const { clock, log, codec, buffer_ms: bufferMs, decoder } = options;
    this.#options = options;
    this.codec = codec;
    this.bufferMs = bufferMs;
    this.feeds = new Feeds({
      clock,
      log,
      codec,
      bufferMs,
      ...(decoder !== undefined && { program: decoder }),
    });
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  played(): void {
    const now = this.#options.clock.nowUs();
    if (now - this.#lookedUs < LOOK_US) return;
    this.#lookedUs = now;
    const latencies = [...this.#links.values()].map((link) => link.latencyMs);
    this.feeds.tick(now, Math.max(0, ...latencies));
  }

  /** The port it listens on. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  async listen(): Promise<void> {
    const { host, port, log, clock } = this.#options;
    const listening = deferred<void>();
    this.#server.once('error', (cause) =>
      listening.reject(
        new AppError('ERR_CONFLICT', `snapclients cannot connect: ${host}:${port} cannot be listened on`, {
          cause,
        }),
      ),
    );
    this.#server.listen({ host, port }, () => listening.resolve());
    await listening.promise;
    this.#server.on('error', (error) => log.warn({ error: error.message }, 'snapclients cannot connect'));
    if (this.#options.announce === true) this.#announcement = announce(this.port, { clock, log });
  }

  /** The client of this name, now or when it comes. */
  async link(clientId: string, context: LinkContext, signal: AbortSignal): Promise<SnapLink> {
    signal.throwIfAborted();
    const connection = this.#clients.get(clientId) ?? (await this.#coming(clientId, signal));
    signal.throwIfAborted();
    this.#links.get(connection)?.end(new Error('another link has taken this snapclient'));
    const link = new SnapLink(this, connection, context);
    this.#links.set(connection, link);
    return link;
  }

  unlink(link: SnapLink): void {
    for (const [connection, other] of this.#links) if (other === link) this.#links.delete(connection);
  }

  async close(): Promise<void> {
    await this.#announcement?.close();
    const closed = deferred<void>();
    this.#server.close(() => closed.resolve());
    for (const connection of this.#connections) connection.end(new Error('the server is closing'));
    this.feeds.close();
    await closed.promise;
  }

  #accept(socket: Socket): void {
    const { clock, log } = this.#options;
    const connection = new Connection({
      socket,
      clock,
      log,
      onHello: (hello, from) => this.#greet(hello, from),
    });
    this.#connections.add(connection);
    void connection.closed.then((reason) => {
      this.#connections.delete(connection);
      const id = connection.hello?.ID;
      if (id === undefined || this.#clients.get(id) !== connection) return;
      this.#clients.delete(id);
      log.info({ client_id: id, reason: reason.message }, 'snapclient gone');
    });
  }

  /** Two clients of one name: the newer is the older one come back, unless that one is still alive somewhere else. */
  #greet(hello: Hello, connection: Connection): ServerSettings {
    const { ID: id } = hello;
    const { log, onClient } = this.#options;
    const before = this.#clients.get(id);
    if (before && before.address !== connection.address && before.silentUs() < QUIET_US)
      throw new AppError(
        'ERR_CONFLICT',
        `a snapclient named ${JSON.stringify(id)} is connected from elsewhere`,
      );
    if (!this.#known.has(id) && this.#known.size >= MAX_CLIENTS)
      throw new AppError('ERR_BUSY', 'too many snapclients have connected');
    before?.end(new Error('the snapclient has connected again'));
    this.#known.add(id);
    this.#clients.set(id, connection);
    log.info({ client_id: id, address: connection.address, version: hello.Version }, 'snapclient connected');
    queueMicrotask(() => {
      if (connection.over) return;
      onClient?.(foundOf(hello));
      for (const come of this.#waiting.get(id) ?? []) come(connection);
    });
    return {
      bufferMs: this.bufferMs,
      latency: 0,
      muted: FIRST_LEVEL.muted,
      volume: FIRST_LEVEL.volume * 100,
    };
  }

  async #coming(clientId: string, signal: AbortSignal): Promise<Connection> {
    const come = deferred<Connection>();
    const arrive = (connection: Connection): void => come.resolve(connection);
    const waiting = this.#waiting.get(clientId) ?? new Set();
    this.#waiting.set(clientId, waiting.add(arrive));
    const stop = (): void => come.reject(toError(signal.reason));
    signal.addEventListener('abort', stop, { once: true });
    const timer = this.#options.clock.after(WAIT_MS, () =>
      come.reject(new AppError('ERR_PLAYER_OFFLINE', 'this snapclient has not connected')),
    );
    try {
      return await come.promise;
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', stop);
      waiting.delete(arrive);
      if (waiting.size === 0) this.#waiting.delete(clientId);
    }
  }
}

/** Listens, or rejects with ERR_CONFLICT when the port is taken. */
export async function startSnapServer(options: SnapServerOptions): Promise<SnapServer> {
  const server = new SnapServer(options);
  try {
    await server.listen();
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** The same player after every restart. What a client says about itself is text from the network. */
export function foundOf({ ID: id, HostName: host, Instance: instance = 1 }: Hello): Found {
  const plain = slug(id);
  const faithful = plain === id.toLowerCase().replace(/:/g, '-') && id === id.toLowerCase();
  const mark = faithful ? '' : `-${createHash('sha256').update(id).digest('hex').slice(0, 8)}`;
  const named =
    (host ?? '')
      .replace(/\p{Cc}/gu, ' ')
      .trim()
      .slice(0, 100) || 'Snapclient';
  return {
    key: `snapcast-${plain}${mark}`,
    name: instance > 1 ? `${named} ${instance}` : named,
    options: { client_id: id },
  };
}
