import * as z from 'zod';
import { backoffMs } from '../../base/index.js';
import { Ending, MAX_WORK_BYTES, News } from './ticket.js';

/** Where the Redis is; what `busAddress` makes of the setting. */
export interface RedisPlace {
  readonly path?: string;
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  readonly db?: number;
  readonly tls?: boolean;
}

/** Signs texts with the secret of the house, as the bus does. */
export interface Sealing {
  close(message: object): string;
  open<T extends z.ZodType>(text: string, schema: T): z.output<T> | 'garbage' | 'forged';
}

/** The part of the bus that a queue needs. */
export interface Signals {
  publish(channel: string, message: string): boolean;
  subscribe(channel: string, listener: (message: string) => void): Promise<() => void>;
  onConnection(listener: (connected: boolean) => void): () => void;
}

/** What the processes of one house share. */
export interface SharedHouse {
  readonly redis: RedisPlace;
  /** `bus_name`. */
  readonly name: string;
  readonly seal: Sealing;
  readonly signals: Signals;
  /** How long a process that says nothing more keeps its work. */
  readonly leaseMs?: number | undefined;
}

export const LEASE_MS = 20_000;
/** A process may die so often over one ticket until its house is asked. */
export const MOST_STALLS = 2;
export const QUEUE_NAME = 'work';
/** What nobody fetches is forgotten by Redis then. */
export const KEEP_SECONDS = 7 * 86_400;

const CONNECT_MS = 5_000;
/** Longer than BullMQ waits for news with one question. */
const SILENT_MS = 20_000;

/** What lies in Redis for a ticket. */
export const SealedTicket = z.object({ sealed: z.string().max(MAX_WORK_BYTES * 2) });
/** What a worker says on the way, and at the end. */
export const SealedNews = z.object({ name: z.string(), news: News });
export const SealedEnding = z.object({ name: z.string(), ending: Ending });
/** What the house says to all workers: give this ticket back. */
export const Recall = z.object({ recall: z.string() });

export const recallChannel = (house: string): string => `${house}:work:recall`;

/** BullMQ opens connections of its own; they come back for ever. */
export function connectionOf({ redis }: SharedHouse, random: () => number): Record<string, unknown> {
  const { path, host, port, username, password, db, tls } = redis;
  return {
    ...(path === undefined ? { host, port } : { path }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(db !== undefined && { db }),
    ...(tls && { tls: {} }),
    connectionName: 'tutti-work',
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENT_MS,
    maxRetriesPerRequest: null,
    retryStrategy: (attempt: number) => backoffMs(attempt - 1, random(), 100, 2_000),
  };
}
