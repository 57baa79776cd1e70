import type { FastifyInstance, FastifyRequest } from 'fastify';
import type * as Prom from 'prom-client';
import type { Gauge, Registry } from 'prom-client';
import type { BusMeasurements } from '../bus/index.js';
import type { Measurements } from '../rooms/index.js';
import type { CommandTime } from './command-times.js';
import { HUB_FAMILIES } from './hub-metrics.js';
import type { HubMeasurements } from './hub/figures.js';

/** What the metrics are read from, at the moment somebody asks. */
export interface MetricSources {
  readonly measurements: (() => Measurements) | undefined;
  readonly bus: (() => BusMeasurements | undefined) | undefined;
  clients(): number;
  sent(): { readonly writes: number; readonly bytes: number };
  commands(): readonly CommandTime[];
  hub(this: void): HubMeasurements;
  /** Background jobs by state. */
  jobs(this: void): Readonly<Record<string, number>>;
  /** Throws for who may not read them. */
  allow(request: FastifyRequest): Promise<void>;
}

export interface Scrape {
  readonly type: string;
  readonly text: string;
}

/** Often enough to see a stall of a few tens of milliseconds, seldom enough to cost nothing. */
const LOOP_PRECISION_MS = 20;

/** `GET /metrics` in the text format of Prometheus. What gathers it is loaded when the first one asks; the same text for others of this house. [MT1] */
export function metricsRoute(app: FastifyInstance, sources: MetricSources): () => Promise<string> {
  let gatherer: Promise<() => Promise<Scrape>> | undefined;
  const scraped = async (): Promise<Scrape> => (await (gatherer ??= gathererOf(sources)))();
  app.get('/metrics', async (request, reply) => {
    await sources.allow(request);
    const { type, text } = await scraped();
    void reply.header('cache-control', 'no-store').type(type);
    return text;
  });
  return async () => (await scraped()).text;
}

type Library = typeof Prom;

async function gathererOf(sources: MetricSources): Promise<() => Promise<Scrape>> {
  const library = await import('prom-client');
  const registry = new library.Registry();
  library.collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_PRECISION_MS });
  const fills = [
    ...houseGauges(library, registry, sources),
    ...truthGauges(library, registry, sources),
    correctionCounter(library, registry, sources),
    ...serverGauges(library, registry, sources),
    ...hubGauges(library, registry, sources),
    ...busGauges(library, registry, sources),
  ];
  return async () => {
    for (const fill of fills) fill();
    return { type: registry.contentType, text: await registry.metrics() };
  };
}

type Fill = () => void;
type Labels = Readonly<Record<string, string>>;
type Put = (labels: Labels, value: number) => void;

/**
 * A family of numbers that is filled anew each time. Totals are kept where they arise, and only shown here: hence a counter that is put
 * back to nothing before the total is added.
 */
function family(
  { Gauge: GaugeClass, Counter: CounterClass }: Library,
  registry: Registry,
  spec: { readonly name: string; readonly help: string; readonly labels?: readonly string[] },
  read: (put: Put) => void,
): Fill {
  const options = { name: spec.name, help: spec.help, labelNames: spec.labels ?? [], registers: [registry] };
  if (spec.name.endsWith('_total')) {
    const counter = new CounterClass(options);
    return () => {
      counter.reset();
      read((labels, value) => counter.inc(labels, value));
    };
  }
  const gauge: Gauge = new GaugeClass(options);
  return () => {
    gauge.reset();
    read((labels, value) => gauge.set(labels, value));
  };
}

function houseGauges(library: Library, registry: Registry, { measurements }: MetricSources): Fill[] {
  const tally = (keys: readonly Labels[], put: Put): void => {
    const counts = new Map<string, { readonly labels: Labels; count: number }>();
    for (const labels of keys) {
      const key = JSON.stringify(labels);
      const row = counts.get(key) ?? { labels, count: 0 };
      row.count++;
      counts.set(key, row);
    }
    for (const { labels, count } of counts.values()) put(labels, count);
  };
  const rooms = { name: 'tutti_rooms', help: 'Rooms by what they do', labels: ['state'] };
  const players = {
    name: 'tutti_players',
    help: 'Players by driver, sync class and connection',
    labels: ['kind', 'sync_class', 'link'],
  };
  return [
    family(library, registry, rooms, (put) =>
      tally(
        (measurements?.().rooms ?? []).map(({ state }) => ({ state })),
        put,
      ),
    ),
    family(library, registry, players, (put) =>
      tally(
        (measurements?.().players ?? []).map(({ kind, sync_class, link }) => ({ kind, sync_class, link })),
        put,
      ),
    ),
  ];
}

const PLAYER_LABELS = ['player_id', 'room_id', 'sync_class', 'estimated'];

