import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../base/index.js';
import { openDb, versionOf } from '../storage/index.js';
import { hashed, pack, verify, type Manifest } from './archive.js';
import { backupsIn, freeIn, type NewBackup } from './folder.js';

/** The database, and what else of a data folder cannot be made again. */
export const DATABASE = 'tutti.db';
export const BESIDE = ['satellite-token', 'playhead', 'settings.json', 'tutti.yaml'] as const;

export interface MakeTask extends NewBackup {
  readonly dataDir: string;
  /** Of this Tutti. */
  readonly version: string;
  /** Free space that stays. */
  readonly reserveBytes: number;
}

export interface Made {
  readonly size_bytes: number;
  readonly database_bytes: number;
}

/** How far it is, 0..1, and with what. */
export type Told = (share: number, stage: 'copy' | 'check' | 'pack' | 'verify') => void;

/**
 * Makes a backup of a data folder, while a server works on it or not: SQLite copies its own database in one transaction, the copy is
 * checked, packed, read back and compared, and only then it has its name. Throws ERR_SPACE when it would leave less than the reserve free.
 */
export async function makeBackup(task: MakeTask, told: Told = () => undefined): Promise<Made> {
  const { dataDir, file, kind, made_at, version } = task;
  const folder = dirname(file);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (folder === backupsIn(dataDir)) await sweep(folder);
  await demandRoom(task, folder);
  const work = join(folder, `.work-${task.backup_id}`);
  await mkdir(work, { mode: 0o700 });
  try {
    const names = [DATABASE, ...BESIDE.filter((name) => existsSync(join(dataDir, name)))];
    const schema = copyDatabase(join(dataDir, DATABASE), join(work, DATABASE), told);
    for (const name of names) if (name !== DATABASE) await copyFile(join(dataDir, name), join(work, name));
    const files: Manifest['files'] = [];
    for (const name of names) files.push({ name, ...(await hashed(join(work, name))) });
    const manifest: Manifest = { format: 1, made_at, version, schema, kind, files };
    const total = files.reduce((sum, { size_bytes }) => sum + size_bytes, 0) || 1;
    let done = 0;
    const worked = (stage: 'pack' | 'verify', from: number, share: number) => (bytes: number) => {
      done += bytes;
      told(from + share * Math.min(1, done / total), stage);
    };
    await pack(manifest, (name) => join(work, name), file, worked('pack', 0.4, 0.4));
    done = 0;
    await verify(file, worked('verify', 0.8, 0.2));
    return { size_bytes: (await stat(file)).size, database_bytes: files[0]!.size_bytes };
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await rm(work, { recursive: true, force: true });
    await rm(`${file}.part`, { force: true });
  }
}

/** The version of its tables. */
function copyDatabase(from: string, to: string, told: Told): number {
  told(0, 'copy');
  const live = openDb(from);
  try {
    // The copy is read back and checked: it need not wait for the disk, and goes before it ever gets there.
    live.exec('PRAGMA synchronous=off');
    live.prepare('VACUUM INTO ?').run(to);
  } finally {
    live.exec('PRAGMA synchronous=full');
    live.close();
  }
  told(0.2, 'check');
  const schema = checkDatabase(to);
  told(0.4, 'pack');
  return schema;
}

/** The version of the tables of a database that is in order. Throws ERR_CONFLICT with what is wrong with it. */
export function checkDatabase(file: string): number {
  const db = openDb(file);
  try {
    const faults = faultsOf(db, 'integrity_check');
    if (faults !== undefined) throw new AppError('ERR_CONFLICT', `The database is damaged: ${faults}`);
    return versionOf(db);
  } finally {
    db.close();
  }
}

/** What SQLite finds wrong with a database; undefined when nothing is. */
export function faultsOf(
  db: ReturnType<typeof openDb>,
  check: 'quick_check' | 'integrity_check',
): string | undefined {
  const rows = db.prepare(`PRAGMA ${check}(3)`).all();
  const said = rows.map((row) => String(Object.values(row)[0]));
  return said.length === 1 && said[0] === 'ok'
    ? undefined
    : said.join('; ').replace(/\s+/g, ' ').slice(0, 300);
}

/** The copy and the archive at once, at their worst. */
async function demandRoom({ dataDir, reserveBytes }: MakeTask, folder: string): Promise<void> {
  let bytes = 0;
  for (const name of [DATABASE, `${DATABASE}-wal`])
    bytes += (await stat(join(dataDir, name)).catch(() => undefined))?.size ?? 0;
  const missing = 2 * bytes + reserveBytes - (await freeIn(folder));
  if (missing > 0)
    throw new AppError(
      'ERR_SPACE',
      `There is no room for a backup: ${Math.ceil(missing / 1e6)} MB too little`,
      {
        params: { missing_bytes: missing },
      },
    );
}

/** What a backup left that was cut off. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name.startsWith('.work-') || name.endsWith('.part'))
      await rm(join(folder, name), { recursive: true, force: true });
}
