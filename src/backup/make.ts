import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError, codeOf } from '../base/index.js';
import { claimWork, openDb, socketFolder, versionOf } from '../storage/index.js';
import { pack, verify, type Manifest } from './archive.js';
import { inWords } from './disk-words.js';
import { backupsIn, freeIn, makeFolder, type BackupFile, type NewBackup } from './folder.js';
import { confirm, confirmable } from './same.js';
import { holdStill, type Still } from './still.js';
import { sumsOf } from './sums.js';

/** The database, and what else of a data folder cannot be made again. */
export const DATABASE = 'tutti.db';
export const SETTINGS = 'tutti.yaml';
export const BESIDE = ['satellite-token', 'playhead', 'settings.json', SETTINGS] as const;
/** A server takes no longer one. */
const MOST_SETTINGS_BYTES = 256 * 1024;

export interface MakeTask extends NewBackup {
  readonly dataDir: string;
  /** Of this Tutti. */
  readonly version: string;
  /** Free space that stays. */
  readonly reserveBytes: number;
  /** Makes none where nothing has changed since the newest one: that one is read back instead. */
  readonly unlessSame?: boolean | undefined;
  /** The settings file in use, where there may be one; absent: that of the data folder. */
  readonly settingsFile?: string | undefined;
}

export interface Made {
  readonly size_bytes: number;
  /** The one that is as good as a new one, which was not made. */
  readonly same?: BackupFile;
  /** Why the settings file is not in it, for people; absent: it is, or there is none. */
  readonly without?: string | undefined;
}

/** How far it is, 0..1, and with what. */
export type Told = (share: number, stage: 'copy' | 'check' | 'pack' | 'verify') => void;

/**
 * Makes a backup of a data folder, while a server works on it or not: the database stands still while it is checked and packed from where it lies,
 * the archive is read back and compared. Throws ERR_SPACE when it would leave less than the reserve free, ERR_BUSY while another is made. Only in
 * a process that has the database open nowhere else.
 */
export async function makeBackup(task: MakeTask, told: Told = () => undefined): Promise<Made> {
  const alone = await claimWork(join(socketFolder(task.dataDir), 'backup.sock'));
  if (!alone)
    throw new AppError('ERR_BUSY', 'Another backup is being made: wait until it is done', {
      retryable: true,
    });
  try {
    return await inWords(() => made(task, told));
  } finally {
    await alone();
  }
}

async function made(task: MakeTask, told: Told): Promise<Made> {
  const { dataDir, file } = task;
  const folder = dirname(file);
  await makeFolder(folder);
  if (folder === backupsIn(dataDir)) await sweep(folder);
  await demandRoom(task, folder, 1);
  const work = join(folder, `.work-${task.backup_id}`);
  try {
    told(0, 'copy');
    const still =
      (await holdStill(join(dataDir, DATABASE))) ?? (await copied(task, folder, join(work, DATABASE)));
    return await packed(task, still, told);
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await rm(work, { recursive: true, force: true });
    await rm(`${file}.part`, { force: true });
  }
}

async function packed(task: MakeTask, still: Still, told: Told): Promise<Made> {
  const { dataDir, file, kind, made_at, version, unlessSame = false } = task;
  let done = 0;
  let without: string | undefined;
  const worked = (stage: 'check' | 'pack' | 'verify', from: number, share: number) => (bytes: number) => {
    done += bytes;
    told(from + share * Math.min(1, done / Math.max(1, still.size_bytes)), stage);
  };
  try {
    told(0, 'check');
    demandSound(still.db);
    const { sha256, kept_sha256 } = await sumsOf(still, worked('check', 0.2, 0.2));
    const beside = await filesBeside(dataDir);
    const settings = await settingsIn(task.settingsFile ?? join(dataDir, SETTINGS));
    without = settings.without;
    if (settings.bytes) beside.set(SETTINGS, settings.bytes);
    const files: Manifest['files'] = [{ name: DATABASE, size_bytes: still.size_bytes, sha256 }];
    for (const [name, bytes] of beside) files.push({ name, size_bytes: bytes.length, sha256: sumOf(bytes) });
    const manifest: Manifest = {
      format: 1,
      made_at,
      version,
      schema: still.schema,
      kind,
      kept_sha256,
      files,
    };
    const folder = dirname(file);
    const same = unlessSame ? await confirmable(folder, manifest) : undefined;
    if (same) {
      await confirm(folder, { backup_id: same.backup_id, at: made_at });
      return { size_bytes: same.size_bytes, same, without };
    }
    done = 0;
    const bytesOf = (name: string): AsyncIterable<Uint8Array> | Iterable<Uint8Array> =>
      name === DATABASE ? still.read() : [beside.get(name) ?? new Uint8Array()];
    await pack(manifest, bytesOf, file, worked('pack', 0.4, 0.4));
  } finally {
    await still.close();
  }
  done = 0;
  await verify(file, worked('verify', 0.8, 0.2));
  return { size_bytes: (await stat(file)).size, without };
}

