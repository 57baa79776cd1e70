import type { Server } from 'node:http';
import { randomId, type Clock, type Logger, type Timer } from '../../base/index.js';
import type { Entrance } from '../../people/index.js';
import { CLOSE, PROTOCOL, type Hello, type TopicEvent } from '../../protocol/index.js';
import type { Feed } from '../../state/index.js';
import type { RunCommand } from '../commands.js';
import type { Gate } from '../gate.js';
import { JobStreams } from '../job-stream.js';
import type { ServerLimits } from '../limits.js';
import type { ServerParts } from '../parts.js';
import type { Proxies } from '../proxies.js';
import type { TopicReader } from '../topic-routes.js';
import { Client } from './client.js';
import { clientRows, type ClientRow } from './client-rows.js';
import { FanOut } from './fan-out.js';
import { countClients, type HubMeasurements } from './figures.js';
import { textFrame } from './frames.js';
import { welcomeToJob } from './job-arrival.js';
import { Memories } from './memories.js';
import { presenceOf, type Presence } from './presence.js';
import { Present } from './present.js';
import { Session } from './session.js';
import { Upgrades, type Arrival } from './upgrades.js';

const SWEEP_MS = 5_000;
/** How long clients have to answer the close frame of a server that stops. */
const GOODBYE_MS = 500;
const RETRY_AFTER_STOP_MS = 2_000;

/** Sessions do not end for want of use while their connections are open. */
const SEEN_MS = 3_600_000;

export interface HubParts {
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly feed: Feed;
  readonly gate: Gate;
  readonly proxies: Proxies;
  readonly door: Entrance;
  readonly limits: ServerLimits;
  readonly run: RunCommand;
  readonly resume?: ServerParts['resume'];
  /** A connection is over. */
  readonly left: (connectionId: string) => void;
}

/** Every WebSocket client: lets them in, greets them, keeps them alive, says goodbye. */
export class Hub {
  readonly #parts: HubParts;
  readonly #fanOut: FanOut;
  readonly #present: Present;
  readonly #upgrades: Upgrades;
  readonly #memories: Memories;
  readonly #streams: JobStreams;
  readonly #timers: readonly Timer[];
  readonly #stopBreaks: (() => void) | undefined;
  #announced = false;
  #closing = false;
  #allGone: (() => void) | undefined;

