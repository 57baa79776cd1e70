import { join } from 'node:path';
import { codeOf, isDiskRefusal, isForbidden, systemRandom as random, toError } from '../base/index.js';
import { busAddress, Seal, type Bus } from '../bus/index.js';
import { AttemptLedger, openQueue, type JobQueue, type SharedHouse } from '../jobs/index.js';
import {
  attemptsOf,
  Candidates,
  examineWork,
  Exports,
  fateOf,
  fateOfRest,
  Flow,
  Imports,
  News,
  openDownloads,
  openTargets,
  reviewHandlers,
  sourceSettings,
  WorkspaceNews,
  workspaceOf,
  type Downloads,
  type Fate,
  type Targets,
} from '../pipeline/index.js';
import { defaultTags, type TagReader } from '../library/index.js';
import type { CommandType, Handlers } from '../protocol/index.js';
import type { Rooms } from '../rooms/index.js';
import type { Store } from '../state/index.js';
import { prepareFolder, type Db } from '../storage/index.js';
import type { Base } from './base.js';
import { followDownloads } from './follow-downloads.js';
import { guardJobs } from './guard-jobs.js';
import { openHouseSchedules, type HouseSchedules } from './house-schedules.js';
import { openIdentify } from './open-identify.js';
import { openImport, type OpenedImport } from './open-import.js';
import type { OpenedLibrary } from './open-library.js';
import { playWish } from './play-wish.js';
import { WishKeeper } from './wish-keeper.js';

/** What the pipeline does for everybody who asks. */
export type PipelineCommand =
  | Extract<
      CommandType,
      | `download:${string}`
      | `upload:${string}`
      | `feed:${string}`
      | `import:${string}`
      | `trash:${string}`
      | `export:${string}`
      | `schedule:${string}`
      | `target:${string}`
    >
  | 'library:delete';

export interface OpenedPipeline {
  readonly handlers: Handlers<PipelineCommand>;
  readonly upload: Downloads['upload'];
  /** What the last life of the server was doing is ended or undone. Before the library is scanned. */
  recover(): Promise<void>;
  /** Work begins. After the library has started. */
  start(): void;
}

export interface PipelineParts {
  readonly db: Db;
  readonly store: Store;
  readonly music: OpenedLibrary;
  readonly rooms: Pick<Rooms, 'wishes' | 'handlers'>;
  readonly bus: Bus;
  /** What else comes by the clock. */
  readonly schedules: HouseSchedules['others'];
}

/** From a wish to the shelf: everything by which music comes in and goes out, wired. */
export async function openPipeline(base: Base, parts: PipelineParts): Promise<OpenedPipeline> {
  const { config, clock, log, closers } = base;
  const { db, store, music } = parts;
  const workspace = workspaceOf(config);
  for (const folder of ['incoming', 'candidates', 'details', 'exports'])
    await prepareFolder(join(workspace, folder), log, 0o700);
  const tags = openTags(base);
  const queue = await openQueue({ db, jobs: music.jobs, clock, log, random, ...sharedOf(base, parts.bus) });
  closers.add(() => queue.close());
  const identifying = openIdentify(base);
  const targets: Targets = openHouseTargets(base, parts, () => importing);
  closers.add(() => targets.close());
  const candidates = new Candidates({ db, store, clock, workspace });
  const importing = openImport(base, {
    music,
    tags,
    outbox: targets.outbox,
    restored: (candidateId, folder) => flow.restored(candidateId, folder),
  });
  const { flow, handlers: review } = openFlow(base, { ...parts, queue, candidates, identifying, importing });
  const downloads = await openSources(base, { ...parts, queue, flow, wished: (id) => wishes.added(id) });
  const fate = (downloadId: string): Fate =>
    fateOf(store.state.lists.downloads.get(downloadId), candidates.of(downloadId));
  const wishes = new WishKeeper({
    store,
    wishes: parts.rooms.wishes,
    fate: (id) => fateOfRest(store.state.lists.downloads.get(id), candidates.of(id)),
    queued: (id) => candidates.queued(id),
    begin: (id) => playWish({ ...parts, log }, downloads.desk.wantedIn(id)),
    log,
  });
  closers.add(() => wishes.close());
  closers.add(followDownloads({ store, downloads, fate, activity: music.activity }));
  const exported = openExports(base, parts, queue);
  const { importer } = importing;
  const { jobs, activity } = music;
  guardJobs(jobs, { downloads, candidates, exported });
  const working = { jobs, activity, flow, downloads, importer, identifying };
  const schedules = openHouseSchedules(base, { ...parts, ...working, others: parts.schedules });
  return {
    handlers: {
      ...downloads.handlers,
      ...review,
      ...importer.trash.handlers,
      ...exported.handlers,
      ...targets.handlers,
      ...schedules.handlers,
    },
    upload: (piece) => downloads.upload(piece),
    recover: () => recovered(importing, log),
    start() {
      flow.start();
      queue.start();
      downloads.start();
      targets.start();
      schedules.start();
      wishes.settle();
    },
  };
}

/** Closed after everybody who reads with it. */
function openTags({ clock, log, closers }: Base): TagReader {
  const tags = defaultTags({ clock, log });
  closers.add(() => tags.close());
  return tags;
}

