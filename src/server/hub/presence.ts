import type { Client } from './client.js';

/** Somebody with connections to this process. */
export interface Presence {
  readonly subject_id: string;
  readonly name: string;
  readonly role: string;
  readonly connections: number;
  /** Since when the oldest of the connections is there. */
  readonly since: string;
}

/** Who is connected, each person once. Connections that have not signed in are nobody's. */
export function presenceOf(clients: Iterable<Client>): Presence[] {
  const people = new Map<string, { readonly first: Client; count: number }>();
  for (const client of clients) {
    if (!client.identity) continue;
    const { subject_id } = client.identity;
    const known = people.get(subject_id);
    if (known) known.count += 1;
    else people.set(subject_id, { first: client, count: 1 });
  }
  return [...people].map(([subject_id, { first, count }]) => ({
    subject_id,
    name: first.identity!.name,
    role: first.identity!.role,
    connections: count,
    since: new Date(first.sinceMs).toISOString(),
  }));
}
