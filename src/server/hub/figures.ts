import type { ErrorCode } from '../../protocol/index.js';

/** What one client, or all together, got and were refused. */
export interface Figures {
  readonly messages: number;
  readonly bytes: number;
  /** Events that were given up, because they were not read. */
  readonly dropped: number;
  /** Messages refused for coming too soon. */
  readonly rate_limited: number;
}

export const NOTHING: Figures = { messages: 0, bytes: 0, dropped: 0, rate_limited: 0 };

export function added(one: Figures, other: Figures): Figures {
  return {
    messages: one.messages + other.messages,
    bytes: one.bytes + other.bytes,
    dropped: one.dropped + other.dropped,
    rate_limited: one.rate_limited + other.rate_limited,
  };
}

/** Clients by what they are, never by who they are: as many numbers for ten thousand people as for one. */
export interface ClientCounts {
  readonly roles: Readonly<Record<string, number>>;
  readonly stalled: number;
  readonly waiting: number;
}

export interface HubMeasurements extends ClientCounts {
  readonly figures: Figures;
  readonly answers: { readonly resumed: number; readonly snapshots: number };
  readonly kept: number;
  readonly anonymous: number;
  readonly refusals: ReadonlyMap<ErrorCode, number>;
}

/** What is counted of a client. */
export interface Counted {
  readonly stalled: boolean;
  readonly identity: { readonly role: string } | undefined;
  readonly outbox: { readonly messages: number };
}

export function countClients(clients: Iterable<Counted>): ClientCounts {
  const roles: Record<string, number> = { admin: 0, user: 0, guest: 0, device: 0, nobody: 0 };
  let stalled = 0;
  let waiting = 0;
  for (const client of clients) {
    const role = client.identity?.role ?? 'nobody';
    roles[role] = (roles[role] ?? 0) + 1;
    stalled += Number(client.stalled);
    waiting += client.outbox.messages;
  }
  return { roles, stalled, waiting };
}
