import { AppError, deferred, within, type Clock, type Deferred, type Timer } from '../../src/base/index.js';
import { CastConnection, offline, type Incoming } from './connection.js';
import { isRefusal, NAMESPACE, PLATFORM, readEnvelope, reasonOf, type Envelope } from './wire.js';

const REQUEST_MS = 5000;
const PING_MS = 2000;
/** Silence on a connection that is asked every 2 s: nobody is there. */
const SILENCE_MS = 7000;

/** The Chromecast says no. */
export class CastRefusal extends AppError {
  constructor(message: Envelope) {
    super('ERR_PLAYER_REFUSED', `the Chromecast says ${reasonOf(message)}`);
  }
}

/** The app that was asked is closed, and will not answer. */
export class AppGone extends AppError {
  constructor() {
    super('ERR_CONFLICT', 'the app on the Chromecast was closed');
  }
}

/** A message of the receiver, and when it was true. */
export interface Said {
  readonly source: string;
  readonly namespace: string;
  readonly message: Envelope;
  /** Middle of the round trip where the answer came at once, otherwise arrival less half of a usual round trip. */
  readonly at_us: number;
  /** `at_us` is wrong by no more. */
  readonly error_us: number;
  /** The answer to a GET_STATUS. */
  readonly looked: boolean;
}

interface Pending {
  readonly source: string;
  readonly type: string;
  readonly sent_us: number;
  readonly answer: Deferred<Envelope>;
}

export interface RequestOptions {
  readonly ms?: number;
  readonly signal?: AbortSignal;
}

/** Requests with deadlines, and a heart that beats both ways. When it dies, everything pending rejects. */
export class CastClient {
  readonly closed: Promise<AppError>;
  #connection: CastConnection;
  #clock: Clock;
  #over: AppError | undefined;
  #pending = new Map<number, Pending>();
  #lastId = 0;
  #pinging: Timer;
  #silence: Timer | undefined;
  #pinged_us: number | undefined;
  /** The usual round trip. */
  #trip_us = 0;
  #listener: (said: Said) => void = () => undefined;

  private constructor(connection: CastConnection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
    this.closed = connection.closed;
    this.#pinging = clock.every(PING_MS, () => this.#ping());
    void connection.closed.then((reason) => this.#end(reason));
    this.#heard();
  }

  /** Connects and opens the conversation with the receiver. */
  static async open(
    target: { readonly host: string; readonly port: number },
    clock: Clock,
    signal: AbortSignal,
  ): Promise<CastClient> {
    const connection = await CastConnection.open(target, clock, signal);
    const client = new CastClient(connection, clock);
    connection.listen((incoming) => client.#take(incoming));
    client.join(PLATFORM);
    client.#ping();
    return client;
  }

  get localAddress(): string {
    return this.#connection.localAddress;
  }

  /** Every message that is not a heartbeat, answers included, before who asked gets it. */
  listen(listener: (said: Said) => void): void {
    this.#listener = listener;
  }

  /** Opens the virtual connection without which an app does not answer. Quietly does nothing when the link is over. */
  join(transportId: string): void {
    this.#say(transportId, NAMESPACE.connection, { type: 'CONNECT', origin: {}, userAgent: 'Tutti' });
  }

  /** Whatever it was asked, that app answers no more. */
  left(transportId: string): void {
    for (const { source, answer } of this.#pending.values()) {
      if (source === transportId) answer.reject(new AppGone());
    }
  }

  /** Rejects with CastRefusal, AppGone, ERR_PLAYER_TIMEOUT or ERR_PLAYER_OFFLINE. */
  async request(
    destination: string,
    namespace: string,
    message: Readonly<Record<string, unknown>> & { readonly type: string },
    { ms = REQUEST_MS, signal }: RequestOptions = {},
  ): Promise<Envelope> {
    if (this.#over) throw this.#over;
    const requestId = ++this.#lastId;
    const answer = deferred<Envelope>();
    answer.promise.catch(() => undefined);
    const sent_us = this.#clock.nowUs();
    this.#pending.set(requestId, { source: destination, type: message.type, sent_us, answer });
    try {
      this.#connection.send(destination, namespace, { ...message, requestId });
      const limit = {
        clock: this.#clock,
        what: `${message.type} on a Chromecast`,
        ms,
        ...(signal && { signal }),
      };
      return await within(limit, () => answer.promise);
    } finally {
      this.#pending.delete(requestId);
    }
  }

  close(): void {
    this.#connection.close();
  }

  #take({ source, namespace, text }: Incoming): void {
    this.#heard();
    const message = readEnvelope(text);
    if (!message) return;
    if (namespace === NAMESPACE.heartbeat) return this.#beat(source, message);
    if (namespace === NAMESPACE.connection && message.type === 'CLOSE' && source === PLATFORM)
      return this.#connection.close(offline('the Chromecast ended the conversation'));
    const now = this.#clock.nowUs();
    const pending = this.#pending.get(message.requestId ?? 0);
    const mine = pending?.source === source ? pending : undefined;
    const looked = mine?.type === 'GET_STATUS';
    if (looked) this.#measure(now - mine.sent_us);
    const half = Math.round((looked ? now - mine.sent_us : this.#trip_us) / 2);
    this.#listener({ source, namespace, message, at_us: now - half, error_us: half, looked });
    if (!mine) return;
    if (isRefusal(message)) mine.answer.reject(new CastRefusal(message));
    else mine.answer.resolve(message);
  }

  #beat(source: string, { type }: Envelope): void {
    if (type === 'PING') this.#say(source, NAMESPACE.heartbeat, { type: 'PONG' });
    if (type !== 'PONG' || this.#pinged_us === undefined) return;
    this.#measure(this.#clock.nowUs() - this.#pinged_us);
    this.#pinged_us = undefined;
  }

  #ping(): void {
    this.#pinged_us ??= this.#clock.nowUs();
    this.#say(PLATFORM, NAMESPACE.heartbeat, { type: 'PING' });
  }

  #measure(trip_us: number): void {
    this.#trip_us = this.#trip_us === 0 ? trip_us : Math.round(0.8 * this.#trip_us + 0.2 * trip_us);
  }

  /** Whatever it says, it lives. */
  #heard(): void {
    this.#silence?.cancel();
    if (this.#over) return;
    this.#silence = this.#clock.after(SILENCE_MS, () =>
      this.#connection.close(new AppError('ERR_PLAYER_OFFLINE', 'the Chromecast does not answer any more')),
    );
  }

  /** For what has no answer. A connection that is over says so through `closed`. */
  #say(destination: string, namespace: string, message: Readonly<Record<string, unknown>>): void {
    try {
      this.#connection.send(destination, namespace, message);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
    }
  }

  #end(reason: AppError): void {
    this.#over = reason;
    this.#pinging.cancel();
    this.#silence?.cancel();
    this.#listener = () => undefined;
    for (const { answer } of this.#pending.values()) answer.reject(reason);
  }
}
