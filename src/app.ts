import { mkdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createSatellites, DRIVERS, snapcastDriver, startSnapServer } from '../drivers/index.js';
import {
  AppError,
  randomId,
  systemClock,
  systemRandom as random,
  type Clock,
  type Logger,
} from './base/index.js';
import { openActivity, type ActivityLog } from './activity/index.js';
import { House, openBus } from './bus/index.js';
import type { Config } from './config/index.js';
import { jobHandlers, Jobs } from './jobs/index.js';
import {
  makeDemoMusic,
  openLibrary,
  resolveStream,
  transcodeStream,
  type Library,
  type LibraryOptions,
  type Stream,
} from './library/index.js';
import { openMpdDoor, type MpdDoor } from './mpd-door/index.js';
import { packageRoot, version } from './package-root.js';
import { openPeople, type People } from './people/index.js';
import { satelliteToken } from './satellite/index.js';
import { Players, type DriverDefinition, type Found } from './players/index.js';
import type { Handlers, SystemState } from './protocol/index.js';
import { createRooms, guarded, Parties, type RoomParts, type Rooms } from './rooms/index.js';
import {
  commandRunner,
  openDoor,
  serverConfig,
  serverLimits,
  startServer,
  withSatellites,
  type RunningServer,
} from './server/index.js';
import { loadState, Playhead, resumedAt, sqliteKeeper, Store } from './state/index.js';
import { claimFolder, migrate, openDb, secret, type Claim, type Db, setting } from './storage/index.js';

export { DRIVERS };

export interface App {
  readonly port: number;
  readonly urls: readonly string[];
  readonly notices: SystemState['notices'];
  /** While sign-in is required and nobody is admin: where the first one is made, behind an address. Good once and for an hour. */
  readonly firstLink: string | undefined;
  close(): Promise<void>;
}

export interface AppOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly drivers?: readonly DriverDefinition[];
}

/** What is opened is closed in reverse order, also when a later part cannot be opened. */
class Closers {
  readonly #closers: (() => Promise<void> | void)[] = [];

  add(close: () => Promise<void> | void): void {
    this.#closers.unshift(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close();
  }
}