function truthGauges(library: Library, registry: Registry, { measurements }: MetricSources): Fill[] {
  type Report = NonNullable<Measurements['players'][number]['report']>;
  const each = (read: (report: Report, labels: Labels) => void): void => {
    for (const { report, room_id } of measurements?.().players ?? []) {
      if (!report) continue;
      const { player_id, sync_class, estimated } = report;
      read(report, { player_id, room_id, sync_class, estimated: String(estimated) });
    }
  };
  const measured = (
    name: string,
    help: string,
    labels: readonly string[],
    read: (report: Report, labels: Labels, put: Put) => void,
  ): Fill =>
    family(library, registry, { name, help, labels: [...PLAYER_LABELS, ...labels] }, (put) =>
      each((report, own) => read(report, own, put)),
    );
  return [
    measured(
      'tutti_player_skew_ms',
      'How far a player was from its room, without sign, over the last 30 s',
      ['quantile'],
      ({ skew_ms }, labels, put) => {
        if (!skew_ms) return;
        put({ ...labels, quantile: '0.5' }, skew_ms.p50);
        put({ ...labels, quantile: '0.95' }, skew_ms.p95);
      },
    ),
    measured('tutti_player_skew_now_ms', 'Positive = ahead of its room', [], ({ skew_ms }, labels, put) => {
      if (skew_ms) put(labels, skew_ms.now);
    }),
    measured(
      'tutti_player_skew_error_ms',
      'The skew is wrong by no more',
      [],
      ({ error_ms }, labels, put) => {
        if (error_ms !== undefined) put(labels, error_ms);
      },
    ),
    measured(
      'tutti_player_sync_state',
      '1 for the state a player is in while its room plays',
      ['state'],
      ({ state }, labels, put) => put({ ...labels, state }, 1),
    ),
  ];
}

function correctionCounter(library: Library, registry: Registry, { measurements }: MetricSources): Fill {
  const spec = {
    name: 'tutti_player_corrections_total',
    help: 'How often a player was brought back to its room',
    labels: ['player_id', 'kind'],
  };
  return family(library, registry, spec, (put) => {
    for (const { player_id, kind, count } of measurements?.().corrections ?? [])
      put({ player_id, kind }, count);
  });
}

function serverGauges(library: Library, registry: Registry, sources: MetricSources): Fill[] {
  const one = (name: string, help: string, read: () => number): Fill =>
    family(library, registry, { name, help }, (put) => put({}, read()));
  const commands = (name: string, help: string, read: (time: CommandTime) => number): Fill =>
    family(library, registry, { name, help, labels: ['type', 'result'] }, (put) => {
      for (const time of sources.commands()) put({ type: time.type, result: time.result }, read(time));
    });
  return [
    one('tutti_websocket_clients', 'WebSocket clients connected', () => sources.clients()),
    one('tutti_websocket_writes_total', 'Writes to WebSocket clients', () => sources.sent().writes),
    one('tutti_websocket_bytes_total', 'Bytes written to WebSocket clients', () => sources.sent().bytes),
    commands('tutti_commands_total', 'Commands answered', ({ count }) => count),
    commands(
      'tutti_command_seconds_total',
      'Time from commands to their answers, altogether',
      ({ seconds }) => seconds,
    ),
  ];
}

function hubGauges(library: Library, registry: Registry, { hub, jobs }: MetricSources): Fill[] {
  const jobSpec = { name: 'tutti_jobs', help: 'Background jobs by state', labels: ['state'] };
  return [
    ...HUB_FAMILIES.map(({ read, ...spec }) => family(library, registry, spec, (put) => read(hub(), put))),
    family(library, registry, jobSpec, (put) => {
      for (const [state, count] of Object.entries(jobs())) put({ state }, count);
    }),
  ];
}

function busGauges(library: Library, registry: Registry, { bus }: MetricSources): Fill[] {
  if (!bus) return [];
  const one = (name: string, help: string, read: (now: BusMeasurements) => number): Fill =>
    family(library, registry, { name, help }, (put) => {
      const now = bus();
      if (now) put({}, read(now));
    });
  const by = (
    name: string,
    label: string,
    read: (now: BusMeasurements) => Readonly<Record<string, number>>,
  ): Fill =>
    family(library, registry, { name, help: `Messages of the bus by ${label}`, labels: [label] }, (put) => {
      const now = bus();
      if (now) for (const [value, count] of Object.entries(read(now))) put({ [label]: value }, count);
    });
  return [
    one('tutti_bus_connected', '1 while the bus between processes works', (now) => Number(now.connected)),
    one('tutti_bus_nodes', 'Other processes of this house that are heard', (now) => now.nodes),
    one('tutti_bus_breaks_total', 'How often the bus was lost', (now) => now.counts.breaks),
    one('tutti_bus_gaps_total', 'How often clients got everything afresh', (now) => now.gaps),
    by('tutti_bus_messages_total', 'way', ({ counts: { sent, received, unsent } }) => ({
      sent,
      received,
      unsent,
    })),
    by('tutti_bus_dropped_total', 'reason', (now) => ({ ...now.dropped, oversize: now.counts.oversize })),
  ];
}
