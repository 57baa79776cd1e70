import {
  PROTOCOL,
  type CommandInput,
  type CommandReply,
  type CommandType,
  type EventFrame,
  type Hello,
  type TopicEvent,
  type TopicsReply,
} from '../protocol/index.js';
import type { ClockEstimate } from '../sync/index.js';
import { ClientError, disconnected } from './client-error.js';
import { PendingCommands } from './commands.js';
import type { ClientOptions, Connection, TuttiClient } from './contract.js';
import { readEvent, type ServerFrame, type SessionFrame } from './frames.js';
import { Link, type Lost } from './link.js';
import { Listeners } from './listeners.js';
import { applyEvent, applySnapshot, dropTopic, EMPTY_MIRROR, type Mirror } from './mirror.js';
import { Polling } from './polling.js';
import { ServerClock } from './server-clock.js';
import {
  defaultClientId,
  defaultClock,
  defaultFetch,
  defaultRandom,
  defaultSocket,
  type ClientClock,
} from './socket.js';
import { Subscriptions } from './subscriptions.js';

/** After so many attempts without `hello` plain HTTP is tried beside them. */
const BLOCKED_AFTER = 2;

export type * from './contract.js';

/** A client of a Tutti server: reconnects for ever, keeps a mirror of what it subscribed to. */
export function connect(options: ClientOptions): TuttiClient {
  return new Client(options);
}

class Client implements TuttiClient {
  hello: Hello | undefined;
  connection: Connection = { state: 'connecting' };
  mirror: Mirror = EMPTY_MIRROR;

