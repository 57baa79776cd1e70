import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { AppError } from '../base/index.js';
import { resultOf, SCHEMA_VERSION } from '../storage/index.js';
import { settle, unpack, type Manifest, type Worked } from './archive.js';
import { ASIDE, setAside } from './aside.js';
import { inWords } from './disk-words.js';
import { freeIn } from './folder.js';
import { BESIDE, checkDatabase, DATABASE, SETTINGS } from './make.js';
import { placeSettings } from './place-settings.js';
import { noBackup } from './tar.js';

const STAGE = 'restoring';
const READY = 'ready.json';
/** Beside a house that has just been restored, until it has begun. */
const RESTORED = 'just-restored';
const Ready = z.object({
  aside: z.string().regex(/^[A-Za-z0-9-]{1,80}$/),
  names: z.array(z.enum([DATABASE, ...BESIDE])),
  /** What was not there when the backup was made. */
  gone: z.array(z.enum(BESIDE)).optional(),
  /** Where its settings file goes; absent: into the data folder. */
  settings_to: z.string().min(1).max(4096).optional(),
});
type Ready = z.infer<typeof Ready>;

/** They mean nothing beside what another database knows, or would count where nothing was set. */
const OF_ONE_TIME = ['playhead', 'settings.json'] as const;
/** A file beside a database is small. */
const MOST_BESIDE_BYTES = 16 * 1024 * 1024;
/** Left free by a restore; with less than 12 MB a server counts its disk as full. */
const SPARE_BYTES = 2 * 1024 * 1024;

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
  /** It waits for `armRestore`, so that somebody can look at what it would put in place. */
  readonly held?: boolean | undefined;
}

/**
 * Takes a backup apart beside what it will replace, and checks every byte, the database and its version. Nothing has changed when this
 * throws (ERR_INVALID, ERR_CONFLICT); when it resolves the next `finishRestore` puts it in place, also after a power cut.
 */
export async function stageRestore(task: StageTask, worked?: Worked): Promise<Manifest> {
  return inWords(() => staged(task, worked));
}

async function staged(task: StageTask, worked: Worked | undefined): Promise<Manifest> {
  const { dataDir, file, aside, only, held = false } = task;
  const stage = stageIn(dataDir);
  await rm(stage, { recursive: true, force: true });
  try {
    // What else an archive may hold is not written: a file of ours in there would count as ours.
    const wanted = (name: string): boolean => isKnown(name) && (only?.includes(name) ?? true);
    const admit = async (manifest: Manifest): Promise<void> => {
      demandFit(manifest);
      await demandRoom(dataDir, manifest, wanted);
    };
    const manifest = await unpack(file, stage, admit, { worked, wanted });
    if (wanted(DATABASE) && tablesIn(join(stage, DATABASE)) !== manifest.schema)
      throw noBackup('its database is another one');
    for (const name of [DATABASE, ...BESIDE])
      if (existsSync(join(stage, name))) await settle(join(stage, name));
    if (!held) await armRestore({ dataDir, aside, isWhole: only === undefined });
    return manifest;
  } catch (error) {
    await rm(stage, { recursive: true, force: true });
    throw error;
  }
}

const NO_DATABASE: readonly (number | undefined)[] = [11, 26];

/** What came from elsewhere may be anything, and name itself a database with the right sum. */
function tablesIn(file: string): number {
  try {
    return checkDatabase(file);
  } catch (error) {
    throw NO_DATABASE.includes(resultOf(error)) ? noBackup('its database is none') : error;
  }
}

export interface ArmTask extends Pick<StageTask, 'dataDir' | 'aside'> {
  /** Where the settings file goes; absent: into the data folder. */
  readonly settingsTo?: string;
  /** What the backup does not have goes too. */
  readonly isWhole?: boolean;
}

