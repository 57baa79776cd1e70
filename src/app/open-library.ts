import { join } from 'node:path';
import { openActivity, type ActivityLog } from '../activity/index.js';
import { isDiskRefusal, toError } from '../base/index.js';
import { jobHandlers, Jobs } from '../jobs/index.js';
import { makeDemoMusic, openLibrary, type Library, type LibraryOptions } from '../library/index.js';
import { openDb, prepareFolder, secret, type Db } from '../storage/index.js';
import type { Store } from '../state/index.js';
import type { Base } from './base.js';
import { MusicFolder } from './music-folder.js';
import type { Kept } from './open-state.js';
import { alarmTone } from './open-alarms.js';

export interface OpenedLibrary {
  readonly library: Library;
  readonly activity: ActivityLog;
  readonly jobs: Jobs;
  /** The same file as the state, by a connection of its own: what joins a transaction with tracks goes through this one. */
  readonly db: Db;
  readonly musicDir: string;
  readonly folder: MusicFolder;
  /** Handlers of what is done in the background and what happened lately. */
  readonly background: ReturnType<typeof jobHandlers> & ActivityLog['handlers'];
}

/** The music, the jobs that look after it, and what people hear of both. */
export async function openMusic(base: Base, { db, dbFile, store }: Kept): Promise<OpenedLibrary> {
  const { config, clock, log, closers } = base;
  const libraryDb = openDb(dbFile);
  closers.add(() => libraryDb.close());
  const jobs = new Jobs({ db, store, clock, log });
  closers.add(() => jobs.close());
  const activity = openActivity({
    db,
    store,
    clock,
    album: (id) => library.album(id),
    track: (id) => library.track(id),
    artist: (id) => library.artist(id),
  });
  const library: Library = await libraryOf(base, libraryDb, store, {
    mediaKey: secret(db, 'media'),
    own: await alarmTone(base),
    onLooked: () => void folder.look(true),
    openJob: (full) => jobs.open({ kind: 'library-scan', title: 'Library scan', params: { full } }),
    onNewAlbums: (albums, first, origin) => activity.newAlbums(albums, first, origin),
  });
  // Whoever may begin a scan may end it: it is nobody's own.
  jobs.guard('library-scan', () => undefined);
  jobs.onRetry('library-scan', ({ full }) => library.scan(full === true));
  closers.add(() => library.close());
  const folder = new MusicFolder({
    store,
    log,
    musicDir: config.music_dir,
    setBy: () => base.settings.setBy('music_dir'),
    holdsMusic: () => !library.intake.isEmpty(),
  });
  const musicDir = musicDirOf(config);
  return {
    library,
    folder,
    activity,
    jobs,
    db: libraryDb,
    musicDir,
    background: { ...jobHandlers(jobs), ...activity.handlers },
  };
}

const musicDirOf = ({ music_dir, data_dir }: Base['config']): string =>
  music_dir ?? join(data_dir, 'demo-music');

async function libraryOf(
  { config, clock, log }: Base,
  db: Db,
  store: Store,
  others: Pick<LibraryOptions, 'mediaKey' | 'own' | 'openJob' | 'onNewAlbums' | 'onLooked'>,
): Promise<Library> {
  const demo = config.music_dir === undefined;
  const musicDir = musicDirOf(config);
  const cacheDir = join(config.data_dir, 'artwork');
  await prepareFolder(cacheDir, log);
  if (demo)
    await makeDemoMusic(musicDir).catch((error: unknown) => {
      if (!isDiskRefusal(error)) throw error;
      log.error({ error: toError(error).message }, 'the music to try could not be made');
    });
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
