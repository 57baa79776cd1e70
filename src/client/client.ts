import {
  PROTOCOL,
  type CommandInput,
  type CommandReply,
  type CommandType,
  type EventFrame,
  type Hello,
  type TopicEvent,
} from '../protocol/index.js';
import { ClockFilter } from '../sync/index.js';
import { ClientError, disconnected } from './client-error.js';
import { PendingCommands } from './commands.js';
import { readEvent, type ServerFrame, type SessionFrame } from './frames.js';
import { Link, type Lost } from './link.js';
import { applyEvent, applySnapshot, dropTopic, EMPTY_MIRROR, type Mirror } from './mirror.js';
import {
  defaultClock,
  defaultRandom,
  defaultSocket,
  type ClientClock,
  type SocketConstructor,
} from './socket.js';
import { Subscriptions } from './subscriptions.js';

const CLOCK_QUICK_MS = 250;
const CLOCK_QUICK_COUNT = 4;
const CLOCK_EVERY_MS = 15_000;

export interface ClientOptions {
  /** `ws://host:8080/ws`. */
  readonly url: string;
  /** Default: the platform's. Node 20 has none: pass that of the package ws. */
  readonly WebSocket?: SocketConstructor;
  /** Subscribed at once and again after each reconnect. */
  readonly topics?: readonly string[];
  readonly clock?: ClientClock;
  /** How often clocks are compared after the first second. Default 15 s; who keeps time to the server's clock wants more. */
  readonly clockEveryMs?: number;
  /** 0..1, for the jitter of reconnects. */
  readonly random?: () => number;
  /** Told what could not be understood; for a log. */
  readonly onProblem?: (problem: string) => void;
}

/**
 * `connecting`: nothing was heard yet. `live`: the mirror is what the server says. `stale`: the connection is lost and being renewed;
 * the mirror is as of `heard_at_ms`. `offline`: renewing it has failed at least once, or `problem` says why it is not tried again.
 */
export interface Connection {
  readonly state: 'connecting' | 'live' | 'stale' | 'offline';
  /** Wall clock, milliseconds: when the mirror was last known to be right. Absent before the first time. */
  readonly heard_at_ms?: number;
  /** `refused`: the server does not want us. `version`: it speaks a protocol that this client is too old for. */
  readonly problem?: 'refused' | 'version';
}

export interface TuttiClient {
  /** Of the current or the last connection. */
  readonly hello: Hello | undefined;
  readonly connection: Connection;
  readonly mirror: Mirror;
  /** Resolves with the reply. Rejects with a ClientError: what the server said, or that it did not say anything. */
  send<T extends CommandType>(
    type: T,
    data: CommandInput<T>,
    options?: { timeout_ms?: number },
  ): Promise<CommandReply<T>>;
  /** Resolves when the snapshots are in the mirror. Rejects when a topic does not exist; that topic is then not wanted any more. */
  subscribe(topics: readonly string[]): Promise<void>;
  unsubscribe(topics: readonly string[]): void;
  /** After each change of the mirror. Returns how to stop. */
  onChange(listener: (mirror: Mirror) => void): () => void;
  onConnection(listener: (connection: Connection) => void): () => void;
  /** Every valid event, after it reached the mirror: for what is told once (toasts, library updates). */
  onEvent(listener: (event: TopicEvent) => void): () => void;
  /** Resolves when live. Rejects when the server refuses us, or on close(). */
  ready(): Promise<Hello>;
  /** The server's monotonic clock now, microseconds; NaN before `hello`. */
  serverNowUs(): number;
  /** Compares clocks at least this often, for who keeps time; returns how to stop. */
  watchClock(everyMs: number): () => void;
  /** Call when the machine woke up, came online or the page is shown again. */
  wake(): void;
  close(): void;
}

/** A client of a Tutti server: reconnects for ever, keeps a mirror of what it subscribed to. */
export function connect(options: ClientOptions): TuttiClient {
  return new Client(options);
}

class Listeners<T> {
  readonly #listeners = new Set<(value: T) => void>();
  add(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
  tell(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }
}

class Client implements TuttiClient {
  hello: Hello | undefined;
  connection: Connection = { state: 'connecting' };
  mirror: Mirror = EMPTY_MIRROR;

  readonly #clock: ClientClock;
  readonly #clockEveryMs: number;
  readonly #clockWatchers = new Set<{ readonly everyMs: number }>();
  readonly #problem: (problem: string) => void;
  readonly #link: Link;
  readonly #commands: PendingCommands;
  readonly #subscriptions: Subscriptions;
  readonly #clockFilter = new ClockFilter();
  readonly #changed = new Listeners<Mirror>();
  readonly #connected = new Listeners<Connection>();
  readonly #events = new Listeners<TopicEvent>();
  #clockTimer: { cancel(): void } | undefined;
  #clockCount = 0;
  /** Server clock minus ours, until an exchange says better. */
  #roughOffsetUs = Number.NaN;
  #readyWaiters: { resolve(hello: Hello): void; reject(error: ClientError): void }[] = [];
  #closed = false;

