import * as z from 'zod';
import { JOB_STATES } from '../protocol/index.js';
import type { Feed } from '../state/index.js';
import type { HubMeasurements } from './hub/figures.js';

export type Put = (labels: Readonly<Record<string, string>>, value: number) => void;

/** A family of numbers about the hub: its name, what it is, its label, and where it is read. */
export interface HubFamily {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  readonly read: (now: HubMeasurements, put: Put) => void;
}

const one = (name: string, help: string, read: (now: HubMeasurements) => number): HubFamily => ({
  name,
  help,
  read: (now, put) => put({}, read(now)),
});

/** Labels are roles, error codes and kinds of answers: nothing a client can invent. [MT2] */
export const HUB_FAMILIES: readonly HubFamily[] = [
  {
    name: 'tutti_websocket_clients_by_role',
    help: 'WebSocket clients by role; nobody = not signed in',
    labels: ['role'],
    read: ({ roles }, put) => {
      for (const [role, count] of Object.entries(roles)) put({ role }, count);
    },
  },
  one('tutti_websocket_anonymous', 'Connections that have yet to sign in', ({ anonymous }) => anonymous),
  {
    name: 'tutti_websocket_refused_total',
    help: 'Connections refused, by error code',
    labels: ['code'],
    read: ({ refusals }, put) => {
      for (const [code, count] of refusals) put({ code }, count);
    },
  },
  one(
    'tutti_websocket_rate_limited_total',
    'Messages refused for coming too soon',
    ({ figures }) => figures.rate_limited,
  ),
  one('tutti_websocket_stalled', 'Clients that do not read', ({ stalled }) => stalled),
  one('tutti_websocket_waiting_messages', 'Messages that wait for clients', ({ waiting }) => waiting),
  one('tutti_websocket_messages_total', 'Messages sent to clients', ({ figures }) => figures.messages),
  one(
    'tutti_websocket_dropped_total',
    'Events given up because a client did not read',
    ({ figures }) => figures.dropped,
  ),
  {
    name: 'tutti_websocket_subscriptions_total',
    help: 'Subscriptions by how they were answered',
    labels: ['answer'],
    read: ({ answers }, put) => {
      put({ answer: 'resumed' }, answers.resumed);
      put({ answer: 'snapshot' }, answers.snapshots);
    },
  },
  one('tutti_websocket_ring_characters', 'Changes kept for who comes back', ({ kept }) => kept),
];

const Jobs = z.object({ jobs: z.array(z.object({ state: z.enum(JOB_STATES) })) });

/** Background jobs by state, where they are at hand: the process that runs them tells of them, and no gateway once more. */
export function jobStates(feed: Feed): Record<string, number> {
  if (feed.fetch) return {};
  const known = Jobs.safeParse(feed.snapshot('jobs')?.data);
  const counts: Record<string, number> = {};
  if (!known.success) return counts;
  for (const state of JOB_STATES) counts[state] = 0;
  for (const { state } of known.data.jobs) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
