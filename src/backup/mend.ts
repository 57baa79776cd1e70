import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { AppError, codeOf, silentLogger, toError, type Logger } from '../base/index.js';
import { openDb, resultOf } from '../storage/index.js';
import { manifestOf } from './archive.js';
import { ASIDE, asideName, setAside } from './aside.js';
import { backupsIn, listFiles, type BackupFile } from './folder.js';
import { isForeign, readLog } from './log-file.js';
import { DATABASE, faultsOf } from './make.js';
import { finishRestore, stageRestore, WITH_DATABASE } from './restore.js';

export interface MendParts {
  readonly dataDir: string;
  readonly wallMs: number;
  readonly log: Logger;
}

/** A database up to this long is read whole at every start; a longer one after the start, by another process. */
const READ_AT_START = 32 * 1024 * 1024;
/** Left by who found a long database damaged while the server ran: it is read whole at the next start. */
const DOUBTFUL = 'doubtful';
/** SQLite's result codes. The first one is that of a wrong statement, and ours are right: then it says "unsupported file format". */
const DAMAGED: readonly (number | undefined)[] = [1, 11, 26];
const TOKEN = /^[A-Za-z0-9_-]{20,256}\s*$/;

/**
 * Makes a data folder fit to start with, after whatever happened to it: ends a restore that was cut off, and sets aside what is damaged, taking
 * it from the newest good backup. Nothing is deleted. Before anybody opens the database. Gives what was lost, in sentences for people.
 */
export async function mendFolder(parts: MendParts): Promise<string[]> {
  const { dataDir, log } = parts;
  await finishRestore(dataDir);
  const lost = [...(await mendLog(parts)), ...(await mendDatabase(parts)), ...(await mendBeside(parts))];
  for (const sentence of lost) log.error({ sentence }, 'something in the data folder was damaged');
  return lost;
}

/** Whether the database is too long to have been read whole by `mendFolder`. */
export async function isUnread(dataDir: string): Promise<boolean> {
  return (await sizeOf(join(dataDir, DATABASE))) > READ_AT_START;
}

/** A log that a power cut tore is SQLite's own business. One that a disk damaged loses what came after the damage. */
async function mendLog({ dataDir, wallMs }: MendParts): Promise<string[]> {
  const path = join(dataDir, `${DATABASE}-wal`);
  const log = await readLog(path);
  if (log && (await isForeign(log, join(dataDir, DATABASE)))) {
    const folder = asideName(wallMs, 'damaged');
    for (const name of WITH_DATABASE) await setAside(dataDir, folder, name);
    return [
      `Beside the database lay the log of another one: it was left out, and is kept in ${ASIDE}/${folder}.`,
    ];
  }
  if (!log || (!log.headless && log.lostCommits < 2)) return [];
  const folder = asideName(wallMs, 'damaged');
  await mkdir(join(dataDir, ASIDE, folder), { recursive: true, mode: 0o700 });
  await copyFile(path, join(dataDir, ASIDE, folder, `${DATABASE}-wal`));
  const what = log.headless
    ? 'The last changes before'
    : `About ${log.lostCommits} of the last changes before`;
  return [`${what} this start could not be read any more; the damaged log is kept in ${ASIDE}/${folder}.`];
}