/** The composition root: opens the parts, wires them, listens. Rejects with an AppError that says what to change. */
export async function startApp(options: AppOptions): Promise<App> {
  const closers = new Closers();
  try {
    return await open(options, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function open(options: AppOptions, closers: Closers): Promise<App> {
  const { config, log, clock = systemClock } = options;
  const runtimeDir = join(config.data_dir, 'run');
  const { db, store, claim } = await openState(config, closers, clock, log);

  const listening: { port: number } = { port: config.port };
  const token = await satelliteToken(config.data_dir);
  const satellites = createSatellites({
    token,
    clock,
    log,
    found: (definition, found) => players.found(definition, found),
  });
  closers.add(() => satellites.close());
  const snapcast = await listenForSnapclients(config, clock, log, (definition, found) =>
    players.found(definition, found),
  );
  closers.add(() => snapcast.close());
  const drivers = [
    ...offered(options.drivers ?? DRIVERS, config),
    satellites.definition,
    ...snapcast.drivers,
  ];
  const players: Players = new Players({
    drivers,
    store,
    clock,
    log,
    random,
    httpPort: () => listening.port,
    runtimeDir,
  });
  const libraryDb = openDb(join(config.data_dir, 'tutti.db'));
  closers.add(() => libraryDb.close());
  const jobs = new Jobs({ db, store, clock, log });
  closers.add(() => jobs.close());
  const activity = openActivity({ db, store, clock, album: (id) => library.album(id) });
  const library: Library = await libraryOf(config, libraryDb, store, clock, log, {
    mediaKey: secret(db, 'media'),
    openJob: (full) => jobs.open({ kind: 'library-scan', title: 'Library scan', params: { full } }),
    onNewAlbums: (albums, first) => activity.newAlbums(albums, first),
  });
  jobs.onRetry('library-scan', ({ full }) => library.scan(full === true));
  closers.add(() => library.close());
  const stream = (url: string): Promise<Stream> => resolveStream(url, clock);
  const { rooms, parties } = openRooms(
    { store, players, library: { ...library, stream }, clock, log, random },
    closers,
  );
  closers.add(() => players.close());
  const people = peopleOf(config, { db, store, clock, log }, token);
  claim.onKnock(() => people.reread());
  closers.add(() => people.close());

  const background = { ...jobHandlers(jobs), ...activity.handlers };
  const parts: Parts = {
    store,
    clock,
    log,
    library,
    players,
    rooms,
    parties,
    satellites,
    background,
    people,
  };
  const server = await serve(config, parts);
  listening.port = server.port;
  closers.add(() => server.close());
  parts.house = await openHouse(config, parts, server, closers);
  await players.start(config.players, config.mdns);
  await library.start();
  const mpd = await listenForMpd(config, { store, clock, log, people, library }, db, server);
  closers.add(() => mpd.close());
  const others = [...snapcast.notices, ...mpd.notices];
  const notices = settleNotices(store, players, config, drivers, others);
  const firstLink = people.firstLink();
  return { port: server.port, urls: server.urls, notices, firstLink, close: () => closers.close() };
}

/** What is on disk, and the store that keeps it there. This data folder is ours alone from here on. */
async function openState(
  config: Config,
  closers: Closers,
  clock: Clock,
  log: Logger,
): Promise<{ readonly db: Db; readonly store: Store; readonly claim: Claim }> {
  const claim = await claimFolder(config.data_dir);
  closers.add(() => claim.release());
  const db = openDb(join(config.data_dir, 'tutti.db'));
  closers.add(() => db.close());
  migrate(db);

  const playheadPath = join(config.data_dir, 'playhead');
  const state = resumedAt(loadState(db, version), playheadPath, clock.wallMs());
  const store = new Store({ state, epoch: randomId(), keeper: sqliteKeeper(db) });
  closers.add(() => store.flush());
  const playhead = new Playhead({ path: playheadPath, store, clock, log });
  closers.add(() => playhead.close());
  return { db, store, claim };
}

/** Everybody who may come in, satellites among them. */
function peopleOf(
  config: Config,
  { db, store, clock, log }: Pick<Parts, 'store' | 'clock' | 'log'> & { readonly db: Db },
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
  const entrance = people.entrance.mode === 'open' ? openDoor : withSatellites(people.entrance, token);
  return { ...people, entrance };
}

/** Rooms, and the parties in them: each needs the other. */
function openRooms(parts: RoomParts, closers: Closers): { readonly rooms: Rooms; readonly parties: Parties } {
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

interface Snapclients {
  readonly drivers: readonly DriverDefinition[];
  readonly notices: SystemState['notices'];
  close(): Promise<void>;
}

/** The server that snapclients connect to. Where another one has its port already, all else goes on without. */
async function listenForSnapclients(
  config: Config,
  clock: Clock,
  log: Logger,
  found: (definition: DriverDefinition, found: Found) => void,
): Promise<Snapclients> {
  if (!config.snapcast) return { drivers: [], notices: [], close: () => Promise.resolve() };
  const { snapcast_host: host = config.host, snapcast_port: port, snapcast_codec: codec } = config;
  const announce = config.mdns && !/^(127\.|localhost$|::1$)/.test(host);
  try {
    const server = await startSnapServer({
      host,
      port,
      codec,
      buffer_ms: config.snapcast_buffer_ms,
      clock,
      log,
      announce,
      onClient: (client) => found(driver, client),
    });
    const driver = snapcastDriver(server);
    return { drivers: [driver], notices: [], close: () => server.close() };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'ERR_CONFLICT') throw error;
    log.warn({ host, port, reason: error.message }, 'no Snapcast server');
    const message = `Snapclients cannot connect: another program has port ${port}, perhaps a snapserver. Stop it, or set snapcast_port.`;
    const notice = { notice_id: 'snapcast-port', level: 'warning', message } as const;
    return { drivers: [], notices: [notice], close: () => Promise.resolve() };
  }
}

/** Without `local_output` the drivers find nothing on this machine; players named in the config still work. */
function offered(drivers: readonly DriverDefinition[], config: Config): readonly DriverDefinition[] {
  return config.local_output ? drivers : drivers.map(({ local: _local, ...definition }) => definition);
}

async function libraryOf(
  config: Config,
  db: Db,
  store: Store,
  clock: Clock,
  log: Logger,
  others: Pick<LibraryOptions, 'mediaKey' | 'openJob' | 'onNewAlbums'>,
): Promise<Library> {
  const demo = config.music_dir === undefined;
  const musicDir = config.music_dir ?? join(config.data_dir, 'demo-music');
  if (demo) await makeDemoMusic(musicDir);
  const cacheDir = join(config.data_dir, 'artwork');
  await mkdir(cacheDir, { recursive: true });
  return openLibrary({
    db,
    musicDir,
    cacheDir,
    clock,
    log,
    demo,
    watch: config.watch,
    ...others,
    onState: (library) => store.commit({ type: 'library/state', library }),
    onUpdated: (data) => store.tell({ type: 'library:updated', topic: 'library', data }),
  });
}

interface Parts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly library: Library;
  readonly players: Players;
  readonly rooms: Rooms;
  readonly parties: Parties;
  readonly satellites: ReturnType<typeof createSatellites>;
  readonly background: ReturnType<typeof jobHandlers> & ActivityLog['handlers'];
  readonly people: People;
  house?: House;
}

/** The way to gateways, if there is a bus on which there can be any. */
async function openHouse(
  config: Config,
  { store, clock, log, parties, people }: Parts,
  server: RunningServer,
  closers: Closers,
): Promise<House> {
  const bus = await openBus({ address: config.bus, clock, log, random });
  closers.add(() => bus.close());
  const house = await House.open({
    bus,
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

function serve(config: Config, parts: Parts): Promise<RunningServer> {
  const { store, clock, log, library, players, rooms, parties, satellites, background, people } = parts;
  const handlers: Handlers = {
    ...library.handlers,
    ...players.handlers,
    ...guarded(rooms.handlers, store, parties.people),
    ...parties.handlers,
    ...satellites.handlers,
    ...background,
    ...people.handlers,
    'system:status': () => store.state.system,
  };
  const webRoot = join(packageRoot, 'dist', 'web');
  return startServer({
    config: serverConfig(config, existsSync(webRoot) ? webRoot : undefined),
    limits: serverLimits(config),
    version,
    clock,
    log,
    feed: store,
    run: commandRunner(handlers, log.child({ part: 'commands' })),
    door: people.entrance,
    media: (token) => library.media(token),
    left: (connectionId) => parties.gone(connectionId),
    artwork: (id, size) => library.artwork(id, size),
    measurements: () => rooms.measurements(),
    bus: () => parts.house?.measurements(),
    transcode: ({ path, transcode = 'flac' }, startSeconds, signal) =>
      transcodeStream({ path, to: transcode, startSeconds, signal }).stream,
  });
}

/** Every room as an MPD server with a port of its own. */
function listenForMpd(
  { host, mpd_port: port, mdns }: Config,
  { store, clock, log, people, library }: Pick<Parts, 'store' | 'clock' | 'log' | 'people' | 'library'>,
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

/** What the page says about this installation. Without any player there is a silent one, so that everything can be tried. */
function settleNotices(
  store: Store,
  players: Players,
  config: Config,
  drivers: readonly DriverDefinition[],
  others: SystemState['notices'],
): SystemState['notices'] {
  const silent = drivers.find((driver) => driver.kind === 'null');
  if (store.state.players.size === 0 && silent)
    players.found(silent, { key: 'silent', name: 'Silent output', options: {} });
  const notices: SystemState['notices'] = [...others];
  if ([...store.state.players.values()].every(({ kept }) => kept.kind === 'null')) {
    const message =
      'No loudspeaker was found: nothing is heard, everything else works. Add a player, or install mpv and plug in a sound card.';
    notices.push({ notice_id: 'silent-output', level: 'warning', message });
  }
  if (config.music_dir === undefined) {
    const message =
      'No music folder is set: these are demo tracks. Set TUTTI_MUSIC_DIR, or music_dir in tutti.yaml.';
    notices.push({ notice_id: 'demo-music', level: 'info', message });
  }
  store.commit({ type: 'system/notices', notices });
  return notices;
}
