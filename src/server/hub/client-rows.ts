import type { Client } from './client.js';

/** One connection as who manages the house sees it. */
export interface ClientRow {
  readonly connection_id: string;
  readonly address: string;
  readonly since: string;
  /** Absent: nobody has signed in on it. */
  readonly name?: string;
  readonly role?: string;
  readonly subscriptions: readonly string[];
  readonly sent_messages: number;
  readonly sent_bytes: number;
  /** From a ping to its answer; absent: none was answered yet. */
  readonly round_trip_ms?: number;
  /** It does not read what is sent. */
  readonly stalled: boolean;
  readonly waiting_messages: number;
  readonly waiting_bytes: number;
  readonly dropped_events: number;
  readonly rate_limited: number;
}

/** Every connection, the oldest first. */
export function clientRows(clients: Iterable<Client>): ClientRow[] {
  return [...clients].sort((one, other) => one.sinceMs - other.sinceMs).map(row);
}

function row(client: Client): ClientRow {
  const { figures, identity, roundTripUs, outbox } = client;
  return {
    connection_id: client.id,
    address: client.address,
    since: new Date(client.sinceMs).toISOString(),
    ...(identity && { name: identity.name, role: identity.role }),
    subscriptions: [...client.subscriptions],
    sent_messages: figures.messages,
    sent_bytes: figures.bytes,
    ...(roundTripUs !== undefined && { round_trip_ms: roundTripUs / 1000 }),
    stalled: client.stalled,
    waiting_messages: outbox.messages,
    waiting_bytes: outbox.bytes,
    dropped_events: figures.dropped,
    rate_limited: figures.rate_limited,
  };
}
