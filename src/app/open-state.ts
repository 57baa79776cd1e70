import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bootName, codeOf, isDiskRefusal, isForbidden, randomId, toError } from '../base/index.js';
import { finishRestore, hasBegun, isArmed, isJustRestored, mendFolder } from '../backup/index.js';
import { version } from '../package-root.js';
import { loadState, Playhead, resumedAt, sqliteKeeper, Store, type Undecided } from '../state/index.js';
import { claimFolder, DiskWatch, folderId, type Claim, type Db } from '../storage/index.js';
import type { Base } from './base.js';
import { openKeptDb } from './open-kept-db.js';

export interface Kept {
  readonly db: Db;
  /** Where that database is: in the data folder, or while nothing can be written there, a copy in memory. */
  readonly dbFile: string;
  readonly borrowed: boolean;
  readonly lacks?: string | undefined;
  readonly store: Store;
  readonly playhead: Playhead;
  readonly claim: Claim;
  readonly disk: DiskWatch;
  /** What was damaged at this start, in sentences for people. */
  readonly lost: readonly string[];
  /** Music of which it is to be decided yet whether it goes on, and when this life of the server began. */
  readonly undecided: (Undecided & { readonly startedUs: number }) | undefined;
}

const MEMORY = '/dev/shm';

/** What is on disk, and the store that keeps it there. This data folder is ours alone from here on. */
export async function openState(base: Base, runtimeDir?: string): Promise<Kept> {
  const { config, closers, clock, log } = base;
  const { data_dir } = config;
  const claim = await claimFolder(data_dir);
  closers.add(() => claim.release());
  const near = nearPlayhead(data_dir, runtimeDir);
  // Before the next life reads its settings, and after this one has let go of everything.
  closers.add(() => restored(base, near));
  const disk = new DiskWatch({ folder: data_dir, clock, log });
  closers.add(() => disk.close());
  const waited = isArmed(data_dir);
  const lost = disk.state === 'read-only' ? [] : await mended(base);
  if (waited && !isArmed(data_dir)) {
    // It was cut off. The settings of this life are still those from before.
    if (near !== undefined) await rm(near, { force: true });
    base.restart('A backup was restored');
  }
  const { db, file, borrowed, lacks } = await openKeptDb(base, disk);
  if (!borrowed) disk.holds(file);

  const unread: string[] = [];
  const playheadPath = join(data_dir, 'playhead');
  const loaded = loadState(db, version, (what) => void unread.push(what));
  const isRestored = isJustRestored(data_dir);
  // What was noted in memory is of the house that was.
  const playheads = near === undefined || isRestored ? [playheadPath] : [near, playheadPath];
  const [boot, startedUs] = [bootName(), clock.nowUs()];
  const at = { wall_ms: clock.wallMs(), trusted: clock.trusted(), boot, us: startedUs, restored: isRestored };
  const { state, undecided } = resumedAt(loaded, playheads, at);
  const store = new Store({ state, epoch: randomId(), keeper: sqliteKeeper(db) });
  closers.add(() => {
    // Also what was refused before: the disk may have room by now.
    if (!store.retry()) log.error({}, 'what the disk has refused is lost with this life of the server');
  });
  const playhead = new Playhead({ path: playheadPath, near, store, clock, log, boot });
  closers.add(() => playhead.close());
  if (isRestored) await begun(base);
  for (const what of unread) log.error({ what }, 'something in the database could not be read');
  const unreadable = unread.map((what) => `One ${what} in the database could not be read and was left out.`);
  return {
    db,
    dbFile: file,
    borrowed,
    lacks,
    store,
    playhead,
    claim,
    disk,
    lost: [...lost, ...unreadable],
    undecided: undecided && { ...undecided, startedUs },
  };
}

/** A file in memory that outlives this process: in the folder that the unit keeps for it, else where this machine has such a place. */
function nearPlayhead(dataDir: string, runtimeDir: string | undefined): string | undefined {
  if (runtimeDir !== undefined) return join(runtimeDir, 'playhead');
  if (!existsSync(MEMORY)) return undefined;
  return join(MEMORY, `tutti-${folderId(dataDir)}.playhead`);
}

/** A disk that does not take that is asked again at the next start. */
async function begun({ config, log }: Base): Promise<void> {
  await hasBegun(config.data_dir).catch((error: unknown) =>
    log.warn({ error: toError(error).message }, 'that the restored house has begun could not be kept'),
  );
}

/** Puts in place what somebody has asked for. When that fails the next start does it. */
async function restored({ config, log }: Base, near: string | undefined): Promise<void> {
  if (!isArmed(config.data_dir)) return;
  try {
    await finishRestore(config.data_dir);
    // Where music is in the house that was, and that it played until now.
    if (near !== undefined) await rm(near, { force: true });
  } catch (error) {
    log.error({ error: toError(error).message }, 'a backup could not be put in place');
  }
}

/** A disk that refuses keeps nobody from starting: nothing is mended then. */
async function mended({ config, clock, log }: Base): Promise<string[]> {
  try {
    return await mendFolder({ dataDir: config.data_dir, wallMs: clock.wallMs(), log });
  } catch (error) {
    if (codeOf(error) !== 'ERR_DISK' && !isDiskRefusal(error) && !isForbidden(error)) throw error;
    log.error({ error: toError(error).message }, 'the data folder could not be looked through');
    return [];
  }
}
