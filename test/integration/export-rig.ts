import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { jobHandlers, Jobs, openQueue, type JobProgress, type JobQueue } from '../../src/jobs/index.js';
import type { LibraryOptions } from '../../src/library/index.js';
import type { ExportResult } from '../../src/pipeline/exports/contract.js';
import { Exports } from '../../src/pipeline/exports/exports.js';
import type { FolderRules } from '../../src/pipeline/exports/folders.js';
import { exportWork } from '../../src/pipeline/exports/work.js';
import type { Caller, Export, TopicEvent } from '../../src/protocol/index.js';
import { loadState, sqliteKeeper, Store } from '../../src/state/index.js';
import { migrate, openDb, type Db } from '../../src/storage/index.js';
import { until } from '../until.js';
import { LibraryRig } from './library-rig.js';

export const ann: Caller = { connection_id: 'a', role: 'user', subject_id: 'u-ann', name: 'Ann' };
export const bob: Caller = { connection_id: 'b', role: 'user', subject_id: 'u-bob', name: 'Bob' };
export const admin: Caller = { connection_id: 'c', role: 'admin', subject_id: 'u-own', name: 'Owner' };

/** Exports over a library of real files, to folders of their own. */
export class ExportRig {
  readonly library: LibraryRig;
  readonly db: Db;
  readonly #workspace: string;
  readonly #jobs: Jobs;
  readonly jobs: ReturnType<typeof jobHandlers>;
  readonly #queue: JobQueue;
  /** While it is false, work that is added waits for ever: its process has died. */
  works = true;
  #started = false;
  readonly events: TopicEvent[] = [];
  readonly notes: { readonly user_id: string; readonly title: string; readonly message: string }[] = [];
  /** Album titles that Ann loves. */
  loved: string[] = [];
  readonly stick: string;
  readonly exports: Exports;
  readonly store: Store;

  private constructor(parts: House, library: LibraryRig, dir: string, rules: Partial<FolderRules>) {
    this.library = library;
    this.stick = join(dir, 'stick');
    this.#workspace = join(dir, 'workspace');
    this.db = parts.db;
    this.store = parts.store;
    this.#jobs = parts.jobs;
    this.#queue = parts.queue;
    this.jobs = jobHandlers(parts.jobs);
    this.store.subscribe((told) => this.events.push(...told));
    this.exports = new Exports({
      db: this.db,
      store: this.store,
      queue: this.#queue,
      clock: systemClock,
      log: silentLogger,
      library: library.library,
      musicDir: library.musicDir,
      workspace: this.#workspace,
      folders: {
        exportDirs: [this.stick],
        closed: [library.musicDir],
        reserveBytes: 0,
        removable: [],
        ...rules,
      },
      hearted: (userId) => (userId === 'u-ann' ? this.loved.map((title) => this.album(title).album_id) : []),
      notify: (user_id, note) => this.notes.push({ user_id, ...note }),
    });
    parts.jobs.guard('export', (jobId, caller) => this.exports.mayControl(jobId, caller));
  }

  static async library(dir: string, options: Partial<LibraryOptions> = {}): Promise<LibraryRig> {
    await mkdir(dir, { recursive: true });
    return LibraryRig.open(dir, options);
  }

  static async open(library: LibraryRig, dir: string, rules: Partial<FolderRules> = {}): Promise<ExportRig> {
    await mkdir(join(dir, 'stick'), { recursive: true });
    return new ExportRig(await house(join(dir, 'house.db')), library, dir, rules);
  }

  async close(): Promise<void> {
    await this.#queue.close();
    this.#jobs.close();
    this.db.close();
  }

  album(title: string): { readonly album_id: string } {
    const found = this.library.albums().find((album) => album.title === title);
    if (!found) throw new Error(`no album ${title}`);
    return found;
  }

  item(exportId: string): Export {
    const item = this.store.state.lists.exports.get(exportId);
    if (!item) throw new Error('no such export');
    return item;
  }

  async start(request: Partial<{ playlist_id: string; format: Export['format']; folder: string }> = {}) {
    const asked = { format: 'flac' as const, folder: this.stick, ...request };
    if (this.works) this.goOn();
    return this.exports.handlers['export:start'](asked, ann);
  }

  /** Begins to work. */
  goOn(): void {
    if (!this.#started) this.#queue.start();
    this.#started = true;
  }

  /** To its end, whatever that is. */
  async over(exportId: string): Promise<Export> {
    await until('the export is over', () => this.item(exportId).ended_at !== undefined);
    return this.item(exportId);
  }

  /** The plan of an export that waits, as a process that works on it gets it. */
  async planned(request: Parameters<ExportRig['start']>[0] = {}): Promise<string> {
    this.works = false;
    const { export_id } = await this.start(request);
    return join(this.#workspace, `${export_id}.json`);
  }

  async run(request: Parameters<ExportRig['start']>[0] = {}): Promise<Export> {
    const { export_id } = await this.start(request);
    return this.over(export_id);
  }
}

interface House {
  readonly db: Db;
  readonly store: Store;
  readonly jobs: Jobs;
  readonly queue: JobQueue;
}

async function house(file: string): Promise<House> {
  const db = openDb(file);
  migrate(db);
  const store = new Store({ state: loadState(db, '0'), epoch: 'e', keeper: sqliteKeeper(db) });
  const [clock, log] = [systemClock, silentLogger];
  const jobs = new Jobs({ db, store, clock, log });
  return { db, store, jobs, queue: await openQueue({ db, jobs, clock, log, random: () => 0.5 }) };
}

/** Does the work of a plan here; `told` hears of it at once. */
export function workOn(
  plan: string,
  told: (news: JobProgress) => void = () => undefined,
  signal = new AbortController().signal,
): Promise<ExportResult> {
  const context = { signal, attempt: 1, clock: systemClock, log: silentLogger, progress: told };
  return exportWork().run({ export_id: 'e', plan }, context);
}

/** Every file below a folder, by path. */
export async function tree(dir: string): Promise<string[]> {
  const found = await readdir(dir, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort();
}

export async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