function openHouseTargets(
  { clock, log }: Base,
  { store, music }: PipelineParts,
  importing: () => OpenedImport,
): Targets {
  return openTargets({
    db: music.db,
    store,
    clock,
    log,
    random,
    jobs: music.jobs,
    musicDir: music.musicDir,
    libraryThere: () => importing().importer.libraryThere(),
    albumFolder: (albumId) => importing().albumFolder(albumId),
    titleOf: (path) => music.library.intake.titleAt(path),
  });
}

/** Where there is a bus, work is shared with every `tutti worker` on it. */
function sharedOf({ config }: Base, bus: Bus): { readonly shared?: SharedHouse } {
  if (config.bus === undefined) return {};
  const { bus_name: name, bus_secret } = config;
  return { shared: { redis: busAddress(config.bus), name, seal: new Seal(bus_secret), signals: bus } };
}

interface FlowWiring extends PipelineParts {
  readonly queue: JobQueue;
  readonly candidates: Candidates;
  readonly identifying: ReturnType<typeof openIdentify>;
  readonly importing: OpenedImport;
}

function openFlow(
  { config, clock, log, closers }: Base,
  { db, store, music, queue, candidates, identifying, importing }: FlowWiring,
): { readonly flow: Flow; readonly handlers: ReturnType<typeof reviewHandlers> } {
  const { activity, jobs } = music;
  const files = new WorkspaceNews(store, clock);
  closers.add(() => files.close());
  const news = new News({
    store,
    files,
    notify: (userId, note) => activity.notify(userId, note),
    happened: (happening) => activity.add([happening]),
  });
  const imports = new Imports({
    candidates,
    jobs,
    clock,
    log,
    news,
    duplicates: (examined, match) => importing.importer.duplicates.find(examined, match),
    import: (plan, progress, signal) => importing.importer.run(plan, progress, signal),
  });
  closers.add(() => imports.close());
  const flow = new Flow({
    db,
    store,
    clock,
    log,
    workspace: workspaceOf(config),
    queue,
    jobs,
    candidates,
    imports,
    news,
    examine: examineWork(importing.tags),
    identify: identifying.identify,
  });
  closers.add(() => flow.close());
  for (const kind of ['identify', 'import'])
    jobs.onRetry(kind, ({ candidate_id }) => flow.retry(String(candidate_id)));
  const handlers = reviewHandlers({
    candidates,
    flow,
    imports,
    search: identifying.search,
    trash: (candidate, folder, username) => importing.reject(candidate, folder, username),
    hasAlbum: (albumId) => music.library.album(albumId) !== undefined,
  });
  return { flow, handlers };
}

interface SourcesWiring extends PipelineParts {
  readonly queue: JobQueue;
  readonly flow: Flow;
  wished(downloadId: string): void;
}

async function openSources(base: Base, parts: SourcesWiring): Promise<Downloads> {
  const { config, clock, log, closers } = base;
  const { db, store, queue, flow, rooms } = parts;
  const { wishes } = rooms;
  const downloads = await openDownloads({
    db,
    store,
    clock,
    log,
    queue,
    settings: sourceSettings(config, clock),
    attempts: attemptsOf(new AttemptLedger({ db, clock })),
    import_dir: config.import_dir,
    onArrived: async ({ download_id, folder, title, source, username, user_id }) => {
      const whose = { download_id, username, user_id };
      const ids = await flow.arrived({ arrival_id: download_id, folder, title, source, ...whose });
      return ids[0] === undefined ? {} : { candidate_id: ids[0] };
    },
    onReady: async ({ folder, title, fingerprint }) => {
      const keep = config.import_keep;
      await flow.arrived({ arrival_id: `watch:${fingerprint}`, folder, title, source: 'watch', keep });
    },
    wish: (room_id, { download_id, title }, caller) => {
      parts.wished(download_id);
      return wishes.add({ room_id, download_id, title }, caller);
    },
  });
  closers.add(() => downloads.close());
  return downloads;
}

function openExports(
  { config, clock, log }: Base,
  { db, store, music }: PipelineParts,
  queue: JobQueue,
): Exports {
  const { library, musicDir, activity } = music;
  return new Exports({
    db,
    store,
    queue,
    clock,
    log,
    library,
    musicDir,
    folders: {
      closed: [musicDir, config.data_dir],
      get exportDirs() {
        return config.export_dirs;
      },
      get reserveBytes() {
        return config.space_reserve_mb * 1024 * 1024;
      },
    },
    workspace: join(workspaceOf(config), 'exports'),
    hearted: (userId) => activity.hearted(userId),
    notify: (userId, note) => activity.notify(userId, note),
  });
}

/** Music that can only be read plays too: what could not be ended there is tried again before anything is changed. */
async function recovered({ importer }: Pick<OpenedImport, 'importer'>, log: Base['log']): Promise<void> {
  try {
    await importer.recover();
  } catch (error) {
    if (codeOf(error) !== 'ERR_DISK' && !isDiskRefusal(error) && !isForbidden(error)) throw error;
    log.error({ error: toError(error).message }, 'what an import had begun is left as it is');
  }
}
