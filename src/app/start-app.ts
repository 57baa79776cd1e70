import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  deferred,
  HouseTime,
  systemPlace,
  LogRing,
  openWall,
  systemClock,
  minuteOfDay,
  systemRandom as random,
  type Clock,
  type Logger,
} from '../base/index.js';
import { House, openBus, Recall, type Bus } from '../bus/index.js';
import { urlHere, type Config } from '../config/index.js';
import { resolveStream, transcodeStream, type Library, type Stream } from '../library/index.js';
import { openMpdDoor, type MpdDoor } from '../mpd-door/index.js';
import { packageRoot, version } from '../package-root.js';
import { AddressGuard } from '../net/index.js';
import { openPeople, type People } from '../people/index.js';
import { satelliteToken } from '../satellite/index.js';
import type { DriverDefinition, Players } from '../players/index.js';
import type { Hardware } from '../hardware/index.js';
import type { Handlers, SystemState } from '../protocol/index.js';
import { createRooms, guarded, LimitsOfRoles, Parties, type RoomParts, type Rooms } from '../rooms/index.js';
import {
  commandRunner,
  openDoor,
  serverConfig,
  serverLimits,
  startServer,
  withSatellites,
  type RunningServer,
} from '../server/index.js';
import { fixedSettings, type HouseSettings } from '../settings/index.js';
import type { Store } from '../state/index.js';
import { ownedByOthers, setting, type Db, type DiskWatch } from '../storage/index.js';
import type { Base } from './base.js';
import { beginMusic } from './begin-music.js';
import { Closers } from './closers.js';
import { followSettings } from './follow-settings.js';
import { whileDiskTakes } from './gate-disk.js';
import { settleNotices } from './notices.js';
import { openAlarms, type OpenedAlarms } from './open-alarms.js';
import { openDoctor as openHouseDoctor, type OpenedDoctor } from './open-doctor.js';
import { openMachineHardware } from './open-hardware.js';
import { openMusic, type OpenedLibrary } from './open-library.js';
import { openPipeline, type OpenedPipeline } from './open-pipeline.js';
import { openPlayers, type OpenedPlayers } from './open-players.js';
import { openPower, type OpenedPower } from './open-power.js';
import { openState, type Kept } from './open-state.js';
import { resumeLater } from './resume-later.js';

export interface App {
  readonly port: number;
  readonly urls: readonly string[];
  readonly notices: SystemState['notices'];
  /** While sign-in is required and nobody is admin: where the first one is made, behind an address. Good once and for an hour. */
  readonly firstLink: string | undefined;
  /** Resolves, with the reason, when a part wants this app closed and another started in its place: a backup is restored. */
  readonly wantsRestart: Promise<string>;
  /** Whether all of it has come to its end: not so when a disk that is gone holds something. */
  close(): Promise<boolean>;
}

export interface AppOptions {
  readonly config: Config;
  /** Where `config` is from, and how it may change; absent: never. */
  readonly settings?: HouseSettings;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly drivers?: readonly DriverDefinition[];
  /** For sockets of helper programs (mode 0700, ours); default `run` in the data folder. */
  readonly runtimeDir?: string | undefined;
  /** What `TZ` says to this process. */
  readonly tz?: string | undefined;
  /** Resolves when it is to end again: a start then waits for nothing. */
  readonly leaving?: Promise<unknown>;
  /** What was found damaged before this, in sentences for people. */
  readonly lost?: readonly string[];
}

/** The composition root: opens the parts, wires them, listens. Rejects with an AppError that says what to change. */
export async function startApp(options: AppOptions): Promise<App> {
  const { config, clock = systemClock } = options;
  const ring = new LogRing(clock);
  const log = ring.through(options.log);
  const { settings = fixedSettings(config, { clock, log }) } = options;
  const closers = new Closers({ clock, log });
  try {
    const wall = openWall({ clock, file: join(config.data_dir, 'clock'), log });
    closers.add(() => wall.close());
    const ended = deferred<string>();
    const restart = (reason: string): void => ended.resolve(reason);
    const local = new HouseTime({
      chosen: () => config.time_zone,
      clock: wall,
      log,
      probe: systemPlace(options.tz),
    });
    closers.add(() => local.close());
    settings.follow(['time_zone'], () => local.look());
    const base = { config, settings, log, ring, clock: wall, local, closers, restart };
    return {
      ...(await open(base, { ...options, claimed: () => wall.start() })),
      wantsRestart: ended.promise,
    };
  } catch (error) {
    await closers.close();
    throw ownedByOthers(error, config.data_dir);
  }
}