async function mendDatabase(parts: MendParts): Promise<string[]> {
  const { dataDir, wallMs, log } = parts;
  const backups = (await listFiles(backupsIn(dataDir))).reverse();
  const damage = await damageOf(dataDir, backups.length > 0);
  if (damage === undefined) {
    await rm(join(dataDir, DOUBTFUL), { force: true });
    return [];
  }
  const folder = asideName(wallMs, 'damaged');
  for (const name of [DATABASE, ...WITH_DATABASE]) await setAside(dataDir, folder, name);
  await rm(join(dataDir, DOUBTFUL), { force: true });
  const kept = existsSync(join(dataDir, ASIDE, folder)) ? ` It is kept in ${ASIDE}/${folder}.` : '';
  for (const { file, backup_id, made_at } of backups) {
    try {
      await stageRestore({ dataDir, file, aside: folder, only: [DATABASE] });
    } catch (error) {
      log.warn({ backup_id, error: toError(error).message }, 'a backup could not be taken');
      continue;
    }
    await finishRestore(dataDir);
    const when = `${made_at.slice(0, 10)} ${made_at.slice(11, 16)} UTC`;
    return [
      `The database was damaged (${damage}).${kept} The backup of ${when} was taken in its place: what changed since then in rooms, queues, playlists, people and settings is lost.`,
    ];
  }
  return [
    `The database was damaged (${damage}).${kept} There was no good backup: rooms, queues, playlists, people and settings begin anew. Music files are untouched.`,
  ];
}

/** Why a database cannot be gone on with. */
async function damageOf(dataDir: string, backedUp: boolean): Promise<string | undefined> {
  const path = join(dataDir, DATABASE);
  const size = await sizeOf(path);
  if (size === 0) return backedUp ? (existsSync(path) ? 'it was empty' : 'it was gone') : undefined;
  try {
    const db = openDb(path);
    try {
      db.prepare('SELECT count(*) FROM sqlite_master').get();
      const whole = size <= READ_AT_START || existsSync(join(dataDir, DOUBTFUL));
      return whole ? faultsOf(db, 'quick_check') : undefined;
    } finally {
      db.close();
    }
  } catch (error) {
    if (!DAMAGED.includes(resultOf(error))) throw error;
    return toError(error).message;
  }
}

/** What is beside the database: where music was, and what satellites sign in with. */
async function mendBeside(parts: MendParts): Promise<string[]> {
  const { dataDir, wallMs } = parts;
  const lost: string[] = [];
  const folder = asideName(wallMs, 'damaged');
  const playhead = await textOf(join(dataDir, 'playhead'));
  if (playhead !== undefined && playhead.trim() !== '' && !isMarks(playhead)) {
    await setAside(dataDir, folder, 'playhead');
    lost.push(
      'Where music was at the end could not be read: rooms go on from where they were paused or began a track.',
    );
  }
  const token = await textOf(join(dataDir, 'satellite-token'));
  if (token !== undefined && !TOKEN.test(token)) {
    await setAside(dataDir, folder, 'satellite-token');
    const back = await takeFromBackup(parts, 'satellite-token', (text) => TOKEN.test(text));
    lost.push(
      back
        ? 'The token of satellites was damaged and came back from a backup.'
        : 'The token of satellites was damaged: there is a new one, which they have to be given (tutti satellite-token).',
    );
  }
  return lost;
}

/**
 * Before the settings are read: a file of them that is torn (empty, not text at all, or the beginning of what was backed up, up to the middle of a
 * line) is set aside and comes back from the newest backup that has it. A file with a mistake in it is left for its owner. Gives what was lost, in sentences for people.
 */
export async function mendSettings(
  parts: Omit<MendParts, 'log'> & { readonly log?: Logger },
): Promise<string[]> {
  const { dataDir, wallMs, log = silentLogger } = parts;
  if (!existsSync(dataDir)) return [];
  const all: MendParts = { dataDir, wallMs, log };
  try {
    return [
      ...(await mendSettingsFile(all, 'tutti.yaml')),
      ...(await mendSettingsFile(all, 'settings.json')),
    ];
  } catch (error) {
    // A disk that refuses keeps nobody from starting.
    log.error({ error: toError(error).message }, 'damaged settings could not be set aside');
    return [];
  }
}