  constructor(parts: HubParts) {
    this.#parts = parts;
    this.#fanOut = new FanOut(parts.feed, parts.clock);
    this.#present = new Present(parts.door);
    this.#upgrades = new Upgrades({
      ...parts,
      present: this.#present,
      welcome: (arrival) => this.#welcome(arrival),
    });
    this.#memories = new Memories(parts.clock);
    this.#streams = new JobStreams({ ...parts, heartbeatMs: parts.limits.heartbeatMs });
    this.#timers = [
      parts.clock.every(parts.limits.heartbeatMs, () => this.#heartbeat()),
      parts.clock.every(SEEN_MS, () => this.#seen()),
      parts.clock.every(SWEEP_MS, () => {
        const mark = this.#fanOut.nextMark();
        this.#memories.sweep();
        for (const client of this.#fanOut.clients) client.sweep(mark);
      }),
    ];
    // What `hello` said of the server life is not true any more: everybody comes in anew, and hears what is.
    this.#stopBreaks = parts.feed.onBreak?.((kind) => {
      if (kind !== 'life') return;
      const data = { reason: 'the server has restarted', retry_after_ms: 0 };
      this.#tell({ type: 'server:restarting', data });
      this.#fanOut.flush();
      for (const client of this.#fanOut.clients) client.close(CLOSE.restarting, 'another server life');
    });
  }

  get connections(): number {
    return this.#fanOut.clients.size;
  }

  /** WebSocket clients that have not signed in. */
  get anonymous(): number {
    return this.#upgrades.anonymous;
  }

  get sent(): { readonly writes: number; readonly bytes: number } {
    return this.#fanOut.sent;
  }

  /** The hub in numbers, for /metrics. */
  measurements(): HubMeasurements {
    const { clients, figures, answers, kept } = this.#fanOut;
    const { anonymous, refusals } = this.#upgrades;
    return { ...countClients(clients), figures, answers, kept, anonymous, refusals };
  }

  /** Every connection, for who manages the house. */
  clients(): ClientRow[] {
    return clientRows(this.#fanOut.clients);
  }

  /** Whether clients are written to in time. */
  get dueUs(): number {
    return this.#fanOut.dueUs;
  }

  /** For who reads topics by other ways than a connection. */
  get topics(): TopicReader {
    const { feed } = this.#parts;
    return { epoch: () => feed.epoch, read: (topic, left) => this.#fanOut.read(topic, left) };
  }

  /** Who is connected here. */
  presence(): Presence[] {
    return presenceOf(this.#fanOut.clients);
  }

  attach(server: Server): void {
    server.on('upgrade', (request, stream, head) => this.#upgrades.upgrade(request, stream, head));
  }

  #welcome(arrival: Arrival): void {
    if (arrival.jobId !== undefined) {
      welcomeToJob(arrival.jobId, arrival, {
        ...this.#parts,
        present: this.#present,
        streams: this.#streams,
      });
      return;
    }
    const { ws, socket, address, place, identity } = arrival;
    const { clock, run, door, limits } = this.#parts;
    const id = randomId();
    const log = this.#parts.log.child({ connection_id: id });
    const fanOut = this.#fanOut;
    const client = new Client({
      id,
      address,
      ws,
      socket,
      clock,
      limits,
      signedIn: door.mode === 'required',
      wake: (who) => fanOut.wake(who),
    });
    const session = new Session({
      client,
      fanOut,
      run,
      clock,
      log,
      door,
      limits,
      place,
      present: this.#present,
      identity,
      memories: this.#memories,
      resume: this.#parts.resume,
    });
    ws.on('message', (bytes, isBinary) => session.receive(bytes as Buffer, isBinary));
    ws.on('pong', (payload) => client.ponged(payload.toString('latin1')));
    ws.on('ping', () => client.heard());
    ws.on('error', (err) => {
      client.broken();
      log.debug({ code: (err as NodeJS.ErrnoException).code }, 'websocket broken');
    });
    ws.once('close', (code) => {
      fanOut.leave(client);
      session.closed();
      this.#parts.left(id);
      log.debug({ code }, 'client left');
      if (fanOut.clients.size === 0) this.#allGone?.();
    });
    fanOut.join(client);
    log.debug({ address }, 'client came');
    client.replyNow(() => textFrame(JSON.stringify(this.#hello(id, session))));
    if (arrival.refusal !== undefined) session.turnAway(arrival.refusal);
  }

  #hello(connection_id: string, { you }: Session): Hello {
    const { clock, version, feed, door } = this.#parts;
    return {
      type: 'hello',
      server: 'tutti',
      version,
      protocol: PROTOCOL,
      epoch: feed.epoch,
      server_time_us: clock.nowUs(),
      connection_id,
      auth: door.mode,
      ...(you && { you }),
    };
  }

  announce(reason: string, retryAfterMs: number): void {
    this.#announced = true;
    this.#tell({ type: 'server:restarting', data: { reason, retry_after_ms: retryAfterMs } });
    this.#fanOut.flush();
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#upgrades.close();
    for (const timer of this.#timers) timer.cancel();
    this.#stopBreaks?.();
    if (!this.#announced) this.announce('the server stops', RETRY_AFTER_STOP_MS);
    for (const client of this.#fanOut.clients) client.close(CLOSE.restarting, 'restarting');
    await Promise.all([this.#streams.close(), this.#fanOut.clients.size > 0 && this.#goodbyes()]);
    for (const client of this.#fanOut.clients) client.terminate();
    this.#fanOut.close();
    this.#present.close();
  }

  async #goodbyes(): Promise<void> {
    let timer: Timer | undefined;
    await new Promise<void>((resolve) => {
      this.#allGone = resolve;
      timer = this.#parts.clock.after(GOODBYE_MS, resolve);
    });
    timer?.cancel();
  }

  #seen(): void {
    const sessions = this.#present.sessionIds;
    if (sessions.length === 0 || this.#parts.door.mode === 'open') return;
    this.#parts.door.seen(sessions).catch((err: unknown) => {
      this.#parts.log.warn({ err }, 'who is connected could not be told');
    });
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