interface Parts {
  readonly store: Store;
  readonly library: Library;
  readonly folder: OpenedLibrary['folder'];
  readonly players: Players;
  readonly rooms: Rooms;
  readonly parties: Parties;
  readonly satellites: OpenedPlayers['satellites'];
  readonly background: OpenedLibrary['background'];
  readonly people: People;
  readonly pipeline: OpenedPipeline;
  readonly hardware: Hardware;
  readonly alarms: OpenedAlarms;
  readonly doctor: OpenedDoctor;
  readonly power: OpenedPower;
  readonly disk: DiskWatch;
  readonly undecided: Kept['undecided'];
  readonly shared: Shared;
  house?: House;
}

/** The bus to gateways, and what all processes of the house remember together. */
interface Shared {
  readonly bus: Bus;
  readonly recall: Recall;
}

type OpenOptions = Omit<AppOptions, 'config' | 'log'> & { claimed(this: void): void };

async function open(base: Base, options: OpenOptions): Promise<Omit<App, 'wantsRestart'>> {
  const { config, closers } = base;
  const listening: { port: number } = { port: config.port };
  const { parts, db, claim, notices: found } = await openParts(base, options, listening);
  const { players, store } = parts;
  const handlers = handlersOf(base, parts);
  const server = await serve(base, parts, handlers);
  listening.port = server.port;
  claim.reachedAt(urlHere({ ...config, port: server.port }));
  closers.add(() => server.close());
  parts.house = await openHouse(base, parts, server);
  await players.start(config.players, config.mdns);
  await beginMusic(base, { ...parts, leaving: options.leaving });
  await parts.hardware.start(server.run);
  const run = commandRunner(handlers, base.log.child({ part: 'alarms' }));
  closers.add(resumeLater({ ...base, store, run, undecided: parts.undecided }));
  parts.alarms.start(run, parts.rooms.fades);
  const mpd = await listenForMpd(base, parts, db, server);
  closers.add(() => mpd.close());
  const notices = settleNotices(store, players, config, found.drivers, [...found.notices, ...mpd.notices]);
  followSettings(base.settings, { server, players, store, restart: base.restart });
  closers.add(() => base.settings.close());
  parts.power.start();
  const firstLink = parts.people.firstLink();
  return { port: server.port, urls: server.urls, notices, firstLink, close: () => closers.close() };
}

interface OpenedParts {
  readonly parts: Parts;
  readonly db: Db;
  readonly claim: Kept['claim'];
  readonly notices: Pick<OpenedPlayers, 'drivers' | 'notices'>;
}

/** Every part of the house, before anybody is listened to and anything begins. */
async function openParts(
  base: Base,
  { drivers, runtimeDir, lost, claimed }: OpenOptions,
  listening: { readonly port: number },
): Promise<OpenedParts> {
  const { config, clock, closers } = base;
  const kept = await openState(base, runtimeDir);
  claimed();
  const { db, store } = kept;
  const token = await satelliteToken(config.data_dir);
  const opened = await openPlayers(base, {
    store,
    satelliteToken: token,
    drivers,
    runtimeDir: runtimeDir ?? (kept.borrowed ? dirname(kept.dbFile) : undefined),
    httpPort: () => listening.port,
  });
  const { players, satellites } = opened;
  const music = await openMusic(base, kept);
  const { library, folder, background } = music;
  const guard = new AddressGuard({ clock, allow: config.allow_private_addresses });
  const stream = (url: string): Promise<Stream> => resolveStream(url, { clock, guard });
  const alarms = openAlarms(base, kept);
  const played = (trackId: string): void => {
    library.played(trackId);
    kept.playhead.goAlong();
  };
  const sounds = { ...library, stream };
  const rules = rulesOf(base, db, alarms);
  const { rooms, parties } = openRooms(base, { store, players, library: sounds, played, ...rules });
  closers.add(() => players.close());
  const people = openEntrance(base, kept, token);

  const shared = await openShared(base);
  const power = openPower(base, { ...kept, lost: [...(lost ?? []), ...kept.lost] }, music.jobs);
  const { schedules } = power;
  const pipeline = await openPipeline(base, { db, store, music, rooms, schedules, bus: shared.bus });
  const hardware = openMachineHardware(base, kept);
  const doctor = openHouseDoctor(base, { store, players, rooms, db, httpPort: () => listening.port });
  const parts: Parts = {
    store,
    library,
    folder,
    players,
    rooms,
    parties,
    satellites,
    background,
    people,
    pipeline,
    hardware,
    alarms,
    doctor,
    power,
    disk: kept.disk,
    undecided: kept.undecided,
    shared,
  };
  return { parts, db, claim: kept.claim, notices: opened };
}

/** How loud it may be, and when. */
function rulesOf(
  { local }: Base,
  db: Db,
  { excused, fades }: OpenedAlarms,
): Pick<RoomParts, 'localMinutes' | 'excused' | 'fades' | 'roleLimits'> {
  const localMinutes = (ms: number): number => minuteOfDay(ms, local.offsetAt);
  return { localMinutes, excused, fades, roleLimits: new LimitsOfRoles(setting(db, 'levels/roles')) };
}

