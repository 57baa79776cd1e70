import { AppError } from '../base/index.js';
import type { Rate } from './token-bucket.js';

/** What one client, one person and all together may cost. The keys of the configuration say why each is what it is. */
export interface ServerLimits {
  /** Signed-in WebSocket clients in all. */
  readonly clients: number;
  /** From one address. Loopback is exempt: there sit reverse proxies and the programs of this machine. */
  readonly clientsPerAddress: number;
  /** Of one person, API token or guest. */
  readonly clientsPerUser: number;
  /** WebSocket clients that have not said who they are, in all and from one address; loopback is not exempt. */
  readonly anonymous: number;
  readonly anonymousPerAddress: number;
  readonly heartbeatMs: number;
  /** A client that answered nothing for so long is cut off. */
  readonly timeoutMs: number;
  readonly messageBytes: number;
  /** Events told once that wait for one client. */
  readonly queueEvents: number;
  readonly compression: 'off' | 'shared';
  /** Of one connection; commands of which only the last counts are counted when they run. */
  readonly messages: Rate;
  readonly bytes: Rate;
  /** Commands of one person over all connections and REST; while auth is open, of one address by REST. */
  readonly commandsPerUser: Rate;
  /** What costly commands of everybody may cost together; the command table says what each costs. */
  readonly costly: Rate;
  /** Connects to job streams from one address. */
  readonly jobStreams: Rate;
}

export const DEFAULT_LIMITS: ServerLimits = {
  clients: 1000,
  clientsPerAddress: 10,
  clientsPerUser: 5,
  anonymous: 64,
  anonymousPerAddress: 8,
  heartbeatMs: 30_000,
  timeoutMs: 30_000,
  messageBytes: 65_536,
  queueEvents: 32,
  compression: 'off',
  messages: { burst: 40, per_minute: 1200 },
  bytes: { burst: 1024 * 1024, per_minute: 1024 * 1024 },
  commandsPerUser: { burst: 80, per_minute: 2400 },
  costly: { burst: 30, per_minute: 600 },
  jobStreams: { burst: 10, per_minute: 10 },
};

/**
 * Limits that may change while the server runs: who counts by them keeps this very object and its rates, so that a new number counts at once,
 * also for what was counted before. Three are fixed at the start: the heartbeat has its timer, length and compression are agreed with clients.
 */
export class LiveLimits {
  readonly current: ServerLimits;
  readonly #own: { -readonly [K in keyof ServerLimits]: ServerLimits[K] };

  constructor(limits: ServerLimits) {
    this.#own = structuredClone(limits);
    this.current = this.#own;
  }

  change({ heartbeatMs: _beat, messageBytes: _bytes, compression: _pack, ...next }: ServerLimits): void {
    const { messages, bytes, commandsPerUser, costly, jobStreams, ...plain } = next;
    Object.assign(this.#own, plain);
    for (const [key, rate] of Object.entries({ messages, bytes, commandsPerUser, costly, jobStreams }))
      Object.assign(this.#own[key as 'messages'], rate);
  }
}

export function rateLimited(retry_after_ms: number): AppError {
  return new AppError('ERR_RATE_LIMITED', 'Too much at once; try again later', {
    params: { retry_after_ms },
  });
}
