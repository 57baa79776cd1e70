import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, silentLogger, systemClock, toError } from '../../src/base/index.js';
import type { HandleOptions, JobQueue, Outcome, Work } from '../../src/jobs/index.js';
import type { LibraryOptions } from '../../src/library/index.js';
import { Exports } from '../../src/pipeline/exports/exports.js';
import type { FolderRules } from '../../src/pipeline/exports/folders.js';
import type { Caller, Export, TopicEvent } from '../../src/protocol/index.js';
import { emptyState, sqliteKeeper, Store } from '../../src/state/index.js';
import { migrate, openDb } from '../../src/storage/index.js';
import { until } from '../until.js';
import { LibraryRig } from './library-rig.js';

interface Handled {
  readonly work: Work<never, unknown>;
  readonly options: HandleOptions<never, unknown>;
}

/** The queue of jobs as one process without a memory: begins at once, settles once. */
export class PlainQueue implements Pick<JobQueue, 'handle' | 'add' | 'cancel'> {
  #handled = new Map<string, Handled>();
  #running = new Map<string, AbortController>();
  /** While it is false, work that is added waits for ever: its process has died. */
  alive = true;

  handle<P, R>(work: Work<P, R>, options: HandleOptions<P, R>): void {
    this.#handled.set(work.kind, { work, options } as unknown as Handled);
  }

  add<P, R>(work: Work<P, R>, params: P, options: { readonly job_id?: string }): string {
    const jobId = options.job_id!;
    const abort = new AbortController();
    this.#running.set(jobId, abort);
    if (this.alive) setImmediate(() => void this.#run(jobId, work.kind, params as never, abort.signal));
    return jobId;
  }

  cancel(jobId: string): void {
    this.#running.get(jobId)?.abort(new AppError('ERR_BUSY', 'cancelled'));
  }

  async #run(jobId: string, kind: string, params: never, signal: AbortSignal): Promise<void> {
    const { work, options } = this.#handled.get(kind)!;
    options.begun?.(jobId, params, 1);
    let outcome: Outcome<unknown>;
    try {
      const result = await work.run(params, {
        signal,
        attempt: 1,
        clock: systemClock,
        log: silentLogger,
        progress: (news) => options.progress?.(jobId, params, news),
      });
      outcome = { ok: true, result: work.result.parse(result) };
    } catch (thrown) {
      const { message } = toError(thrown);
      outcome = {
        ok: false,
        error: { message, retryable: true, ...(signal.aborted && { cancelled: true as const }) },
      };
    }
    this.#running.delete(jobId);
    await options.settled(jobId, params, outcome);
  }
}

export const ann: Caller = { connection_id: 'a', role: 'user', subject_id: 'u-ann', name: 'Ann' };
export const bob: Caller = { connection_id: 'b', role: 'user', subject_id: 'u-bob', name: 'Bob' };
export const admin: Caller = { connection_id: 'c', role: 'admin', subject_id: 'u-own', name: 'Owner' };

/** Exports over a library of real files, to folders of their own. */
export class ExportRig {
  readonly library: LibraryRig;
  readonly db = openDb(':memory:');
  readonly queue = new PlainQueue();
  readonly events: TopicEvent[] = [];
  readonly notes: { readonly user_id: string; readonly title: string; readonly message: string }[] = [];
  /** Album titles that Ann loves. */
  loved: string[] = [];
  readonly stick: string;
  readonly exports: Exports;
  readonly store: Store;

  private constructor(library: LibraryRig, dir: string, rules: Partial<FolderRules>) {
    this.library = library;
    this.stick = join(dir, 'stick');
    migrate(this.db);
    this.store = new Store({ state: emptyState('0'), epoch: 'e', keeper: sqliteKeeper(this.db) });
    this.store.subscribe((told) => this.events.push(...told));
    this.exports = new Exports({
      db: this.db,
      store: this.store,
      queue: this.queue,
      clock: systemClock,
      log: silentLogger,
      library: library.library,
      musicDir: library.musicDir,
      workspace: join(dir, 'workspace'),
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
  }

  static async library(dir: string, options: Partial<LibraryOptions> = {}): Promise<LibraryRig> {
    await mkdir(dir, { recursive: true });
    return LibraryRig.open(dir, options);
  }

  static async open(library: LibraryRig, dir: string, rules: Partial<FolderRules> = {}): Promise<ExportRig> {
    const rig = new ExportRig(library, dir, rules);
    await mkdir(rig.stick, { recursive: true });
    return rig;
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
    return this.exports.handlers['export:start'](asked, ann);
  }

  /** To its end, whatever that is. */
  async over(exportId: string): Promise<Export> {
    await until('the export is over', () => this.item(exportId).ended_at !== undefined);
    return this.item(exportId);
  }

  async run(request: Parameters<ExportRig['start']>[0] = {}): Promise<Export> {
    const { export_id } = await this.start(request);
    return this.over(export_id);
  }
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
