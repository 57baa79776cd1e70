import { Redis, type RedisOptions } from 'ioredis';
import { AppError, backoffMs, toError, within, type Clock, type Logger, type Timer } from '../base/index.js';
import type { BusAddress } from './address.js';
import { MAX_MESSAGE_BYTES, type Bus, type BusCounts } from './bus.js';

const CONNECT_MS = 5_000;
/** A Redis that says nothing for so long, while something is asked of it, is not there any more. */
const SILENT_MS = 5_000;
/** A Redis that is silent hears no goodbye. */
const LEAVE_MS = 1_000;
const MAX_UNANSWERED = 20_000;
const MAX_UNANSWERED_BYTES = 64 * 1024 * 1024;

export interface RedisBusParts {
  readonly address: BusAddress;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0..1 */
  readonly random: () => number;
  /** How long Redis may leave a question unanswered. */
  readonly silentMs?: number | undefined;
}

type Listener = (message: string) => void;
type Settings = Omit<RedisOptions, 'replyMapping'>;

/**
 * A bus over a Redis. It reconnects for ever and says so; what is published meanwhile is not kept. Commands of one turn of the event
 * loop leave in one write.
 */
export class RedisBus implements Bus {
  readonly #parts: RedisBusParts;
  readonly #speaks: Redis;
  readonly #hears: Redis;
  readonly #channels = new Map<string, Set<Listener>>();
  readonly #listeners = new Set<(connected: boolean) => void>();
  readonly #counts = { sent: 0, received: 0, unsent: 0, oversize: 0, breaks: 0 };
  readonly #ping: Timer;
  #listening = false;
  #connected = false;
  readonly #waiting: [channel: string, message: string][] = [];
  #unanswered = 0;
  #unansweredBytes = 0;
  #lastFault = '';
  #closed = false;

