import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { within } from '../base/index.js';
import {
  bundle,
  bundleName,
  Doctor,
  houseChecks,
  machineChecks,
  namesOf,
  ownNetworks,
  partOf,
  secretsOf,
  waysOf,
  type HouseEyes,
  type SeenPlayer,
} from '../doctor/index.js';
import { packageRoot, version } from '../package-root.js';
import type { Players } from '../players/index.js';
import type { Rooms } from '../rooms/index.js';
import type { DownloadedFile } from '../server/index.js';
import type { State, Store } from '../state/index.js';
import { versionOf, type Db } from '../storage/index.js';
import type { Base } from './base.js';

export interface DoctorWiring {
  readonly store: Store;
  readonly players: Pick<Players, 'roundTrips'>;
  readonly rooms: Pick<Rooms, 'measurements'>;
  readonly db: Db;
  httpPort(this: void): number;
}

export interface OpenedDoctor {
  readonly handlers: Doctor['handlers'];
  /** Somebody fetches music from here: so the way from there to here is known. */
  fetched(this: void, address: string): void;
  /** A redacted bundle for who helps. */
  diagnostics(this: void, metrics: () => Promise<string>): Promise<DownloadedFile>;
}

const MOST_ADDRESSES = 256;
const LOOKUP_MS = 2_000;

/** The doctor of the running server, who sees what only the server knows. */
export function openDoctor(base: Base, wiring: DoctorWiring): OpenedDoctor {
  const { config, settings, clock, closers } = base;
  const { store, httpPort } = wiring;
  const fetchers = new Set<string>();
  const eyes = eyesOf(base, wiring, fetchers);
  const doctor = new Doctor({
    clock,
    checks: (askTime) => [
      ...machineChecks({
        config: { ...config, port: httpPort() },
        ways: waysOf({ root: packageRoot, ...settings.places }),
        version,
        askTime,
        sounding: () => eyes.players().filter(({ kind, loaded }) => kind === 'local' && loaded),
        schema: () => versionOf(wiring.db),
        corrections: () => sum(eyes.players().filter(({ kind }) => kind === 'local')),
      }),
      ...houseChecks(eyes, httpPort),
    ],
    tell: (items) => store.commit({ type: 'list/changed', list: 'checks', items }),
    forget: (ids) => store.commit({ type: 'list/removed', list: 'checks', ids }),
  });
  closers.add(() => doctor.close());
  return {
    handlers: doctor.handlers,
    fetched: (address) => {
      if (fetchers.size < MOST_ADDRESSES) fetchers.add(address);
    },
    diagnostics: (metrics) => diagnosticsOf(base, wiring, doctor, metrics),
  };
}

const sum = (players: readonly SeenPlayer[]): number =>
  players.reduce((total, { corrections }) => total + corrections, 0);

function eyesOf({ clock }: Base, wiring: DoctorWiring, fetchers: ReadonlySet<string>): HouseEyes {
  const { store, players, rooms, db } = wiring;
  const rate = db.prepare('SELECT sample_rate_hz FROM tracks WHERE track_id = ?');
  const rateOf = (trackId: string | undefined): number | undefined => {
    const found = trackId === undefined ? undefined : rate.get(trackId)?.['sample_rate_hz'];
    return typeof found === 'number' ? found : undefined;
  };
  return {
    players: () => seenPlayers(store.state, rooms.measurements(), rateOf),
    roundTrips: (playerId, signal) => players.roundTrips(playerId, signal),
    fetched: () => fetchers,
    networks: ownNetworks,
    addressOf: async (host, signal) => {
      if (isIP(host) !== 0) return host;
      const limit = { clock, what: `the address of ${host}`, ms: LOOKUP_MS, signal };
      return within(limit, async () => (await lookup(host, { family: 4 })).address).catch(() => undefined);
    },
  };
}

function seenPlayers(
  state: State,
  measured: ReturnType<Rooms['measurements']>,
  rateOf: (trackId: string | undefined) => number | undefined,
): SeenPlayer[] {
  const reports = new Map(measured.players.map(({ player_id, report }) => [player_id, report]));
  return [...state.players.values()].map(({ kept, live }) => {
    const room = state.rooms.get(kept.room_id);
    const item = room?.queue.items.find(({ item_id }) => item_id === room.kept.item_id);
    return {
      player_id: kept.player_id,
      kind: kept.kind,
      name: kept.name,
      address: kept.address,
      link: live.link,
      problem: live.problem,
      loaded: item?.track_id !== undefined && (room?.kept.intent === 'playing' || item.problem !== undefined),
      report: reports.get(kept.player_id),
      corrections: measured.corrections
        .filter(({ player_id }) => player_id === kept.player_id)
        .reduce((total, { count }) => total + count, 0),
      sample_rate_hz: rateOf(item?.track_id),
    };
  });
}

async function diagnosticsOf(
  { config, clock, ring }: Base,
  { store, db }: DoctorWiring,
  doctor: Doctor,
  metrics: () => Promise<string>,
): Promise<DownloadedFile> {
  const missing: string[] = [];
  const checks = await partOf('checks', clock, missing, () => doctor.findings());
  const text = await partOf('metrics', clock, missing, metrics);
  const token = await partOf('satellite token', clock, [], () =>
    readFile(join(config.data_dir, 'satellite-token'), 'utf8'),
  );
  const bytes = await bundle({
    clock,
    version,
    config,
    checks: checks ?? [],
    log: ring.lines(),
    metrics: text,
    state: shownState(store.state),
    known: [...secretsOf(db), (token ?? '').trim()],
    people: namesOf(db),
    missing,
  });
  return { name: bundleName(clock), bytes };
}

/** Rooms, players and work by their ids: no titles, no names, no addresses of the internet, nothing of parties. */
function shownState(state: State): object {
  return {
    rooms: [...state.rooms.values()].map(({ kept, live, queue, party }) => ({
      room_id: kept.room_id,
      player_ids: kept.player_ids,
      intent: kept.intent,
      repeat: kept.repeat,
      volume: kept.volume,
      muted: kept.muted,
      volume_limit: kept.volume_limit,
      quiet_hours: kept.quiet_hours,
      state: live.state,
      timeline: live.timeline,
      problem: live.problem,
      queue_length: queue.items.length,
      party: party !== undefined,
    })),
    players: [...state.players.values()].map(({ kept, live }) => ({
      player_id: kept.player_id,
      kind: kept.kind,
      origin: kept.origin,
      room_id: kept.room_id,
      address: kept.address,
      latency_ms: kept.latency_ms,
      link: live.link,
      problem: live.problem,
      version: live.version,
      capabilities: live.capabilities,
      sync_class: live.sync_class,
      status: live.status,
      outputs: live.outputs,
      elsewhere: live.elsewhere,
    })),
    jobs: [...state.jobs.values()].map(({ job_id, kind, state: is, progress, stage, error }) => ({
      job_id,
      kind,
      state: is,
      progress,
      stage,
      error: error?.message,
    })),
    lists: Object.fromEntries(Object.entries(state.lists).map(([name, items]) => [name, items.size])),
    library: state.library,
    notices: state.system.notices,
  };
}
