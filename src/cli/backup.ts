import { createWriteStream, existsSync } from 'node:fs';
import { access, constants, copyFile, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { judgesHere } from '../app/index.js';
import {
  AppError,
  codeOf,
  isForbidden,
  openWall,
  silentLogger,
  systemClock,
  quoted,
  whoAmI,
} from '../base/index.js';
import {
  armRestore,
  asideName,
  backupsIn,
  describedIn,
  fileOf,
  finishRestore,
  FILES,
  listFiles,
  makeBackup,
  makeFolder,
  nextBackup,
  sizeWords,
  stagedSettings,
  stageRestore,
  unplacedIn,
  unplacedSettings,
  unplacedWords,
  type Manifest,
} from '../backup/index.js';
import {
  loadSettings,
  PLACE_KEYS,
  settingsFile as settingsFileOf,
  usualFolder,
  whyNotHere,
} from '../config/index.js';
import { version } from '../package-root.js';
import type { Backup } from '../protocol/index.js';
import { claimFolder, knock, systemDisk } from '../storage/index.js';
import type { Arguments } from './arguments.js';

type Env = Readonly<Record<string, string | undefined>>;
type Asked = Pick<Arguments, 'rest' | 'list' | 'json'>;

/** `tutti backup [file]` and `tutti backup --list`, beside the server or without one; the text to print. */
export async function runBackup({ rest, list, json }: Asked, env: Env): Promise<string> {
  const [where, ...more] = rest;
  if (more.length > 0 || (list && where !== undefined))
    throw new AppError('ERR_INVALID', 'tutti backup [file or folder], or tutti backup --list');
  if (list) return listed(await describedIn(backupsIn(dataDirOf(env))), json);
  const { config, file: settingsFile } = loadSettings({ env });
  const { data_dir: dataDir, space_reserve_mb } = config;
  if (!existsSync(join(dataDir, 'tutti.db')))
    throw new AppError('ERR_NOT_FOUND', `there is no database in ${dataDir} yet: start the server once`);
  const next = await nextBackup(backupsIn(dataDir), 'manual', wallMs(dataDir));
  const target = where === undefined ? undefined : await targetOf(where, `${next.backup_id}.tar.gz`);
  const file = target ?? next.file;
  if (existsSync(file)) throw new AppError('ERR_CONFLICT', `${file} exists already`);
  const reserveBytes = space_reserve_mb * 1024 * 1024;
  const made = await fromWritable({ dataDir, isElsewhere: target !== undefined, file }, (folder) =>
    makeBackup({ ...next, file, dataDir: folder, version, reserveBytes, settingsFile }),
  );
  const without = made.without === undefined ? '' : `, ${made.without}`;
  return `${file}\n${sizeWords(made.size_bytes)}, read back and in order${without}. It holds keys and passwords: keep it to yourself.`;
}

interface Wanted {
  readonly dataDir: string;
  readonly file: string;
  /** The backup is to be on another disk, perhaps. */
  readonly isElsewhere: boolean;
}

/** SQLite reads nothing that it may not write to: what lies on a disk that can only be read, such as a dying card, is copied beside the backup first. */
async function fromWritable<T>(
  { dataDir, file, isElsewhere }: Wanted,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  if (!systemDisk.readOnly(dataDir)) return work(dataDir);
  if (!isElsewhere)
    throw new AppError(
      'ERR_DISK',
      `${dataDir} can only be read: name another disk, such as tutti backup /media/stick`,
    );
  await makeFolder(dirname(file));
  const copy = await mkdtemp(join(dirname(file), '.tutti-copy-'));
  try {
    for (const name of FILES)
      if (existsSync(join(dataDir, name))) await copyFile(join(dataDir, name), join(copy, name));
    return await work(copy);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** A line for each, the newest first. */
function listed(backups: readonly Backup[], json: boolean): string {
  if (json) return JSON.stringify(backups, null, 2);
  if (backups.length === 0) return 'There are no backups yet: tutti backup';
  const lines = backups.map(({ backup_id, kind, size_bytes, version, confirmed_at, problem }) => {
    const what = problem ?? `${sizeWords(size_bytes)}, Tutti ${version ?? 'of another version'}`;
    const same =
      confirmed_at === undefined ? '' : `\n  read back ${minutes(confirmed_at)}: nothing had changed`;
    return `${backup_id}  ${kind}, ${what}${same}`;
  });
  return lines.join('\n');
}

/** `2026-11-20 02:37 UTC` */
const minutes = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;

async function targetOf(words: string, name: string): Promise<string> {
  const path = resolve(words);
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() || words.endsWith('/') ? join(path, name) : path;
}

/** `tutti restore <file or id>`, or `-` for standard input, while the server is stopped; the text to print. */
export async function runRestore([what, ...more]: readonly string[], env: Env): Promise<string> {
  // Damaged settings keep nobody from bringing them back.
  const dataDir = dataDirOf(env);
  if (what === undefined || more.length > 0) {
    const ids = (await listFiles(backupsIn(dataDir))).reverse().map(({ backup_id }) => `  ${backup_id}`);
    const known = ids.length === 0 ? 'There are none yet.' : `There are:\n${ids.join('\n')}`;
    throw new AppError('ERR_INVALID', `which one? tutti restore <file or id>\n${known}`);
  }
  if (await knock(dataDir))
    throw new AppError(
      'ERR_CONFLICT',
      'the server is running: stop it first (sudo systemctl stop tutti), or restore on its page',
    );
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const claim = await claimFolder(dataDir);
  const came = join(dataDir, CAME);
  try {
    if (what === '-') await pipeline(process.stdin, createWriteStream(came, { mode: 0o600 }));
    const file = what === '-' ? came : await fileNamed(what, dataDir);
    return await restored(file, dataDir, env);
  } finally {
    await rm(came, { force: true });
    await claim.release();
  }
}

/** A backup that comes by standard input: from a folder that the user of the server may not look into. */
const CAME = 'restore-from-input';

/** A file, or one of the backups. */
async function fileNamed(what: string, dataDir: string): Promise<string> {
  try {
    await access(what, constants.R_OK);
    return resolve(what);
  } catch (error) {
    if (isForbidden(error))
      throw new AppError(
        'ERR_DISK',
        `${resolve(what)} may not be read by ${whoAmI()}, whom this server runs as (${codeOf(error)}). Hand it over: sudo cat ${quoted(resolve(what))} | sudo tutti restore -`,
        { cause: error },
      );
    const known = await fileOf(backupsIn(dataDir), what).catch(() => undefined);
    if (known) return known.file;
    throw new AppError(
      'ERR_NOT_FOUND',
      `${what} is no file here, and no backup has this id: tutti backup --list`,
    );
  }
}

async function restored(file: string, dataDir: string, env: Env): Promise<string> {
  const settingsFile = settingsFileOf(env);
  const aside = asideName(wallMs(dataDir), 'restored');
  const manifest = await stageRestore({ dataDir, file, aside, held: true });
  const staged = stagedSettings(dataDir);
  const judges = judgesHere();
  const why =
    staged === undefined
      ? undefined
      : whyNotHere(() => loadSettings({ env, judges, file: staged }), { data_dir: dataDir }, PLACE_KEYS);
  await armRestore({ dataDir, aside, settingsTo: why === undefined ? settingsFile : unplacedIn(dataDir) });
  const replaced = await finishRestore(dataDir);
  const said = [`Restored what was backed up at ${manifest.made_at}.`];
  if (replaced !== undefined) said.push(`What it replaced is kept in ${join(dataDir, replaced)}.`);
  said.push(settingsSaid({ manifest, dataDir, settingsFile, why }), 'Start the server now.');
  return said.join('\n');
}

interface Said {
  readonly manifest: Manifest;
  readonly dataDir: string;
  readonly settingsFile: string;
  readonly why: string | undefined;
}

/** Which settings count from now on. */
function settingsSaid({ manifest, dataDir, settingsFile, why }: Said): string {
  const unplaced = unplacedSettings(dataDir, settingsFile);
  if (unplaced) return unplacedWords(unplaced, why);
  return manifest.files.some(({ name }) => name === 'tutti.yaml')
    ? `Its settings are in ${settingsFile}.`
    : `It holds no settings file: ${settingsFile} is as it was.`;
}

function dataDirOf(env: Env): string {
  try {
    return loadSettings({ env }).config.data_dir;
  } catch {
    return resolve(usualFolder(env));
  }
}

function wallMs(dataDir: string): number {
  const wall = openWall({ clock: systemClock, file: join(dataDir, 'clock'), log: silentLogger });
  const nowMs = wall.wallMs();
  wall.close();
  return nowMs;
}