  constructor(parts: RedisBusParts) {
    this.#parts = parts;
    // ioredis' own pipelining waits for the next turn of the event loop; what is published cannot.
    const pipelining = { enableAutoPipelining: true, autoPipeliningIgnoredCommands: ['publish'] };
    this.#speaks = new Redis({ ...this.#options(), ...pipelining });
    this.#hears = new Redis(this.#options());
    for (const redis of [this.#speaks, this.#hears]) {
      redis.on('error', (error: Error) => this.#fault(error));
      redis.on('ready', () => void this.#settle());
      redis.on('close', () => void this.#settle());
    }
    this.#hears.on('close', () => (this.#listening = false));
    this.#hears.on('messageBuffer', (channel, message) => this.#heard(channel, message));
    this.#ping = parts.clock.every((parts.silentMs ?? SILENT_MS) / 2, () => this.#pingBoth());
  }

  get connected(): boolean {
    return this.#connected;
  }

  get counts(): BusCounts {
    return { ...this.#counts };
  }

  onConnection(listener: (connected: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  publish(channel: string, message: string): boolean {
    const size = Buffer.byteLength(message);
    const full = this.#unanswered >= MAX_UNANSWERED || this.#unansweredBytes + size > MAX_UNANSWERED_BYTES;
    if (!this.#connected || this.#closed || full || size > MAX_MESSAGE_BYTES) {
      this.#counts.unsent++;
      return false;
    }
    this.#counts.sent++;
    this.#unanswered++;
    this.#unansweredBytes += size;
    if (this.#waiting.push([channel, message]) === 1) queueMicrotask(() => this.#flush());
    return true;
  }

  async subscribe(channel: string, listener: Listener): Promise<() => void> {
    const listeners = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, listeners);
    const own: Listener = (message) => listener(message);
    listeners.add(own);
    if (listeners.size === 1 && this.#hears.status === 'ready')
      await this.#hears.subscribe(channel).catch(() => undefined);
    return () => {
      listeners.delete(own);
      if (listeners.size > 0 || this.#channels.get(channel) !== listeners) return;
      this.#channels.delete(channel);
      if (this.#hears.status === 'ready') this.#hears.unsubscribe(channel).catch(() => undefined);
    };
  }

  async listeners(channel: string): Promise<number> {
    const [, count] = await this.#asked(() => this.#speaks.pubsub('NUMSUB', channel));
    return Number(count);
  }

  async put(key: string, value: string, ttlMs: number): Promise<void> {
    await this.#asked(() => this.#speaks.set(key, value, 'PX', Math.max(1, Math.round(ttlMs))));
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#asked(() => this.#speaks.get(key))) ?? undefined;
  }

  async delete(key: string): Promise<void> {
    await this.#asked(() => this.#speaks.del(key));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#ping.cancel();
    this.#listeners.clear();
    this.#channels.clear();
    // What was said last, such as goodbye, still goes out.
    this.#flush();
    if (this.#speaks.status === 'ready') {
      const ping = (): Promise<unknown> => this.#speaks.ping();
      await within({ clock: this.#parts.clock, what: 'the last word', ms: LEAVE_MS }, ping).catch(
        () => undefined,
      );
    }
    for (const redis of [this.#speaks, this.#hears]) redis.disconnect();
  }

  #options(): Settings {
    const { silentMs = SILENT_MS } = this.#parts;
    const { path, host, port, username, password, db, tls } = this.#parts.address;
    return {
      ...(path === undefined ? { host: host!, port: port! } : { path }),
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(db !== undefined && { db }),
      ...(tls && { tls: {} }),
      connectionName: 'tutti',
      connectTimeout: CONNECT_MS,
      socketTimeout: silentMs,
      enableOfflineQueue: false,
      autoResubscribe: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => backoffMs(attempt - 1, this.#parts.random(), 100, 2_000),
    };
  }

  /** All that was published in one go leaves in one write. */
  #flush(): void {
    const batch = this.#waiting.splice(0);
    const size = batch.reduce((sum, [, message]) => sum + Buffer.byteLength(message), 0);
    const answered = (): void => {
      this.#unanswered -= batch.length;
      this.#unansweredBytes -= size;
    };
    const [first] = batch;
    if (!first) return;
    // A publish that failed is a message that was lost: whoever misses it finds out by its number.
    if (batch.length === 1) this.#speaks.publish(...first).then(answered, answered);
    else {
      const pipeline = this.#speaks.pipeline();
      for (const [channel, message] of batch) pipeline.publish(channel, message);
      pipeline.exec().then(answered, answered);
    }
  }

  async #asked<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (cause) {
      throw new AppError('ERR_HOUSE_OFFLINE', 'What the processes of this house share is not reachable', {
        cause,
      });
    }
  }

  #heard(channel: string | Buffer, message: Buffer): void {
    this.#counts.received++;
    const listeners = this.#channels.get(channel.toString());
    if (message.length > MAX_MESSAGE_BYTES) this.#counts.oversize++;
    if (!listeners || message.length > MAX_MESSAGE_BYTES) return;
    const text = message.toString('utf8');
    for (const listener of [...listeners]) listener(text);
  }

  /** Connected means: commands go out, and every channel is listened to. */
  async #settle(): Promise<void> {
    if (this.#closed) return;
    if (this.#hears.status === 'ready' && !this.#listening) {
      this.#listening = true;
      const channels = [...this.#channels.keys()];
      if (channels.length > 0)
        await this.#hears.subscribe(...channels).catch(() => this.#hears.disconnect(true));
    }
    const connected = this.#listening && this.#hears.status === 'ready' && this.#speaks.status === 'ready';
    if (connected === this.#connected || this.#closed) return;
    this.#connected = connected;
    const bus = this.#parts.address.shown;
    if (connected) {
      this.#lastFault = '';
      this.#parts.log.info({ bus }, 'bus connected');
    } else {
      this.#counts.breaks++;
      this.#parts.log.warn({ bus }, 'bus lost');
    }
    for (const listener of [...this.#listeners]) listener(connected);
  }

  /** The text alone: ioredis hangs the command that failed on its errors, and that may be AUTH. */
  #fault(thrown: unknown): void {
    const reason = toError(thrown).message.slice(0, 200);
    if (reason === this.#lastFault || this.#closed) return;
    this.#lastFault = reason;
    this.#parts.log.warn({ bus: this.#parts.address.shown, reason }, 'bus not reachable');
  }

  /** So that a connection that is dead without a word is noticed, also while nothing is published. */
  #pingBoth(): void {
    for (const redis of [this.#speaks, this.#hears])
      if (redis.status === 'ready') redis.ping().catch(() => undefined);
  }
}
