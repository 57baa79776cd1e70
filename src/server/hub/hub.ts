import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Socket } from 'node:net';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';
import { AppError, randomId, type Clock, type Logger, type Timer } from '../../base/index.js';
import { CLOSE, ERRORS, PROTOCOL, type Hello, type TopicEvent } from '../../protocol/index.js';
import type { Feed } from '../../state/index.js';
import type { RunCommand } from '../commands.js';
import type { Gate } from '../gate.js';
import type { ServerLimits } from '../parts.js';
import { wireError } from '../wire-errors.js';
import { Admission } from './admission.js';
import { Client } from './client.js';
import { FanOut } from './fan-out.js';
import { textFrame } from './frames.js';
import { Memories } from './memories.js';
import { Session } from './session.js';

const HEARTBEAT_MS = 30_000;
const SWEEP_MS = 5_000;
/** How long clients have to answer the close frame of a server that stops. */
const GOODBYE_MS = 500;
const RETRY_AFTER_STOP_MS = 2_000;

/** ws defaults allow 100 MiB messages and 131,072 fragments; none of ours needs more than this. [EN6] */
const WS_OPTIONS: ServerOptions & { readonly closeTimeout: number } = {
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: 65_536,
  maxFragments: 64,
  maxBufferedChunks: 1024,
  closeTimeout: 3_000,
  allowSynchronousEvents: true,
  autoPong: true,
  skipUTF8Validation: false,
};

export interface HubParts {
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly feed: Feed;
  readonly gate: Gate;
  readonly limits: ServerLimits;
  readonly run: RunCommand;
  /** A connection is over. */
  readonly left: (connectionId: string) => void;
}

/** Every WebSocket client: lets them in, greets them, keeps them alive, says goodbye. */
export class Hub {
  readonly #parts: HubParts;
  readonly #wss = new WebSocketServer(WS_OPTIONS);
  readonly #fanOut: FanOut;
  readonly #admission: Admission;
  readonly #memories: Memories;
  readonly #timers: readonly Timer[];
  #announced = false;
  #closing = false;
  #allGone: (() => void) | undefined;

  constructor(parts: HubParts) {
    this.#parts = parts;
    this.#fanOut = new FanOut(parts.feed, parts.clock);
    this.#admission = new Admission(parts.limits);
    this.#memories = new Memories(parts.clock);
    this.#timers = [
      parts.clock.every(HEARTBEAT_MS, () => this.#heartbeat()),
      parts.clock.every(SWEEP_MS, () => {
        const mark = this.#fanOut.nextMark();
        this.#memories.sweep();
        for (const client of this.#fanOut.clients) client.sweep(mark);
      }),
    ];
  }

  get connections(): number {
    return this.#fanOut.clients.size;
  }

  get sent(): { readonly writes: number; readonly bytes: number } {
    return this.#fanOut.sent;
  }

  attach(server: Server): void {
    server.on('upgrade', (request, stream, head) => this.#upgrade(request, stream, head));
  }

  /** All checks come before the 101, so that a refused page learns nothing and costs nothing. [GT3] */
  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on('error', () => stream.destroy());
    let leave: (() => void) | undefined;
    try {
      if (!(stream instanceof Socket)) throw new AppError('ERR_BAD_MESSAGE', 'This is no network connection');
      const socket = stream;
      const authority = this.#parts.gate.host(request);
      if (request.url?.split('?', 1)[0] !== '/ws')
        throw new AppError('ERR_NOT_FOUND', 'WebSockets are at /ws');
      this.#parts.gate.origin(request, authority);
      if (this.#closing) throw new AppError('ERR_BUSY', 'The server is stopping');
      const address = socket.remoteAddress ?? 'unknown';
      leave = this.#admission.enter(address);
      socket.once('close', leave);
      this.#wss.handleUpgrade(request, socket, head, (ws) => this.#welcome(ws, socket, address));
    } catch (thrown) {
      leave?.();
      this.#refuse(stream, thrown);
    }
  }

  #refuse(stream: Duplex, thrown: unknown): void {
    const error = wireError(thrown, this.#parts.log, 'upgrade');
    this.#parts.log.debug({ code: error.code }, 'websocket refused');
    const body = JSON.stringify({ error });
    const { status } = ERRORS[error.code];
    stream.once('finish', () => stream.destroy());
    stream.end(
      `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
        `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  }

  #welcome(ws: WebSocket, socket: Socket, address: string): void {
    const { clock, run, version, feed } = this.#parts;
    const id = randomId();
    const log = this.#parts.log.child({ connection_id: id });
    const fanOut = this.#fanOut;
    const client = new Client({ id, address, ws, socket, clock, wake: (who) => fanOut.wake(who) });
    const session = new Session({
      client,
      fanOut,
      run,
      clock,
      log,
      phase: { phase: 'signed_in', role: 'admin' },
      memories: this.#memories,
    });
    ws.on('message', (bytes, isBinary) => session.receive(bytes as Buffer, isBinary));
    ws.on('pong', (payload) => client.ponged(payload.toString('latin1')));
    ws.on('ping', () => client.heard());
    ws.on('error', (err) => log.debug({ err }, 'websocket broken'));
    ws.once('close', (code) => {
      fanOut.leave(client);
      session.closed();
      this.#parts.left(id);
      log.debug({ code }, 'client left');
      if (fanOut.clients.size === 0) this.#allGone?.();
    });
    fanOut.join(client);
    log.debug({ address }, 'client came');
    const hello: Hello = {
      type: 'hello',
      server: 'tutti',
      version,
      protocol: PROTOCOL,
      epoch: feed.epoch,
      server_time_us: clock.nowUs(),
      connection_id: id,
      auth: 'open',
    };
    client.reply(textFrame(JSON.stringify(hello)));
  }

  announce(reason: string, retryAfterMs: number): void {
    this.#announced = true;
    this.#tell({ type: 'server:restarting', data: { reason, retry_after_ms: retryAfterMs } });
    this.#fanOut.flush();
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    for (const timer of this.#timers) timer.cancel();
    if (!this.#announced) this.announce('the server stops', RETRY_AFTER_STOP_MS);
    for (const client of this.#fanOut.clients) client.close(CLOSE.restarting, 'restarting');
    if (this.#fanOut.clients.size > 0) await this.#goodbyes();
    for (const client of this.#fanOut.clients) client.terminate();
    this.#fanOut.close();
    this.#wss.close();
  }

  async #goodbyes(): Promise<void> {
    let timer: Timer | undefined;
    await new Promise<void>((resolve) => {
      this.#allGone = resolve;
      timer = this.#parts.clock.after(GOODBYE_MS, resolve);
    });
    timer?.cancel();
  }

  #heartbeat(): void {
    const timestamp = new Date(this.#parts.clock.wallMs()).toISOString();
    this.#tell({ type: 'heartbeat', data: { timestamp } });
  }

  /** Events about the server itself go to every client on topic `system`. [TP2] */
  #tell(
    event: Pick<Extract<TopicEvent, { type: 'heartbeat' | 'server:restarting' }>, 'type' | 'data'>,
  ): void {
    const revision = this.#parts.feed.snapshot('system')?.revision ?? 0;
    this.#fanOut.tellEverybody({ ...event, topic: 'system', revision } as TopicEvent);
  }
}