  readonly #options: ClientOptions;
  readonly #clock: ClientClock;
  readonly #problem: (problem: string) => void;
  readonly #link: Link;
  readonly #polling: Polling;
  readonly #commands: PendingCommands;
  readonly #subscriptions: Subscriptions;
  readonly #serverClock: ServerClock;
  readonly #clientId = defaultClientId();
  readonly #nextId: () => string;
  readonly #changed = new Listeners<Mirror>();
  readonly #connected = new Listeners<Connection>();
  readonly #events = new Listeners<TopicEvent>();
  readonly #readyWaiters: { resolve(hello: Hello): void; reject(error: ClientError): void }[] = [];
  /** What the server said last without being asked: why it closes, when it then does. */
  #said: string | undefined;
  /** Of the `auth` that waits for its answer. */
  #authId: string | undefined;
  #epoch: string | undefined;
  #closed = false;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#clock = options.clock ?? defaultClock;
    this.#problem = options.onProblem ?? (() => undefined);
    const random = options.random ?? defaultRandom;
    // Ids are the key of idempotence on the server: they must differ from those of every other client.
    const prefix = Math.floor(random() * 36 ** 8).toString(36);
    let count = 0;
    const nextId = (): string => `${prefix}-${++count}`;
    this.#nextId = nextId;
    const transmit = (frame: object): boolean => this.#authId === undefined && this.#link.send(frame);
    this.#commands = new PendingCommands(this.#clock, nextId, transmit);
    this.#serverClock = new ServerClock(this.#clock, options.clockEveryMs, (t0_us) =>
      transmit({ type: 'clock', data: { t0_us } }),
    );
    this.#subscriptions = new Subscriptions({
      clock: this.#clock,
      nextId,
      transmit,
      revision: (topic) => this.mirror.revisions[topic],
    });
    this.#polling = this.#pollingOf(options);
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

  #pollingOf({ url, fetch, token }: ClientOptions): Polling {
    return new Polling({
      origin: new URL(url.replace(/^ws/, 'http')).origin,
      fetch: fetch ?? defaultFetch,
      clock: this.#clock,
      token: () => token?.(),
      wanted: () => this.#subscriptions.wanted,
      onAnswer: (answer, sentUs) => this.#onPolled(answer, sentUs),
      onFailed: () => this.#setConnection({ ...this.connection, state: 'offline' }),
    });
  }

  send<T extends CommandType>(
    type: T,
    data: CommandInput<T>,
    options: { timeout_ms?: number } = {},
  ): Promise<CommandReply<T>> {
    if (this.#polling.works) return this.#polling.command(type, data);
    return this.#commands.send(type, data, options.timeout_ms);
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    const wanted = topics.map((topic) => this.#subscriptions.want(topic));
    this.#polling.nudge();
    await Promise.all(wanted);
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
    return this.#serverClock.nowUs();
  }

  clockQuality(): ClockEstimate | undefined {
    return this.#serverClock.quality();
  }

  watchClock(everyMs: number): () => void {
    return this.#serverClock.watch(everyMs);
  }

  wake(): void {
    this.#link.wake();
    this.#polling.nudge();
    // A monotonic clock may have stood still while the machine slept.
    this.#serverClock.forget();
    this.#serverClock.start();
  }

  again(): void {
    if (this.#closed) return;
    const { problem, reason: _told, ...connection } = this.connection;
    this.#setConnection(problem === 'sign_in' ? { state: 'connecting' } : connection);
    this.#link.again();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#link.close();
    this.#polling.stop();
    this.#serverClock.stop();
    this.#commands.rejectAll();
    this.#subscriptions.close();
    this.#rejectReady();
    this.#setConnection({ ...this.connection, state: 'offline' });
  }

  #onHello(hello: Hello): void {
    this.#polling.stop();
    this.#life(hello.epoch);
    this.hello = hello;
    this.#said = undefined;
    this.#serverClock.rough(hello.server_time_us);
    this.#authId = undefined;
    if (hello.protocol.min > PROTOCOL.current) return this.#refuse('version');
    if (hello.auth === 'open' || hello.you) return this.#begin();
    const token = this.#options.token?.();
    if (token === undefined) return this.#refuse('sign_in');
    const id = this.#nextId();
    this.#link.send({ id, type: 'auth', data: { token } });
    this.#authId = id;
  }

  /** Somebody is signed in on this connection. */
  #begin(): void {
    this.#authId = undefined;
    this.#commands.resume(this.#clientId);
    this.#serverClock.start();
    this.#subscriptions.renew();
    this.#settle();
  }

  /** The clock of the same server life runs on: what is known of it stays true. */
  #life(epoch: string): void {
    if (this.#epoch !== epoch) this.#serverClock.forget();
    this.#epoch = epoch;
  }

  #onLost({ failures, silentMs, final }: Lost): void {
    this.#serverClock.stop();
    if (final) return this.#refuse(this.hello?.auth === 'required' ? 'sign_in' : 'refused');
    if (this.connection.state === 'live')
      return this.#setConnection({ state: 'stale', heard_at_ms: this.#clock.wallMs() - silentMs });
    if (failures >= BLOCKED_AFTER) this.#polling.start();
    if (failures > 0 && !this.#polling.works) this.#setConnection({ ...this.connection, state: 'offline' });
  }

  #onPolled({ epoch, server_time_us, topics, unknown }: TopicsReply, sentUs: number): void {
    this.#life(epoch);
    this.#serverClock.rough(server_time_us);
    this.#serverClock.answered({ t0_us: sentUs, t1_us: server_time_us, t2_us: server_time_us });
    for (const frame of topics) this.#onSubscribed(frame);
    const error = new ClientError({
      code: 'ERR_TOPIC_NOT_FOUND',
      message: 'no topic has this name',
      retryable: false,
    });
    for (const topic of unknown) {
      this.#subscriptions.refuse(topic, error);
      this.#setMirror(dropTopic(this.mirror, topic));
    }
    // What is wanted and was not named has not changed.
    for (const { topic, epoch: known } of this.#subscriptions.wanted)
      if (known === epoch) this.#subscriptions.answered(topic, epoch);
    const { heard_at_ms: _before, ...connection } = this.connection;
    this.connection = { ...connection, heard_at_ms: this.#clock.wallMs() };
    if (connection.state !== 'polling') this.#setConnection({ ...this.connection, state: 'polling' });
  }

  #refuse(problem: 'sign_in' | 'refused' | 'version'): void {
    const reason = this.#said === undefined ? {} : { reason: this.#said };
    this.#link.close();
    this.#serverClock.stop();
    this.#commands.rejectAll();
    // Who may not see it any more has it no longer, nor does who signs in next.
    if (problem === 'sign_in') this.#setMirror(EMPTY_MIRROR);
    this.#setConnection({ ...this.connection, state: 'offline', problem, ...reason });
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
        if (frame.id === this.#authId) this.#begin();
        else this.#commands.reply(frame.id, frame.data);
        return;
      case 'error':
        return this.#onError(frame);
      case 'subscribed':
        return this.#onSubscribed(frame);
      case 'clock': {
        const { t0_us, t1_us, t2_us } = frame;
        return this.#serverClock.answered({ t0_us, t1_us, t2_us });
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
    if (frame.id === undefined) this.#said = frame.error.message;
    if (topic === undefined) return this.#problem(`${frame.error.code}: ${frame.error.message}`);
    this.#setMirror(dropTopic(this.mirror, topic));
    this.#settle();
  }

  /** Asked for, or because the server cannot say otherwise what happened. [SB4] [SB7] */
  #onSubscribed(frame: SessionFrame & { type: 'subscribed' }): void {
    const { topic, revision, epoch } = frame;
    if (!this.#subscriptions.has(topic)) return;
    if (epoch !== this.#epoch) {
      this.#life(epoch);
      this.#serverClock.start();
    }
    if (frame.resumed) return this.#onResumed(frame);
    try {
      const mirror = applySnapshot(this.mirror, topic, revision, frame.snapshot ?? {});
      this.#subscriptions.answered(topic, epoch);
      this.#setMirror(mirror);
    } catch {
      this.#problem(`the snapshot of ${topic} cannot be read`);
      this.#subscriptions.answered(topic, undefined);
    }
    this.#settle();
  }

  /** What was missed; nothing of it when the topic was let go meanwhile and is asked for anew. */
  #onResumed({ topic, epoch, events = [] }: SessionFrame & { type: 'subscribed' }): void {
    if (this.mirror.revisions[topic] === undefined) return;
    this.#subscriptions.answered(topic, epoch);
    for (const event of events) this.#onEventFrame(event);
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
    // Its revision is not taken over: told-once events carry one whose change may still be on its way.
    if (read === 'later') return;
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
