import { mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { AppError, uuid, type Clock, type Logger } from '../../base/index.js';
import type { JobProgress, JobQueue, JobResult, Outcome, Work } from '../../jobs/index.js';
import type { Library, SourceFile } from '../../library/index.js';
import { allows, personOf, type Caller, type Export, type Handlers } from '../../protocol/index.js';
import { KeptList, type Store } from '../../state/index.js';
import type { Db } from '../../storage/index.js';
import type { ExportParams, ExportPlan, ExportResult, Format } from './contract.js';
import { exportRoots, openFolder, type FolderRules } from './folders.js';
import { Manifest } from './manifest.js';
import { neededBytes, planExport } from './planning.js';
import { exportWork } from './work.js';

export interface ExportsParts {
  readonly db: Db;
  readonly store: Store;
  readonly queue: Pick<JobQueue, 'handle' | 'add' | 'cancel'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly library: Pick<Library, 'items' | 'sources'> & {
    readonly handlers: Pick<Library['handlers'], 'playlist:get'>;
  };
  readonly musicDir: string;
  readonly folders: FolderRules;
  /** Where plans are kept; all processes that work see it. */
  readonly workspace: string;
  /** Albums that somebody loves, the newest first. */
  hearted(this: void, userId: string): readonly string[];
  /** A word to one person. */
  notify(
    this: void,
    userId: string,
    note: { readonly level: 'success' | 'error'; readonly title: string; readonly message: string },
  ): void;
  /** The program; `ffmpeg` from the path by default. */
  readonly ffmpeg?: string;
}

const Own = z.object({ job_id: z.string() });
type Own = z.infer<typeof Own>;

type ExportHandlers = Handlers<
  'export:list' | 'export:start' | 'export:cancel' | 'export:resume' | 'export:remove'
>;
type Request = Parameters<ExportHandlers['export:start']>[0];

/** Exports that are over and stay in the list. */
const MOST_OVER = 50;
const isActive = ({ state }: Export): boolean => state === 'queued' || state === 'running';

/** What people take along: their hearted albums, or a playlist, on a stick or in a folder. */
export class Exports {
  readonly handlers: ExportHandlers;
  readonly #parts: ExportsParts;
  readonly #kept: KeptList<'exports', Own>;
  readonly #work: Work<ExportParams, ExportResult>;

  constructor(parts: ExportsParts) {
    this.#parts = parts;
    const { db, store } = parts;
    this.#kept = new KeptList({ db, store, list: 'exports', own: Own });
    this.#work = exportWork(parts.ffmpeg === undefined ? {} : { ffmpeg: parts.ffmpeg });
    parts.queue.handle(this.#work, {
      concurrency: 1,
      begun: (jobId, { export_id }) => this.#begun(jobId, export_id),
      progress: (jobId, { export_id }, news) => this.#progress(jobId, export_id, news),
      settled: (jobId, { export_id }, outcome) => this.#settled(jobId, export_id, outcome),
      retry: (params) => this.#again(params),
    });
    this.handlers = {
      'export:list': async () => ({
        exports: this.#kept
          .all()
          .map(({ item }) => item)
          .reverse(),
        folders: await exportRoots(parts.folders),
      }),
      'export:start': (request, caller) => this.#start(request, caller),
      'export:resume': async ({ export_id }, caller) => ({ job_id: await this.#resume(export_id, caller) }),
      'export:cancel': ({ export_id }, caller) => this.#cancel(export_id, caller),
      'export:remove': ({ export_id }, caller) => this.#remove(export_id, caller),
    };
  }

  async #start(request: Request, caller: Caller): Promise<{ export_id: string; job_id: string }> {
    const { user_id, username } = personOf(caller);
    const item: Export = {
      export_id: uuid(),
      user_id,
      ...(caller.name !== undefined && { username }),
      title: this.#title(request, caller),
      ...(request.playlist_id !== undefined && { playlist_id: request.playlist_id }),
      format: request.format,
      path: request.folder,
      state: 'queued',
      progress: 0,
      album_count: 0,
      track_count: 0,
      size_bytes: 0,
      created_at: this.#now(),
    };
    const job_id = await this.#begin(item);
    this.#forgetOld();
    return { export_id: item.export_id, job_id };
  }

  /** By what is loved now, or on the list now: what stands there already is not written again. */
  async #resume(exportId: string, caller: Caller): Promise<string> {
    const { item } = this.#mine(exportId, caller);
    if (item.state !== 'failed' && item.state !== 'cancelled')
      throw new AppError('ERR_CONFLICT', 'Only an export that failed or was cancelled can go on');
    return this.#begin(fresh(item));
  }

  /** The same plan once more: it finds out by itself what stands there already. */
  #again(params: ExportParams): string {
    const found = this.#kept.get(params.export_id);
    if (!found) throw new AppError('ERR_NOT_FOUND', 'This export was forgotten');
    this.#mustBeAlone(found.item.path);
    return this.#queue(fresh(found.item), params);
  }

  /** Whether somebody may cancel or retry a job: the owner of its export, or an admin. Throws ERR_NOT_ALLOWED. */
  mayControl(jobId: string, caller: Caller): void {
    const found = this.#kept.all().find(({ own }) => own.job_id === jobId);
    if (found) this.#mine(found.item.export_id, caller);
    else if (!allows('manage', caller))
      throw new AppError('ERR_NOT_ALLOWED', 'This export belongs to somebody else');
  }

  /** Plans it and hands it to the queue: both or neither. */
  async #begin(item: Export): Promise<string> {
    const { workspace } = this.#parts;
    const plan = await this.#plan(item);
    const path = join(workspace, `${item.export_id}.json`);
    await mkdir(workspace, { recursive: true });
    await writeFile(path, JSON.stringify(plan), { mode: 0o600, flush: true });
    this.#mustBeAlone(plan.root);
    return this.#queue(
      { ...item, path: plan.root, ...counts(plan) },
      { export_id: item.export_id, plan: path },
    );
  }

  #queue(item: Export, params: ExportParams): string {
    const { db, queue } = this.#parts;
    const job_id = uuid();
    db.transaction(() => {
      queue.add(this.#work, params, { title: `Export: ${item.title}`, job_id });
      this.#kept.put(item, { job_id });
    });
    return job_id;
  }

  async #plan(item: Export): Promise<ExportPlan> {
    const { folders, musicDir } = this.#parts;
    const folder = await openFolder(folders, item.path);
    this.#mustBeAlone(folder.path);
    const manifest = await Manifest.load(folder.path);
    const formats: readonly Format[] = item.format === 'both' ? ['flac', 'mp3'] : [item.format];
    const { export_id, title } = item;
    const sources = this.#sources(item);
    const wish = { export_id, title, formats, sources, folder, musicDir: await realpath(musicDir) };
    const plan = planExport(wish, manifest);
    const needed = neededBytes(plan.albums, manifest) + folder.reserve_bytes;
    if (needed > folder.free_bytes)
      throw new AppError(
        'ERR_SPACE',
        `This needs ${megabytes(needed)} MB, and ${megabytes(folder.free_bytes)} MB are free there`,
        { params: { needed_bytes: needed, free_bytes: folder.free_bytes } },
      );
    return plan;
  }

  #sources({ user_id, playlist_id }: Export): SourceFile[] {
    const { library, hearted } = this.#parts;
    const items =
      playlist_id !== undefined
        ? library.items({ playlist_id })
        : hearted(user_id).flatMap((album_id) => library.items({ album_id }));
    const sources = library.sources(items.flatMap(({ track_id }) => track_id ?? []));
    if (sources.length === 0)
      throw new AppError(
        'ERR_NOT_FOUND',
        playlist_id !== undefined
          ? 'This playlist has no tracks'
          : 'No album has a heart yet: give hearts to what shall be taken along',
      );
    return sources;
  }

  /** Two at once would not know of each other's files. */
  #mustBeAlone(path: string): void {
    if (this.#kept.all().some(({ item }) => isActive(item) && item.path === path))
      throw new AppError('ERR_CONFLICT', 'Another export is being written there');
  }

  #title({ playlist_id }: Request, caller: Caller): string {
    if (playlist_id === undefined) return caller.name === undefined ? 'Hearts' : `Hearts of ${caller.name}`;
    const { handlers } = this.#parts.library;
    const reply = handlers['playlist:get']({ playlist_id, offset: 0, limit: 1 }, caller);
    if (reply instanceof Promise) throw new AppError('ERR_INTERNAL', 'playlists come at once');
    return reply.playlist.name;
  }

  #cancel(exportId: string, caller: Caller): Record<string, never> {
    const { item, own } = this.#mine(exportId, caller);
    if (!isActive(item)) throw new AppError('ERR_CONFLICT', 'This export is over already');
    this.#parts.queue.cancel(own.job_id);
    return {};
  }

  async #remove(exportId: string, caller: Caller): Promise<Record<string, never>> {
    const { item } = this.#mine(exportId, caller);
    if (isActive(item)) throw new AppError('ERR_CONFLICT', 'Cancel this export first');
    this.#forget([exportId]);
    return {};
  }

  /** Of the person who asks, or of anybody when that is an admin. */
  #mine(exportId: string, caller: Caller): { readonly item: Export; readonly own: Own } {
    const found = this.#kept.get(exportId);
    if (!found)
      throw new AppError('ERR_NOT_FOUND', 'No export has this id', { params: { export_id: exportId } });
    if (found.item.user_id !== personOf(caller).user_id && !allows('manage', caller))
      throw new AppError('ERR_NOT_ALLOWED', 'This export belongs to somebody else');
    return found;
  }

  #current(jobId: string, exportId: string): { readonly item: Export; readonly own: Own } | undefined {
    const found = this.#kept.get(exportId);
    return found?.own.job_id === jobId ? found : undefined;
  }

  #begun(jobId: string, exportId: string): void {
    const found = this.#current(jobId, exportId);
    if (found && isActive(found.item))
      this.#kept.put({ ...found.item, state: 'running' }, found.own, 'normal');
  }

  #progress(jobId: string, exportId: string, { current = 0, total = 0, message }: JobProgress): void {
    const found = this.#current(jobId, exportId);
    if (!found || !isActive(found.item)) return;
    const percent = total > 0 ? Math.floor((Math.min(current, total) / total) * 100) : 0;
    const progress = Math.max(found.item.progress, percent);
    const current_album = message ?? found.item.current_album;
    const named = current_album !== undefined && { current_album };
    this.#kept.show({ ...found.item, state: 'running', progress, ...named }, found.own);
    const { user_id } = found.item;
    this.#parts.store.tell({
      type: 'export:progress',
      topic: 'exports',
      data: { user_id, progress, ...named },
    });
  }

  /** May come twice: what is over stays as it is. */
  #settled(jobId: string, exportId: string, outcome: Outcome<ExportResult>): JobResult | undefined {
    const found = this.#current(jobId, exportId);
    if (!found) return undefined;
    const { item, own } = found;
    if (isActive(item)) {
      if (outcome.ok) this.#completed(item, own, outcome.result);
      else this.#ended(item, own, outcome.error);
    }
    return outcome.ok ? { message: inWords(outcome.result), result: numbers(outcome.result) } : undefined;
  }

  #completed(item: Export, own: Own, result: ExportResult): void {
    const { album_count, track_count, size_bytes, notes } = result;
    const { user_id, path, title } = item;
    const { current_album: _album, ...rest } = item;
    const error = notes.length > 0 ? { error: notes.join('\n') } : {};
    const done = { state: 'completed', progress: 100, ended_at: this.#now() } as const;
    this.#kept.put({ ...rest, ...done, album_count, track_count, size_bytes, ...error }, own);
    const { store, notify } = this.#parts;
    store.tell({ type: 'export:complete', topic: 'exports', data: { user_id, path, album_count } });
    notify(user_id, { level: 'success', title: `${title} is ready to take along`, message: inWords(result) });
  }

  #ended(item: Export, own: Own, error: { readonly message: string; readonly cancelled?: true }): void {
    const { current_album: _album, ...rest } = item;
    const state = error.cancelled ? 'cancelled' : 'failed';
    this.#kept.put({ ...rest, state, error: error.message, ended_at: this.#now() }, own);
    if (state === 'failed')
      this.#parts.notify(item.user_id, {
        level: 'error',
        title: `${item.title} could not be written`,
        message: error.message,
      });
  }

  #forgetOld(): void {
    const over = this.#kept.all().filter(({ item }) => !isActive(item));
    this.#forget(over.slice(0, -MOST_OVER).map(({ item }) => item.export_id));
  }

  #forget(ids: readonly string[]): void {
    this.#kept.remove(ids);
    for (const id of ids)
      rm(join(this.#parts.workspace, `${id}.json`), { force: true }).catch((error: unknown) =>
        this.#parts.log.warn({ export_id: id, error }, 'the plan of an export stays'),
      );
  }

  #now(): string {
    return new Date(this.#parts.clock.wallMs()).toISOString();
  }
}

function fresh(item: Export): Export {
  const { error: _error, ended_at: _ended, current_album: _album, ...rest } = item;
  return { ...rest, state: 'queued', progress: 0 };
}

function counts({ albums }: ExportPlan): Pick<Export, 'album_count' | 'track_count'> {
  return {
    album_count: new Set(albums.map(({ album_id }) => album_id)).size,
    track_count: new Set(albums.flatMap(({ tracks }) => tracks.map(({ track_id }) => track_id))).size,
  };
}

function inWords({ album_count, written, unchanged }: ExportResult): string {
  const albums = album_count === 1 ? '1 album' : `${album_count} albums`;
  return `${albums}: ${written} files written, ${unchanged} were there already`;
}

function numbers(result: ExportResult): Record<string, number> {
  const { album_count, track_count, written, unchanged, size_bytes } = result;
  return { album_count, track_count, written, unchanged, size_bytes };
}

const megabytes = (bytes: number): number => Math.ceil(bytes / 1_000_000);
