import { constants } from 'node:fs';
import { access, lstat, mkdir, readdir, readlink, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, codeOf } from '../base/index.js';
import { BackupKind, type Backup } from '../protocol/index.js';
import { SCHEMA_VERSION } from '../storage/index.js';
import { manifestOf, settle } from './archive.js';

/** Where backups are: `backups` in the data folder. */
export const backupsIn = (dataDir: string): string => join(dataDir, 'backups');

/** The newest of these that came by the clock stay. */
const KEEP = { daily: 7, weekly: 4 } as const;
/** Every seventh that comes by the clock is kept as the one of its week. */
const WEEK = 7;
/** Before migrations: this many, the newest. */
const KEEP_MIGRATIONS = 3;

const NAME = /^tutti-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)Z-(\d{6,9})-([a-z]+)$/;
const ENDING = '.tar.gz';

/** A backup by its file name alone. Their order is that of their serial numbers: clocks may have been wrong. */
export interface BackupFile {
  readonly backup_id: string;
  readonly file: string;
  readonly kind: BackupKind;
  readonly serial: number;
  readonly made_at: string;
  readonly size_bytes: number;
}

export interface NewBackup {
  readonly backup_id: string;
  readonly file: string;
  readonly kind: BackupKind;
  readonly made_at: string;
}

/** `19 kB`, `26.4 MB`: as disks are sold, and as the page says it. */
export const sizeWords = (bytes: number): string =>
  bytes < 999_500 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

/** Makes it where it is missing. Throws ERR_DISK when it cannot be used. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw await noFolder(folder, error);
  }
}

/** Throws ERR_DISK when there is a folder that cannot be looked into. */
export async function demandReadable(folder: string): Promise<void> {
  try {
    await readdir(folder);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || (await isLink(folder))) throw await noFolder(folder, error);
  }
}

const isLink = (path: string): Promise<boolean> =>
  lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );

async function noFolder(folder: string, cause: unknown): Promise<AppError> {
  const code = codeOf(cause);
  const isRefused = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EIO'].includes(code);
  const leads = code === 'ENOENT' && (await readlink(folder).catch(() => undefined));
  const what = leads
    ? `it is a link to ${leads}, which is not there, plug in that disk or remove the link`
    : isRefused
      ? 'look at its disk and at whom it belongs to'
      : 'something else has its name, move that away';
  return new AppError('ERR_DISK', `The folder of backups cannot be used (${code}): ${what}: ${folder}`, {
    cause,
  });
}

/** The oldest first. Files that are no backups are passed over. */
export async function listFiles(folder: string): Promise<BackupFile[]> {
  const names = await readdir(folder).catch(() => []);
  const found: BackupFile[] = [];
  for (const name of names) {
    const one = fromName(folder, name);
    const size = one && (await stat(one.file).catch(() => undefined));
    if (one && size?.isFile()) found.push({ ...one, size_bytes: size.size });
  }
  return found.sort((one, other) => one.serial - other.serial);
}

function fromName(folder: string, name: string): Omit<BackupFile, 'size_bytes'> | undefined {
  if (!name.endsWith(ENDING)) return undefined;
  const backup_id = name.slice(0, -ENDING.length);
  const [, year, month, day, hour, minute, serial, kind] = NAME.exec(backup_id) ?? [];
  const known = BackupKind.safeParse(kind);
  if (!known.success) return undefined;
  const made_at = `${year}-${month}-${day}T${hour}:${minute}:00.000Z`;
  return { backup_id, file: join(folder, name), kind: known.data, serial: Number(serial), made_at };
}

/** Throws ERR_NOT_FOUND. */
export async function fileOf(folder: string, backupId: string): Promise<BackupFile> {
  const found = (await listFiles(folder)).find(({ backup_id }) => backup_id === backupId);
  if (!found)
    throw new AppError('ERR_NOT_FOUND', 'No backup has this id', { params: { backup_id: backupId } });
  return found;
}

/** A backup as people see it. */
export async function described({ backup_id, kind, made_at, size_bytes, file }: BackupFile): Promise<Backup> {
  try {
    const { version, schema } = await manifestOf(file);
    const newer = schema > SCHEMA_VERSION ? 'It was made by a newer Tutti' : undefined;
    return { backup_id, kind, made_at, size_bytes, version, ...(newer !== undefined && { problem: newer }) };
  } catch {
    return { backup_id, kind, made_at, size_bytes, problem: 'It is damaged' };
  }
}

/** The name of the next one. `scheduled` decides by itself whether it is the one of the week. */
export async function nextBackup(
  folder: string,
  kind: BackupKind | 'scheduled',
  wallMs: number,
): Promise<NewBackup> {
  const files = await listFiles(folder);
  const serial = (files.at(-1)?.serial ?? 0) + 1;
  const chosen: BackupKind = kind === 'scheduled' ? scheduledKind(files) : kind;
  const stamp = new Date(wallMs).toISOString().slice(0, 16).replace(/[-:]/g, '');
  const backup_id = `tutti-${stamp}Z-${String(serial).padStart(6, '0')}-${chosen}`;
  const made_at = new Date(wallMs).toISOString();
  return { backup_id, file: join(folder, backup_id + ENDING), kind: chosen, made_at };
}

function scheduledKind(files: readonly BackupFile[]): BackupKind {
  const scheduled = files.filter(({ kind }) => kind === 'daily' || kind === 'weekly');
  const lastWeekly = scheduled.findLastIndex(({ kind }) => kind === 'weekly');
  return scheduled.length - 1 - lastWeekly >= WEEK - 1 && scheduled.length >= WEEK - 1 ? 'weekly' : 'daily';
}

/**
 * What has to go now that newer ones are there; by number, never by age, so that a clock that was wrong takes nothing away. Of one day
 * only the newest daily one stays.
 */
export function outdated(files: readonly BackupFile[]): BackupFile[] {
  const newest = [...files].reverse();
  const of = (kind: BackupKind): BackupFile[] => newest.filter((file) => file.kind === kind);
  const days = new Set<string>();
  const repeated = of('daily').filter(({ made_at }) => {
    const day = made_at.slice(0, 10);
    const again = days.has(day);
    days.add(day);
    return again;
  });
  const daily = of('daily').filter((file) => !repeated.includes(file));
  return [
    ...repeated,
    ...daily.slice(KEEP.daily),
    ...of('weekly').slice(KEEP.weekly),
    ...of('migration').slice(KEEP_MIGRATIONS),
  ];
}

export async function removeFiles(
  folder: string,
  files: readonly { readonly file: string }[],
): Promise<void> {
  for (const { file } of files) await rm(file, { force: true });
  if (files.length > 0) await settle(folder);
}

export async function freeIn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