/** From here on what was staged takes its place, also after a power cut. */
export async function armRestore({ dataDir, aside, settingsTo, isWhole = true }: ArmTask): Promise<void> {
  const stage = stageIn(dataDir);
  const has = (name: string): boolean => existsSync(join(stage, name));
  const ready: Ready = {
    aside,
    names: ([DATABASE, ...BESIDE] as const).filter(has),
    ...(isWhole && { gone: OF_ONE_TIME.filter((name) => !has(name)) }),
    ...(settingsTo !== undefined && { settings_to: settingsTo }),
  };
  await inWords(async () => {
    await writeFile(join(stage, 'ready.part'), JSON.stringify(ready), { mode: 0o600 });
    await settle(join(stage, 'ready.part'));
    await rename(join(stage, 'ready.part'), join(stage, READY));
    await settle(stage);
  });
}

/** Whether a restore waits for `finishRestore`. */
export const isArmed = (dataDir: string): boolean => existsSync(join(stageIn(dataDir), READY));

/** The settings file that was staged, if there is one. */
export function stagedSettings(dataDir: string): string | undefined {
  const file = join(stageIn(dataDir), SETTINGS);
  return existsSync(file) ? file : undefined;
}

const stageIn = (dataDir: string): string => join(dataDir, STAGE);
const isKnown = (name: string): boolean => name === DATABASE || BESIDE.some((one) => one === name);

function demandFit({ schema, version, files }: Manifest): void {
  if (schema > SCHEMA_VERSION)
    throw new AppError(
      'ERR_CONFLICT',
      `This backup was made by a newer Tutti (${version}): upgrade this one first`,
    );
  if (!files.some(({ name }) => name === DATABASE)) throw noBackup('it has no database');
  const long = files.find(({ name, size_bytes }) => name !== DATABASE && size_bytes > MOST_BESIDE_BYTES);
  if (long) throw noBackup(`${long.name} is far too long`);
}

/** Music plays on while a backup is taken apart: it must not take the last room. */
async function demandRoom(
  dataDir: string,
  { files }: Manifest,
  wanted: (name: string) => boolean,
): Promise<void> {
  const bytes = files.reduce((sum, { name, size_bytes }) => sum + (wanted(name) ? size_bytes : 0), 0);
  const missing = bytes + SPARE_BYTES - (await freeIn(dataDir));
  if (missing > 0)
    throw new AppError(
      'ERR_SPACE',
      `There is no room to restore this backup: ${Math.ceil(missing / 1e6)} MB too little`,
      { params: { missing_bytes: missing } },
    );
}

/**
 * Ends a restore that was staged: what stands there goes aside, what is new takes its place. Does nothing when there is none; each step may be
 * cut off and done again. Only while nobody has the database open. Gives the folder of what was replaced.
 */
export async function finishRestore(dataDir: string): Promise<string | undefined> {
  const stage = stageIn(dataDir);
  const ready = await readFile(join(stage, READY), 'utf8').catch(() => undefined);
  if (ready === undefined) {
    if (existsSync(stage)) await rm(stage, { recursive: true, force: true });
    return undefined;
  }
  const { aside, names, gone, settings_to } = Ready.parse(JSON.parse(ready));
  for (const name of gone ?? []) await setAside(dataDir, aside, name);
  for (const name of names) {
    if (!existsSync(join(stage, name))) continue;
    if (name === SETTINGS && settings_to !== undefined && settings_to !== join(dataDir, name)) {
      await placeSettings({ dataDir, staged: join(stage, name), to: settings_to, aside });
      continue;
    }
    if (name === DATABASE) for (const other of WITH_DATABASE) await setAside(dataDir, aside, other);
    await setAside(dataDir, aside, name);
    await rename(join(stage, name), join(dataDir, name));
    await settle(dataDir);
  }
  // Not where a damaged file alone was mended.
  if (gone !== undefined) await writeFile(join(dataDir, RESTORED), '', { mode: 0o600 });
  await rm(stage, { recursive: true, force: true });
  return existsSync(join(dataDir, ASIDE, aside)) ? join(ASIDE, aside) : undefined;
}

/** Whether the house was restored since it last began: nobody wants music of another day to begin by itself then. */
export const isJustRestored = (dataDir: string): boolean => existsSync(join(dataDir, RESTORED));

/** It has begun. */
export const hasBegun = (dataDir: string): Promise<void> => rm(join(dataDir, RESTORED), { force: true });