/** Small files, as they are at one moment each. */
async function filesBeside(dataDir: string): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for (const name of BESIDE)
    if (name !== SETTINGS && existsSync(join(dataDir, name)))
      found.set(name, await readFile(join(dataDir, name)));
  return found;
}

/** The settings file may belong to somebody else, who may have done anything to it: no backup fails for it. */
async function settingsIn(
  file: string,
): Promise<{ readonly bytes?: Uint8Array; readonly without?: string | undefined }> {
  try {
    const found = await stat(file);
    const why = !found.isFile() ? 'is no file' : found.size > MOST_SETTINGS_BYTES ? 'is far too long' : '';
    return why === '' ? { bytes: await readFile(file) } : { without: `without the settings: ${file} ${why}` };
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? {}
      : { without: `without the settings: ${file} cannot be read (${code})` };
  }
}

const sumOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Where a database that is in use cannot be had still: a copy of it, which nobody uses. */
async function copied(task: MakeTask, folder: string, to: string): Promise<Still> {
  await demandRoom(task, folder, 2);
  await mkdir(dirname(to), { mode: 0o700 });
  const live = openDb(join(task.dataDir, DATABASE));
  try {
    // The copy is read back and checked: it need not wait for the disk, and goes before it ever gets there.
    live.exec('PRAGMA synchronous=off');
    live.prepare('VACUUM INTO ?').run(to);
  } finally {
    live.exec('PRAGMA synchronous=full; PRAGMA busy_timeout=0');
    live.close();
  }
  const still = await holdStill(to);
  if (!still) throw new AppError('ERR_BUSY', 'The database could not be copied', { retryable: true });
  return still;
}

/** The version of the tables of a database that is in order. Throws ERR_CONFLICT with what is wrong with it. */
export function checkDatabase(file: string): number {
  const db = openDb(file);
  try {
    demandSound(db);
    return versionOf(db);
  } finally {
    db.close();
  }
}

function demandSound(db: ReturnType<typeof openDb>): void {
  const faults = faultsOf(db, 'integrity_check');
  if (faults !== undefined) throw new AppError('ERR_CONFLICT', `The database is damaged: ${faults}`);
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

/** Room for the archive, or for it and a copy of the database, at their worst. */
async function demandRoom({ dataDir, reserveBytes }: MakeTask, folder: string, times: number): Promise<void> {
  let bytes = 0;
  for (const name of [DATABASE, `${DATABASE}-wal`])
    bytes += (await stat(join(dataDir, name)).catch(() => undefined))?.size ?? 0;
  const missing = times * bytes + reserveBytes - (await freeIn(folder));
  if (missing > 0)
    throw new AppError(
      'ERR_SPACE',
      `There is no room for a backup: ${Math.ceil(missing / 1e6)} MB too little`,
      { params: { missing_bytes: missing } },
    );
}

/** By their names: the folder may be somebody's stick. */
const CUT_OFF = /^(\.work-tutti-.*|tutti-.*\.tar\.gz\.part|confirmed\.json\.part)$/;

/** What a backup left that was cut off. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (CUT_OFF.test(name)) await rm(join(folder, name), { recursive: true, force: true });
}