  constructor(options: ClientOptions) {
    this.#clock = options.clock ?? defaultClock;
    this.#clockEveryMs = options.clockEveryMs ?? CLOCK_EVERY_MS;
    this.#problem = options.onProblem ?? (() => undefined);
    const random = options.random ?? defaultRandom;
    // Ids are the key of idempotence on the server: they must differ from those of every other client.
    const prefix = Math.floor(random() * 36 ** 8).toString(36);
    let count = 0;
    const nextId = (): string => `${prefix}-${++count}`;
    const transmit = (frame: object): boolean => this.#link.send(frame);
    this.#commands = new PendingCommands(this.#clock, nextId, transmit);
    this.#subscriptions = new Subscriptions(this.#clock, nextId, transmit);
    const WebSocket = options.WebSocket ?? defaultSocket();
    this.#link = new Link(
      { url: options.url, WebSocket, clock: this.#clock, random },
      {
        onHello: (hello) => this.#onHello(hello),
        onFrame: (frame) => this.#onFrame(frame),
        onLost: (lost) => this.#onLost(lost),
      },
    );
    for (const topic of options.topics ?? []) this.#subscriptions.want(topic).catch(() => undefined);
  }

  send<T extends CommandType>(
    type: T,
    data: CommandInput<T>,
    options: { timeout_ms?: number } = {},
  ): Promise<CommandReply<T>> {
    return this.#commands.send(type, data, options.timeout_ms);
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    await Promise.all(topics.map((topic) => this.#subscriptions.want(topic)));
  }

  unsubscribe(topics: readonly string[]): void {
    const dropped = topics.filter((topic) => this.#subscriptions.drop(topic));
    if (dropped.length > 0) this.#setMirror(dropped.reduce(dropTopic, this.mirror));
    this.#settle();
  }

  onChange(listener: (mirror: Mirror) => void): () => void {
    return this.#changed.add(listener);
  }

  onConnection(listener: (connection: Connection) => void): () => void {
    return this.#connected.add(listener);
  }

  onEvent(listener: (event: TopicEvent) => void): () => void {
    return this.#events.add(listener);
  }

  ready(): Promise<Hello> {
    if (this.connection.state === 'live' && this.hello) return Promise.resolve(this.hello);
    if (this.#closed || this.connection.problem) return Promise.reject(disconnected());
    return new Promise((resolve, reject) => this.#readyWaiters.push({ resolve, reject }));
  }

  serverNowUs(): number {
    const now = this.#clock.nowUs();
    return now + (this.#clockFilter.estimate(now)?.offset_us ?? this.#roughOffsetUs);
  }

  watchClock(everyMs: number): () => void {
    const watcher = { everyMs };
    this.#clockWatchers.add(watcher);
    this.#startClock();
    return () => void this.#clockWatchers.delete(watcher);
  }

  wake(): void {
    this.#link.wake();
    // A monotonic clock may have stood still while the machine slept.
    this.#clockFilter.clear();
    this.#startClock();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#link.close();
    this.#clockTimer?.cancel();
    this.#commands.rejectAll();
    this.#subscriptions.close();
    this.#rejectReady();
    this.#setConnection({ ...this.connection, state: 'offline' });
  }

  #onHello(hello: Hello): void {
    // The clock of the same server life runs on: what is known of it stays true.
    if (this.hello?.epoch !== hello.epoch) this.#clockFilter.clear();
    this.hello = hello;
    this.#roughOffsetUs = hello.server_time_us - this.#clock.nowUs();
    if (hello.protocol.min > PROTOCOL.current) return this.#refuse('version');
    this.#startClock();
    this.#subscriptions.renew();
    this.#settle();
  }

  #onLost({ failures, silentMs, final }: Lost): void {
    this.#clockTimer?.cancel();
    this.#commands.rejectAll();
    if (final) return this.#refuse('refused');
    if (this.connection.state === 'live')
      this.#setConnection({ state: 'stale', heard_at_ms: this.#clock.wallMs() - silentMs });
    else if (failures > 0) this.#setConnection({ ...this.connection, state: 'offline' });
  }

  #refuse(problem: 'refused' | 'version'): void {
    this.#link.close();
    this.#clockTimer?.cancel();
    this.#setConnection({ ...this.connection, state: 'offline', problem });
    this.#rejectReady();
  }

  #onFrame(frame: ServerFrame): void {
    if (frame.kind === 'event') this.#onEventFrame(frame.frame);
    else if (frame.kind === 'session') this.#onSession(frame.frame);
    else if (frame.id === undefined || !this.#commands.error(frame.id, undefined))
      this.#problem('the server sent a frame that cannot be read');
  }

  #onSession(frame: SessionFrame): void {
    switch (frame.type) {
      case 'reply':
        this.#commands.reply(frame.id, frame.data);
        return;
      case 'error':
        return this.#onError(frame);
      case 'subscribed':
        return this.#onSubscribed(frame);
      case 'clock': {
        const { t0_us, t1_us, t2_us } = frame;
        return this.#clockFilter.add({ t0_us, t1_us, t2_us, t3_us: this.#clock.nowUs() });
      }
      case 'unsubscribed':
        return this.#onUnsubscribed(frame);
      case 'hello':
      case 'pong':
        return;
      default:
        frame satisfies never;
    }
  }

  #onError(frame: SessionFrame & { type: 'error' }): void {
    if (frame.id !== undefined && this.#commands.error(frame.id, frame.error)) return;
    const topic =
      frame.id === undefined
        ? undefined
        : this.#subscriptions.refused(frame.id, new ClientError(frame.error));
    if (topic === undefined) return this.#problem(`${frame.error.code}: ${frame.error.message}`);
    this.#setMirror(dropTopic(this.mirror, topic));
    this.#settle();
  }

  #onSubscribed(frame: SessionFrame & { type: 'subscribed' }): void {
    const { topic, revision } = frame;
    if (!this.#subscriptions.has(topic)) return;
    try {
      const mirror = applySnapshot(this.mirror, topic, revision, frame.snapshot ?? {});
      this.#subscriptions.answered(topic);
      this.#setMirror(mirror);
    } catch {
      this.#problem(`the snapshot of ${topic} cannot be read`);
      this.#subscriptions.answered(topic);
    }
    this.#settle();
  }

  /** Without an id the server says by itself that a topic is gone. [SB5] */
  #onUnsubscribed({ id, topic }: SessionFrame & { type: 'unsubscribed' }): void {
    if (id !== undefined || !this.#subscriptions.has(topic)) return;
    this.#subscriptions.gone(topic);
    this.#setMirror(dropTopic(this.mirror, topic));
    this.#settle();
  }

  #onEventFrame(frame: EventFrame): void {
    const { topic, revision } = frame;
    const read = readEvent(frame);
    if (typeof read !== 'string' && read.event.type === 'server:restarting')
      this.#link.expectRestart(read.event.data.retry_after_ms);
    const known = this.mirror.revisions[topic];
    if (known === undefined || !this.#subscriptions.has(topic)) return;
    if (read === 'later')
      return this.#setMirror({ ...this.mirror, revisions: { ...this.mirror.revisions, [topic]: revision } });
    if (read === 'broken') {
      this.#problem(`an event ${frame.type} of ${topic} cannot be read`);
      return this.#subscriptions.resync(topic);
    }
    if (read.state) {
      // Skipped revisions are normal on a slow line [BP2]; what is not newer was seen already.
      if (revision <= known) return;
      this.#setMirror(applyEvent(this.mirror, read.event));
    } else this.#setMirror(applyEvent(this.mirror, { ...read.event, revision: known }));
    this.#events.tell(read.event);
  }

  /** Live as soon as everything that is wanted has been answered. */
  #settle(): void {
    if (this.#closed || this.connection.problem || !this.hello || !this.#subscriptions.settled) return;
    if (!this.#link.greeted) return;
    if (this.connection.state !== 'live')
      this.#setConnection({ state: 'live', heard_at_ms: this.#clock.wallMs() });
    for (const waiter of this.#readyWaiters.splice(0)) waiter.resolve(this.hello);
  }

  /** Four quick exchanges, then one now and again: quartz drifts, and old samples lose their worth. */
  #startClock(): void {
    this.#clockCount = 0;
    this.#askClock();
  }

  #askClock(): void {
    this.#clockTimer?.cancel();
    if (!this.#link.send({ type: 'clock', data: { t0_us: this.#clock.nowUs() } })) return;
    const quick = ++this.#clockCount < CLOCK_QUICK_COUNT;
    const watched = [...this.#clockWatchers].map(({ everyMs }) => everyMs);
    const every = Math.min(this.#clockEveryMs, ...watched);
    const wait = quick ? Math.min(CLOCK_QUICK_MS, every) : every;
    this.#clockTimer = this.#clock.after(wait, () => this.#askClock());
  }

  #setMirror(mirror: Mirror): void {
    if (mirror === this.mirror) return;
    this.mirror = mirror;
    this.#changed.tell(mirror);
  }

  #setConnection(connection: Connection): void {
    this.connection = connection;
    this.#connected.tell(connection);
  }

  #rejectReady(): void {
    for (const waiter of this.#readyWaiters.splice(0)) waiter.reject(disconnected());
  }
}
