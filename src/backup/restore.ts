import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { AppError } from '../base/index.js';
import { SCHEMA_VERSION } from '../storage/index.js';
import { settle, unpack, type Manifest, type Worked } from './archive.js';
import { inWords } from './disk-words.js';
import { BESIDE, checkDatabase, DATABASE } from './make.js';
import { noBackup } from './tar.js';

/** What was replaced or damaged is kept here, each time in a folder of its own. */
export const ASIDE = 'aside';
const STAGE = 'restoring';
const READY = 'ready.json';
const Ready = z.object({
  aside: z.string().regex(/^[A-Za-z0-9-]{1,80}$/),
  names: z.array(z.enum([DATABASE, ...BESIDE])),
});

/** Files that belong to a database and mean nothing beside another one. */
export const WITH_DATABASE = [`${DATABASE}-wal`, `${DATABASE}-shm`] as const;

/** Everything of a data folder that a backup is made of. */
export const FILES: readonly string[] = [DATABASE, `${DATABASE}-wal`, ...BESIDE];

export interface StageTask {
  readonly dataDir: string;
  readonly file: string;
  /** The folder below `aside` for what it replaces. */
  readonly aside: string;
  /** Only these of its files; all by default. */
  readonly only?: readonly string[];
}

/**
 * Takes a backup apart beside what it will replace, and checks every byte, the database and its version. Nothing has changed when this
 * throws (ERR_INVALID, ERR_CONFLICT); when it resolves the next `finishRestore` puts it in place, also after a power cut.
 */
export async function stageRestore(task: StageTask, worked?: Worked): Promise<Manifest> {
  return inWords(() => staged(task, worked));
}

async function staged(
  { dataDir, file, aside, only }: StageTask,
  worked: Worked | undefined,
): Promise<Manifest> {
  const stage = join(dataDir, STAGE);
  await rm(stage, { recursive: true, force: true });
  try {
    const wanted = (name: string): boolean => only?.includes(name) ?? true;
    const manifest = await unpack(file, stage, admit, { worked, wanted });
    if (wanted(DATABASE) && checkDatabase(join(stage, DATABASE)) !== manifest.schema)
      throw noBackup('its database is another one');
    const names = ([DATABASE, ...BESIDE] as const).filter(
      (name) => existsSync(join(stage, name)) && wanted(name),
    );
    for (const name of names) await settle(join(stage, name));
    const ready: z.infer<typeof Ready> = { aside, names };
    await writeFile(join(stage, 'ready.part'), JSON.stringify(ready), { mode: 0o600 });
    await settle(join(stage, 'ready.part'));
    await rename(join(stage, 'ready.part'), join(stage, READY));
    await settle(stage);
    return manifest;
  } catch (error) {
    await rm(stage, { recursive: true, force: true });
    throw error;
  }
}

function admit({ schema, version, files }: Manifest): void {
  if (schema > SCHEMA_VERSION)
    throw new AppError(
      'ERR_CONFLICT',
      `This backup was made by a newer Tutti (${version}): upgrade this one first`,
    );
  if (!files.some(({ name }) => name === DATABASE)) throw noBackup('it has no database');
}

/**
 * Ends a restore that was staged: what stands there goes aside, what is new takes its place. Does nothing when there is none; each step may be
 * cut off and done again. Only while nobody has the database open. Gives the folder of what was replaced.
 */
export async function finishRestore(dataDir: string): Promise<string | undefined> {
  const stage = join(dataDir, STAGE);
  const ready = await readFile(join(stage, READY), 'utf8').catch(() => undefined);
  if (ready === undefined) {
    if (existsSync(stage)) await rm(stage, { recursive: true, force: true });
    return undefined;
  }
  const { aside, names } = Ready.parse(JSON.parse(ready));
  for (const name of names) {
    if (!existsSync(join(stage, name))) continue;
    if (name === DATABASE) for (const other of WITH_DATABASE) await setAside(dataDir, aside, other);
    await setAside(dataDir, aside, name);
    await rename(join(stage, name), join(dataDir, name));
    await settle(dataDir);
  }
  await rm(stage, { recursive: true, force: true });
  return existsSync(join(dataDir, ASIDE, aside)) ? join(ASIDE, aside) : undefined;
}

/** Moves a file of a data folder to `aside/<folder>`, where nothing is ever written over. False when there is none. */
export async function setAside(dataDir: string, folder: string, name: string): Promise<boolean> {
  const from = join(dataDir, name);
  if (!existsSync(from)) return false;
  const into = join(dataDir, ASIDE, folder);
  await mkdir(into, { recursive: true, mode: 0o700 });
  let to = join(into, name);
  for (let again = 2; existsSync(to); again++) to = join(into, `${name}.${again}`);
  await rename(from, to);
  await settle(into);
  await settle(dataDir);
  return true;
}

/** A name for a folder below `aside`: `20261120T0930Z-damaged`. */
export const asideName = (wallMs: number, why: 'damaged' | 'restored'): string =>
  `${new Date(wallMs).toISOString().slice(0, 16).replace(/[-:]/g, '')}Z-${why}`;