async function mendSettingsFile(parts: MendParts, name: 'tutti.yaml' | 'settings.json'): Promise<string[]> {
  const { dataDir, wallMs } = parts;
  const bytes = await readFile(join(dataDir, name)).catch(() => undefined);
  const sound = (text: string): boolean => text.trim() !== '' && (name === 'tutti.yaml' || isJson(text));
  if (!bytes) return [];
  if (isText(bytes) && sound(bytes.toString('utf8')))
    return name === 'tutti.yaml' ? mendCutSettings(parts, bytes.toString('utf8')) : [];
  // Somebody may have emptied it, or written nothing but spaces: then no backup has anything else either.
  const emptied = name === 'tutti.yaml' && isText(bytes);
  const folder = asideName(wallMs, 'damaged');
  if (!emptied) await setAside(dataDir, folder, name);
  const back = await takeFromBackup(parts, name, sound);
  if (emptied) return back ? [`The settings (${name}) were empty and came back from a backup.`] : [];
  const kept = `The settings (${name}) were damaged and are kept in ${ASIDE}/${folder}.`;
  return [
    back ? `${kept} Those of a backup were taken in their place.` : `${kept} They are as at the beginning.`,
  ];
}

/** Settings that stop in the middle of a line may mean something else than before (`port: 80`): when they went on in the newest backup, it has them. */
async function mendCutSettings(parts: MendParts, text: string): Promise<string[]> {
  const name = 'tutti.yaml';
  if (text.endsWith('\n')) return [];
  const newest = (await listFiles(backupsIn(parts.dataDir))).at(-1);
  const size = newest && (await sizeIn(newest, name));
  if (size === undefined || size <= Buffer.byteLength(text)) return [];
  const back = await takeFromBackup(parts, name, (whole) => whole.startsWith(text));
  if (!back) return [];
  return [
    `The settings (${name}) stopped in the middle of a line: those of a backup, which begin alike, were taken in their place. What was there is kept in ${ASIDE}/${asideName(parts.wallMs, 'damaged')}.`,
  ];
}

/** How long a file in a backup is. */
async function sizeIn({ file }: BackupFile, name: string): Promise<number | undefined> {
  const manifest = await manifestOf(file).catch(() => undefined);
  return manifest?.files.find((one) => one.name === name)?.size_bytes;
}

type OneFile = 'satellite-token' | 'tutti.yaml' | 'settings.json';

/** One file of the newest backup in which it is sound. */
async function takeFromBackup(
  { dataDir, wallMs, log }: MendParts,
  name: OneFile,
  sound: (text: string) => boolean,
): Promise<boolean> {
  for (const { file, backup_id } of (await listFiles(backupsIn(dataDir))).reverse()) {
    try {
      if (await hasSound({ file, dataDir, name, wallMs, sound })) return true;
    } catch (error) {
      log.warn({ backup_id, error: toError(error).message }, 'a backup could not be taken');
    }
  }
  return false;
}

async function hasSound(task: {
  readonly file: BackupFile['file'];
  readonly dataDir: string;
  readonly name: OneFile;
  readonly wallMs: number;
  sound(this: void, text: string): boolean;
}): Promise<boolean> {
  const { file, dataDir, name, wallMs, sound } = task;
  if (!(await manifestOf(file)).files.some((one) => one.name === name)) return false;
  await stageRestore({ dataDir, file, aside: asideName(wallMs, 'damaged'), only: [name] });
  const text = await textOf(join(dataDir, 'restoring', name));
  if (text === undefined || !sound(text)) {
    await rm(join(dataDir, 'restoring'), { recursive: true, force: true });
    return false;
  }
  await finishRestore(dataDir);
  return true;
}

const isMarks = (text: string): boolean => isJson(text, z.looseObject({ wall_ms: z.number() }));

function isJson(text: string, schema: z.ZodType = z.looseObject({})): boolean {
  try {
    return schema.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}

function isText(bytes: Buffer): boolean {
  if (bytes.includes(0)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return 0;
    throw new AppError('ERR_DISK', 'the database cannot be read', { cause });
  }
}

/** Has the next start read the whole database, and not only its beginning. */
export const doubtfulIn = (dataDir: string): string => join(dataDir, DOUBTFUL);
