import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, toError } from '../base/index.js';
import { backupsIn, listFiles, nextBackup, openCrew, outdated, removeFiles } from '../backup/index.js';
import { version } from '../package-root.js';
import {
  howToOwn,
  migrate,
  openDb,
  SCHEMA_VERSION,
  versionOf,
  type Db,
  type DiskWatch,
} from '../storage/index.js';
import type { Base } from './base.js';

export interface KeptDb {
  readonly db: Db;
  readonly file: string;
  /** It is a copy in memory: what is written there is gone with the process. */
  readonly borrowed: boolean;
  /** What the disk lacks room for, for people; undefined: for everything. */
  readonly lacks?: string | undefined;
}

const NAME = 'tutti.db';
/** What an upgrade may use up of the disk, but for this. */
const RESERVE_BYTES = 16 * 1024 * 1024;
/** There while a package tries its new program for the first time. */
const TRIAL = '/usr/lib/tutti/upgrading/trying';

/**
 * The database, of the newest version. Before its tables are changed there is a backup. Where nothing can be written it is a copy in memory, so
 * that music plays; what people would have to find again is refused meanwhile. So it is too where there is no room for that backup; but a program on
 * trial gives way to the one before, which needs none. Throws ERR_DISK when there is no room for that either.
 */
export async function openKeptDb(base: Base, disk: DiskWatch): Promise<KeptDb> {
  const { config, closers, log } = base;
  const file = join(config.data_dir, NAME);
  if (disk.state !== 'read-only') {
    try {
      const db = await upgraded(base, file);
      closers.add(() => db.close());
      return { db, file, borrowed: false };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'ERR_SPACE' && !existsSync(TRIAL)) {
        disk.demand(await neededBytes(file));
        if (disk.state === 'fine') throw error;
        log.error({ error: error.message }, 'the database cannot be brought up to date');
        return { ...(await borrow(base, file)), lacks: LACKS };
      }
      if (error.code !== 'ERR_DISK') throw error;
      log.error({ error: error.message }, 'the database cannot be written');
      disk.look(true);
      // Nobody would hear that nothing is kept: it is not the disk that refuses.
      if (disk.state === 'fine' && error.params?.['backups'] === true) throw error;
      if (disk.state === 'fine')
        throw new AppError(
          'ERR_DISK',
          `${error.message}. All files there have to belong to this user: ${howToOwn(config.data_dir)}`,
          { cause: error },
        );
    }
  }
  return borrow(base, file);
}

const LACKS =
  'Tutti is newer than what it remembers, and there is no room for the backup that comes before that is brought up to date';

/** Free space with which the backup before an upgrade is made. */
async function neededBytes(file: string): Promise<number> {
  const sizes = [file, `${file}-wal`].map(
    async (path) => (await stat(path).catch(() => undefined))?.size ?? 0,
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, RESERVE_BYTES);
}

async function upgraded(base: Base, file: string): Promise<Db> {
  const fresh = !existsSync(file);
  const db = openDb(file);
  try {
    const from = versionOf(db);
    if (!fresh && from > 0 && from < SCHEMA_VERSION) await backedUp(base).catch(unchanged);
    migrate(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** What is wrong with the folder of backups says its own remedy. */
function unchanged(error: unknown): never {
  if (!(error instanceof AppError) || error.code !== 'ERR_DISK') throw error;
  const message = `${error.message}. The database is of an older Tutti and stays as it is until it can be backed up`;
  throw new AppError('ERR_DISK', message, { cause: error, params: { backups: true } });
}

async function backedUp({ config, settings, clock, log }: Base): Promise<void> {
  const folder = backupsIn(config.data_dir);
  const next = await nextBackup(folder, 'migration', clock.wallMs());
  // In a process of its own, for its own sake: see holdStill.
  const crew = openCrew(log);
  try {
    const what = { dataDir: config.data_dir, settingsFile: settings.places.file || undefined };
    await crew.do({ do: 'make', ...next, ...what, version, reserveBytes: RESERVE_BYTES });
  } finally {
    crew.close();
  }
  await removeFiles(folder, outdated(await listFiles(folder)));
  log.info({ backup_id: next.backup_id }, 'backed up before the tables are changed');
}

async function borrow({ closers, log }: Base, file: string): Promise<KeptDb> {
  const folder = await spareFolder(file);
  closers.add(() => rm(folder, { recursive: true, force: true }));
  const copy = join(folder, NAME);
  for (const end of ['', '-wal']) if (existsSync(file + end)) await copyFile(file + end, copy + end);
  const db = openDb(copy);
  closers.add(() => db.close());
  migrate(db);
  log.error({ folder }, 'the server goes on with a copy of the database: nothing new is kept');
  return { db, file: copy, borrowed: true };
}

/** A new folder that can be written and has room for a copy, in memory where there is such a place. */
async function spareFolder(file: string): Promise<string> {
  const needed = 2 * ((await stat(file).catch(() => undefined))?.size ?? 0) + 1_000_000;
  let problem = '';
  for (const place of [`/run/user/${process.getuid?.() ?? 0}`, '/dev/shm', tmpdir()]) {
    try {
      const { bavail, bsize } = await statfs(place);
      if (bavail * bsize >= needed) return await mkdtemp(join(place, 'tutti-'));
      problem = `${place} is full`;
    } catch (error) {
      problem = toError(error).message;
    }
  }
  throw new AppError(
    'ERR_DISK',
    `the data folder cannot be written, and nothing else can be either (${problem})`,
  );
}