/** Everybody who may come in, satellites among them. */
function openEntrance(
  { config, clock, log, closers }: Base,
  { db, store, claim }: Kept,
  token: string,
): People {
  const people = openPeople({
    db,
    clock,
    log,
    mode: config.auth,
    knowsRoom: (roomId) => store.state.rooms.has(roomId),
    changed: () => store.tell({ type: 'people:changed', topic: 'people', data: {} }),
  });
  claim.onKnock(() => people.reread());
  closers.add(clock.onTurn((turn) => people.clockSet(turn)));
  closers.add(() => people.close());
  const entrance = people.entrance.mode === 'open' ? openDoor : withSatellites(people.entrance, token);
  return { ...people, entrance };
}

/** Rooms, and the parties in them: each needs the other. */
function openRooms(
  { clock, log, closers }: Base,
  house: Omit<RoomParts, 'clock' | 'log' | 'random'>,
): { readonly rooms: Rooms; readonly parties: Parties } {
  const parts = { ...house, clock, log, random };
  const parties = new Parties({
    store: parts.store,
    clock: parts.clock,
    skip: async (room_id) =>
      rooms.handlers['room:next']({ room_id }, { connection_id: 'party', role: 'user' }),
  });
  closers.add(() => parties.close());
  const rooms: Rooms = createRooms({ ...parts, people: parties.people });
  closers.add(() => rooms.close());
  return { rooms, parties };
}

async function openShared({ config, clock, log, closers }: Base): Promise<Shared> {
  const bus = await openBus({ address: config.bus, clock, log, random });
  closers.add(() => bus.close());
  const recall = new Recall({ bus, name: config.bus_name, secret: config.bus_secret, clock, log });
  closers.add(() => recall.close());
  return { bus, recall };
}

/** The way to gateways, if there is a bus on which there can be any. */
async function openHouse(
  { config, clock, log, closers }: Base,
  { store, parties, people, shared }: Parts,
  server: RunningServer,
): Promise<House> {
  const house = await House.open({
    ...shared,
    name: config.bus_name,
    secret: config.bus_secret,
    version,
    clock,
    log,
    feed: store,
    run: server.run,
    entrance: people.entrance,
    left: (connectionId) => parties.gone(connectionId),
    url: () => config.house_url ?? server.urls[0] ?? '',
  });
  closers.add(() => house.close());
  return house;
}

/** What the house does when it is asked. */
function handlersOf({ settings }: Base, parts: Parts): Handlers {
  const { store, library, players, rooms, parties } = parts;
  return {
    ...library.handlers,
    ...players.handlers,
    ...guarded(rooms.handlers, store, parties.people),
    ...parties.handlers,
    ...parts.satellites.handlers,
    ...parts.background,
    ...parts.pipeline.handlers,
    ...settings.handlers,
    ...parts.hardware.handlers,
    ...parts.alarms.handlers,
    ...parts.doctor.handlers,
    ...parts.power.handlers,
    ...parts.people.handlers,
    'system:status': () => store.state.system,
  };
}

function serve({ config, clock, log }: Base, parts: Parts, handlers: Handlers): Promise<RunningServer> {
  const { store, library, rooms, parties, people, pipeline } = parts;
  const { recall } = parts.shared;
  const webRoot = join(packageRoot, 'dist', 'web');
  return startServer({
    config: serverConfig(config, existsSync(webRoot) ? webRoot : undefined),
    limits: serverLimits(config),
    version,
    clock,
    log,
    feed: store,
    run: recall.remembered(
      commandRunner(
        whileDiskTakes(handlers, () => parts.disk.fault()),
        log.child({ part: 'commands' }),
      ),
    ),
    ...(config.bus !== undefined && { resume: recall.resume }),
    door: people.entrance,
    media: (token) => library.media(token),
    left: (connectionId) => {
      recall.left(connectionId);
      parties.gone(connectionId);
    },
    artwork: (id, size) => library.artwork(id, size),
    fetched: parts.doctor.fetched,
    diagnostics: parts.doctor.diagnostics,
    upload: pipeline.upload,
    backups: parts.power,
    measurements: () => rooms.measurements(),
    bus: () => parts.house?.measurements(),
    transcode: ({ path, transcode = 'flac' }, startSeconds, signal) =>
      transcodeStream({ path, to: transcode, startSeconds, signal }).stream,
  });
}

/** Every room as an MPD server with a port of its own. */
function listenForMpd(
  { config: { host, mpd_port: port, mdns }, clock, log }: Base,
  { store, people, library }: Pick<Parts, 'store' | 'people' | 'library'>,
  db: Db,
  { run }: RunningServer,
): Promise<MpdDoor> {
  return openMpdDoor({
    host,
    port,
    mdns,
    store,
    clock,
    log,
    run,
    door: people.entrance,
    library: library.handlers,
    artwork: (id, size) => library.artwork(id, size),
    kept: setting(db, 'mpd/ports'),
  });
}
