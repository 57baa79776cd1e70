import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AppError, openWall, silentLogger, systemClock } from '../base/index.js';
import {
  asideName,
  backupsIn,
  fileOf,
  finishRestore,
  listFiles,
  makeBackup,
  nextBackup,
  stageRestore,
} from '../backup/index.js';
import { loadConfig, usualFolder, type Config } from '../config/index.js';
import { version } from '../package-root.js';
import { claimFolder, knock } from '../storage/index.js';

type Env = Readonly<Record<string, string | undefined>>;

/** `tutti backup [file]`, beside the server or without one; the text to print. */
export async function runBackup([where, ...more]: readonly string[], env: Env): Promise<string> {
  if (more.length > 0) throw new AppError('ERR_INVALID', 'tutti backup [file or folder]');
  const { data_dir: dataDir, space_reserve_mb }: Config = loadConfig(env);
  if (!existsSync(join(dataDir, 'tutti.db')))
    throw new AppError('ERR_NOT_FOUND', `there is no database in ${dataDir} yet: start the server once`);
  const folder = backupsIn(dataDir);
  const next = await nextBackup(folder, 'manual', wallMs(dataDir));
  const target = where === undefined ? undefined : await targetOf(resolve(where), `${next.backup_id}.tar.gz`);
  const file = target ?? next.file;
  if (existsSync(file)) throw new AppError('ERR_CONFLICT', `${file} exists already`);
  await mkdir(dirname(file), { recursive: true });
  const { size_bytes } = await makeBackup({
    ...next,
    file,
    dataDir,
    version,
    reserveBytes: space_reserve_mb * 1024 * 1024,
  });
  return `${file}\n${(size_bytes / 1e6).toFixed(1)} MB, read back and in order. It holds keys and passwords: keep it to yourself.`;
}

async function targetOf(path: string, name: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ? join(path, name) : path;
}

/** `tutti restore <file or id>`, while the server is stopped; the text to print. */
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
  const file = existsSync(what) ? resolve(what) : (await fileOf(backupsIn(dataDir), what)).file;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const claim = await claimFolder(dataDir);
  try {
    const manifest = await stageRestore({ dataDir, file, aside: asideName(wallMs(dataDir), 'restored') });
    const aside = await finishRestore(dataDir);
    const kept = aside === undefined ? '' : `\nWhat it replaced is kept in ${join(dataDir, aside)}.`;
    return `Restored what was backed up at ${manifest.made_at}.${kept}\nStart the server now.`;
  } finally {
    await claim.release();
  }
}

function dataDirOf(env: Env): string {
  try {
    return loadConfig(env).data_dir;
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
