import { AppError, deferred } from '../base/index.js';
import type { Caller } from '../protocol/index.js';
import { readReply } from './asks.js';
import { HouseLine, unreadable, type Broadcast, type HouseLineParts, type Welcome } from './house-line.js';
import { measured, type BusMeasurements } from './measurements.js';
import type { Asked, BusResult } from './recall.js';
import { RemoteClock } from './remote-clock.js';
import { RemoteEntrance } from './remote-entrance.js';
import { RemoteFeed } from './remote-feed.js';

export interface GatewayEvents {
  /** To be told to every client: the house goes, and says when it is worth to look again. */
  onRestart(reason: string, retryAfterMs: number): void;
}

const AWAY_RETRY_MS = 2_000;

/** What a server needs of its house, where the house is another process: feed, people, clock and commands. */
export class Gateway {
  readonly feed: RemoteFeed;
  readonly entrance: RemoteEntrance;
  readonly clock: RemoteClock;
  readonly #line: HouseLine;
  readonly #parts: HouseLineParts;
  readonly #first = deferred<void>();
  /** What ends the connection of a client that is on another one. */
  readonly #ends = new Map<string, () => void>();
  #restart: GatewayEvents['onRestart'] = () => undefined;
  #houseUrl = '';

  constructor(parts: HouseLineParts) {
    this.#parts = parts;
    this.#line = new HouseLine(parts, {
      onHome: (welcome, since) => void this.#home(welcome, since),
      onAway: () => {
        this.feed.away();
        this.#restart('the server is not reachable', AWAY_RETRY_MS);
      },
      onGap: () => {
        this.feed.gap();
        // What is missing may have been that somebody is not let in any more.
        this.#compare();
      },
      onMessage: (message) => this.#take(message),
      onSuperseded: (connectionId) => this.#ends.get(connectionId)?.(),
    });
    this.feed = new RemoteFeed(this.#line, parts.clock);
    this.entrance = new RemoteEntrance(this.#line);
    this.clock = new RemoteClock(this.#line, parts.clock);
  }

  /** Resolves when the house is there for the first time. */
  async open(): Promise<void> {
    await this.#line.open();
    await this.#first.promise;
  }

  get node(): string {
    return this.#line.node;
  }

  /** Whether the house is there. */
  get home(): boolean {
    return this.#line.home;
  }

  /** Where the house serves media and pictures; empty before it was found. */
  get houseUrl(): string {
    return this.#houseUrl;
  }

  tellRestarts(onRestart: GatewayEvents['onRestart']): void {
    this.#restart = onRestart;
  }

  /** Runs a command in the house. Never throws, and never asks twice. */
  readonly run = async (
    type: string,
    request: unknown,
    caller: Caller,
    asked?: Asked,
  ): Promise<BusResult> => {
    try {
      const result = await this.#line.ask('run', { type, request, caller, ...(asked && { asked }) });
      if (!result.ok) return result;
      const data = readReply(type, result.data);
      if (data === undefined) throw unreadable();
      return { ok: true, data };
    } catch (thrown) {
      if (!(thrown instanceof AppError)) throw thrown;
      const { code, message, retryable, params } = thrown;
      return { ok: false, error: { code, message, retryable, params: { ...params } } };
    }
  };

  /** The house remembers what the client asked on other connections. True when it knows it; `ended` when it is on another one. */
  readonly resume = async (client_id: string, caller: Caller, ended: () => void): Promise<boolean> => {
    this.#ends.set(caller.connection_id, ended);
    return (await this.#line.ask('resume', { client_id, caller })).resumed;
  };

  left(connectionId: string): void {
    this.#ends.delete(connectionId);
    this.#line.left(connectionId);
  }

  measurements(): BusMeasurements {
    return measured(this.#parts.bus, this.#line.home ? 1 : 0, this.#line.drops, this.feed.gaps);
  }

  close(): void {
    this.#line.close();
    this.clock.close();
    this.feed.close();
    this.#first.resolve();
  }

  async #home({ door, url, epoch }: Welcome, since: 'first' | 'nothing' | 'gap' | 'life'): Promise<void> {
    this.entrance.mode = door;
    this.#houseUrl = url;
    this.feed.home(epoch, since);
    if (since === 'life') this.entrance.forget();
    if (since === 'first' || since === 'life') await this.clock.learn();
    // Also when nothing seems to be missing: what people may do is not left to a number.
    else this.#compare();
    this.#first.resolve();
  }

  /** Changes of people may have been missed. One that cannot ask now asks when it is at home again. */
  #compare(): void {
    this.entrance.compare().catch(() => undefined);
  }

  #take(message: Broadcast): void {
    switch (message.kind) {
      case 'events':
        return this.feed.told(message.events);
      case 'door':
        return this.entrance.changed(message.change);
      case 'stop':
        return this.#restart(message.reason, message.retry_after_ms);
      default:
        message satisfies never;
    }
  }
}
