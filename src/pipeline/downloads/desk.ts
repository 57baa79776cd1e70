import { rm, rmdir } from 'node:fs/promises';
import { AppError, toError, uuid, type Clock, type Logger, type Timer } from '../../base/index.js';
import type { JobProgress, JobQueue, Outcome, Work, WorkError } from '../../jobs/index.js';
import { personOf, type Caller, type Download, type SourceKind } from '../../protocol/index.js';
import type { Store } from '../../state/index.js';
import type { Db } from '../../storage/index.js';
import {
  demandRoom,
  fetchFolder,
  fetchWork,
  Workplace,
  type Fetched,
  type FetchParams,
  type Sources,
} from '../sources/index.js';
import type { Attempts } from './attempts.js';
import { isDownloadOver, NO_PACE, Records, shownUrl, type Entry, type OwnPart } from './records.js';

/** Music that is whole, looked at, and in a folder of its own. */
export interface Arrived {
  readonly download_id: string;
  /** Absolute; whoever takes it moves it away. */
  readonly folder: string;
  readonly title: string;
  readonly source: SourceKind;
  readonly username?: string | undefined;
  readonly user_id?: string | undefined;
  readonly room_id?: string | undefined;
  readonly item_id?: string | undefined;
}

export interface DownloadParts {
  readonly db: Db;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly queue: JobQueue;
  readonly sources: Sources;
  readonly attempts: Attempts;
  /** At least once for each download, and again when it rejects: it must be idempotent. */
  onArrived(this: void, arrived: Arrived): Promise<{ readonly candidate_id?: string } | void>;
  /** Puts a place holder into the queue of a room; gives its id. Throws where the room cannot have it. */
  wish?(this: void, roomId: string, download: Download, caller: Caller): Promise<string> | string;
}

export interface Wanted {
  readonly url: string;
  readonly source?: SourceKind | undefined;
  readonly title?: string | undefined;
  readonly room_id?: string | undefined;
}

/** What only the house itself says of a download. */
export interface Beside {
  /** The same id again is the same download. */
  readonly download_id?: string | undefined;
  /** What its file shall be called. */
  readonly name?: string | undefined;
  readonly user_id?: string | undefined;
  readonly username?: string | undefined;
}

export const FETCH_CONCURRENCY = 3;
const MOST_OPEN = 500;
const LOOK_MS = 1_000;
const DAY_MS = 86_400_000;
/** Progress is told four times a second. */
const TELL_US = 250_000;

/** Downloads from the wish to the handing on: what is asked for, how far it is, how it ended. [DL1] [DL2] */
export class DownloadDesk {
  readonly records: Records;
  readonly #parts: DownloadParts;
  readonly #work: Work<FetchParams, Fetched>;
  readonly #stop = new AbortController();
  readonly #look: Timer;
  /** When progress of an upload was told last. */
  readonly #told = new Map<string, number>();
  readonly #others: readonly SourceKind[];

  /** `others` are ways in that fetch nothing by an address. */
  constructor(parts: DownloadParts, others: readonly SourceKind[] = []) {
    this.#parts = parts;
    this.#others = others;
    this.records = new Records(parts);
    this.#work = fetchWork(parts.sources);
    parts.queue.handle(this.#work, {
      concurrency: FETCH_CONCURRENCY,
      begun: (job_id, { download_id }, attempt) => this.#begun(job_id, download_id, attempt),
      progress: (job_id, { download_id }, news) => this.#progress(job_id, download_id, news),
      waits: (job_id, { download_id }, error, at_ms) => this.#waits(job_id, download_id, error, at_ms),
      settled: (job_id, { download_id }, outcome) => this.#settled(job_id, download_id, outcome),
      retry: ({ download_id }) => this.retry(download_id),
    });
    this.#recall();
    this.#look = parts.clock.every(LOOK_MS, () => this.records.settleSpeeds());
  }

  /** What a person asks for. Throws what the guard throws, ERR_CONFLICT for what is on its way already, ERR_SPACE, ERR_BUSY. */
  async ask(
    wanted: Wanted,
    caller: Caller,
  ): Promise<{ download_id: string; job_id: string; item_id?: string }> {
    const { item, own } = await this.#planned(wanted, personOf(caller));
    this.#parts.attempts.forget(item.source, wanted.url);
    const item_id = await this.wish(wanted.room_id, item, caller);
    const job_id = this.enqueue(item, { ...own, ...(item_id !== undefined && { item_id }) });
    return { download_id: item.download_id, job_id, ...(item_id !== undefined && { item_id }) };
  }

  /** What the house wants by itself. Nothing happens when it has a download of this id. */
  async add(wanted: Wanted, beside: Beside): Promise<void> {
    if (beside.download_id !== undefined && this.records.find(beside.download_id)) return;
    const { item, own } = await this.#planned(wanted, beside);
    this.enqueue(item, own);
  }

  async #planned(wanted: Wanted, beside: Beside): Promise<Entry> {
    const { sources } = this.#parts;
    const { url } = wanted;
    if (wanted.source === 'upload' || wanted.source === 'watch')
      throw new AppError('ERR_INVALID', 'Nothing is fetched from an address that way');
    if (!URL.canParse(url)) throw new AppError('ERR_ADDRESS_REFUSED', 'This is no web address');
    const source = wanted.source === undefined ? sources.forUrl(url) : sources.get(wanted.source);
    const plan = await source.plan(url, this.#stop.signal);
    const kind = wanted.source ?? source.kind;
    if (!source.takes(new URL(url))) throw new AppError('ERR_INVALID', `${kind} is not for this address`);
    this.#refuseTwice(url);
    await this.demandRoom(0);
    const title = (wanted.title ?? plan.title).slice(0, 128);
    const item = { ...this.fresh(kind, title, beside), url: shownUrl(url) };
    const { name, user_id } = beside;
    const own: OwnPart = {
      url,
      ...(wanted.room_id !== undefined && { room_id: wanted.room_id }),
      ...(name !== undefined && { name }),
      ...(user_id !== undefined && { user_id }),
    };
    return { item, own };
  }

  /** A download that nobody has heard of yet. Throws ERR_BUSY. */
  fresh(source: SourceKind, title: string, { download_id = uuid(), username }: Beside): Download {
    const open = this.records.all().filter(({ item }) => !isDownloadOver(item));
    if (open.length >= MOST_OPEN)
      throw new AppError('ERR_BUSY', 'So many downloads are on their way already; try again later');
    return {
      download_id,
      source,
      title,
      state: 'queued',
      progress: 0,
      received_bytes: 0,
      attempt: 1,
      retry_available: false,
      ...(username !== undefined && { username }),
      created_at: this.#now(),
    };
  }

  /** Record and job in one transaction: a new job each time. */
  enqueue(item: Download, own: OwnPart, not_before_ms = 0): string {
    const { db, queue } = this.#parts;
    const { download_id, source, title } = item;
    const { url, name } = own;
    const job_id = uuid();
    const params = {
      download_id,
      source,
      ...(url !== undefined && { url }),
      ...(name !== undefined && { name }),
    };
    db.transaction(() => {
      queue.add(this.#work, params, { title: `Fetch ${title}`, job_id, not_before_ms });
      this.records.put(item, { ...own, job_id });
    });
    return job_id;
  }

  async demandRoom(bytes: number): Promise<void> {
    const { settings } = this.#parts.sources;
    if (bytes > settings.caps.max_bytes)
      throw new AppError('ERR_TOO_LARGE', 'This is larger than allowed (download_max_mb)');
    await demandRoom(settings.incoming, bytes, settings.caps.reserve_bytes, settings.free);
  }

  cancel(id: string): void {
    const { item, own } = this.records.get(id);
    if (isDownloadOver(item)) throw over();
    if (own.job_id !== undefined) return this.#parts.queue.cancel(own.job_id);
    this.#ended(id, 'cancelled', 'This was cancelled', true);
  }

  pause(id: string, paused: boolean): void {
    const { item, own } = this.records.get(id);
    if (isDownloadOver(item)) throw over();
    if (own.job_id === undefined)
      throw new AppError('ERR_CONFLICT', 'An upload is held by the page that sends it');
    if (paused === (item.state === 'paused')) return;
    if (paused) this.#parts.queue.pause(own.job_id);
    else this.#parts.queue.resume(own.job_id);
    this.records.change(id, { ...NO_PACE, state: paused ? 'paused' : 'queued', next_attempt_at: undefined });
  }

  /** A person acts: what the ledger holds against it is forgotten. Gives the id of the job. */
  retry(id: string): string {
    const { item, own } = this.records.get(id);
    if (item.state !== 'failed' && item.state !== 'cancelled')
      throw new AppError('ERR_CONFLICT', 'This download has not failed');
    if (own.url !== undefined) this.#parts.attempts.forget(item.source, own.url);
    const again = { ...item, state: 'queued' as const, attempt: 1, retry_available: false };
    const { error: _error, ended_at: _ended, next_attempt_at: _next, ...fresh } = again;
    if (own.job_id !== undefined) return this.enqueue(fresh, own);
    // An upload that had not arrived yet: its page may go on.
    this.records.put({ ...fresh, state: 'running' }, own);
    return '';
  }

  async remove(id: string): Promise<void> {
    const { item } = this.records.get(id);
    if (!isDownloadOver(item))
      throw new AppError('ERR_CONFLICT', 'This download is not over; cancel it first');
    await this.#clear(item);
    this.records.remove([id]);
  }

  /** Told by whoever took it, once it stands in the library or never will. */
  finished(id: string, end: { readonly album_id: string } | { readonly error: string }): void {
    const entry = this.records.find(id);
    if (!entry) return;
    if ('error' in end) {
      if (entry.item.error !== end.error) this.records.change(id, { error: end.error });
      return;
    }
    if (entry.item.album_id === end.album_id) return;
    this.records.change(id, { album_id: end.album_id, error: undefined });
    const data = { id, album_id: end.album_id, source: entry.item.source };
    this.#parts.store.tell({ type: 'download:complete', topic: 'downloads', data });
  }

  /** Records of downloads that have been over for so long, and what is left of them that is nobody's music. */
  async forgetOld(days = 30): Promise<number> {
    const before = this.#parts.clock.wallMs() - days * DAY_MS;
    const old = this.records
      .all()
      .filter(({ item }) => isDownloadOver(item) && Date.parse(item.ended_at ?? item.created_at) < before);
    for (const { item } of old) await this.remove(item.download_id);
    return old.length;
  }

  /** The ways by which music can come into this house. */
  kinds(): SourceKind[] {
    return [...this.#parts.sources.kinds(), ...this.#others];
  }

  /** A place holder in the queue of a room, where rooms have any. */
  async wish(roomId: string | undefined, item: Download, caller: Caller): Promise<string | undefined> {
    return roomId === undefined ? undefined : this.#parts.wish?.(roomId, item, caller);
  }

  /** Bytes of an upload came. */
  arrivedSoFar(id: string, bytes: number, total: number | undefined): void {
    const last = this.#told.get(id) ?? -Infinity;
    const now = this.#parts.clock.nowUs();
    if (now - last < TELL_US && bytes !== total) return;
    this.#told.set(id, now);
    this.records.came(id, bytes, total);
  }

  partFolder(id: string): string {
    return new Workplace(this.folderOf(id)).part;
  }

  folderOf(id: string): string {
    return fetchFolder(this.#parts.sources.settings.incoming, id);
  }

  close(): void {
    this.#stop.abort(new AppError('ERR_BUSY', 'The server is about to stop'));
    this.#look.cancel();
  }

  /** What a server that ended was doing goes on by its job; an upload, by its page. */
  #recall(): void {
    for (const { item, own } of this.records.all()) {
      const { state } = item;
      if ((state === 'running' || state === 'checking') && own.job_id !== undefined)
        this.records.change(item.download_id, { ...NO_PACE, state: 'queued' }, {}, 'normal');
    }
  }

  #refuseTwice(url: string): void {
    const same = this.records.all().some(({ item, own }) => own.url === url && !isDownloadOver(item));
    if (same) throw new AppError('ERR_CONFLICT', 'This is on its way already');
  }

  /** The download of a job, while it is the one that counts. */
  #current(jobId: string, id: string): Entry | undefined {
    const entry = this.records.find(id);
    return entry?.own.job_id === jobId && !isDownloadOver(entry.item) ? entry : undefined;
  }

  #begun(jobId: string, id: string, attempt: number): void {
    if (!this.#current(jobId, id)) return;
    this.records.forgetPace(id);
    this.records.change(
      id,
      { state: 'running', attempt, error: undefined, next_attempt_at: undefined },
      {},
      'normal',
    );
  }

  #progress(jobId: string, id: string, news: JobProgress): void {
    const entry = this.#current(jobId, id);
    if (!entry || entry.item.state === 'paused') return;
    const { current = entry.item.received_bytes, total = 0, stage, message = '' } = news;
    const title = message !== '' && entry.item.source === 'yt-dlp' ? message.slice(0, 128) : undefined;
    this.records.came(id, current, total > 0 ? total : undefined, {
      state: stage === 'check' ? 'checking' : 'running',
      ...(title !== undefined && { title }),
    });
  }

  #waits(jobId: string, id: string, error: WorkError, atMs: number): void {
    if (!this.#current(jobId, id)) return;
    const next_attempt_at = new Date(atMs).toISOString();
    this.records.change(
      id,
      { ...NO_PACE, state: 'waiting', error: error.message, next_attempt_at },
      {},
      'normal',
    );
  }

  /** In the house, at least once. */
  async #settled(jobId: string, id: string, outcome: Outcome<Fetched>): Promise<void> {
    const entry = this.#current(jobId, id);
    if (!entry) return;
    const { item, own } = entry;
    if (!outcome.ok) return this.#notFetched(entry, outcome.error);
    const { title, size_bytes } = outcome.result;
    if (own.url !== undefined) this.#parts.attempts.forget(item.source, own.url);
    const { room_id, item_id, user_id } = own;
    const arrived = { download_id: id, folder: new Workplace(this.folderOf(id)).files, source: item.source };
    const taken = await this.#parts.onArrived({
      ...arrived,
      title,
      ...(item.username !== undefined && { username: item.username }),
      ...(user_id !== undefined && { user_id }),
      ...(room_id !== undefined && { room_id }),
      ...(item_id !== undefined && { item_id }),
    });
    const candidate_id = taken?.candidate_id;
    this.records.change(id, {
      ...NO_PACE,
      state: 'handed_on',
      title: title.slice(0, 128),
      progress: 100,
      received_bytes: size_bytes,
      total_bytes: size_bytes,
      ended_at: this.#now(),
      ...(candidate_id !== undefined && { candidate_id }),
    });
    this.#forgetPace(id);
    const data = { id, source: item.source };
    this.#parts.store.tell({ type: 'download:complete', topic: 'downloads', data });
  }

  /** A person sees what failed and can try it again; what nobody asked for is tried again by itself, ever later, until the ledger is closed. */
  #notFetched({ item, own }: Entry, { message, retryable, cancelled }: WorkError): void {
    const id = item.download_id;
    if (cancelled === true) return this.#ended(id, 'cancelled', message, true);
    const again =
      own.url === undefined ? undefined : this.#parts.attempts.failed(item.source, own.url, message);
    if (item.source !== 'feed' || !retryable || again === undefined)
      return this.#ended(id, 'failed', message, retryable);
    const next_attempt_at = new Date(again).toISOString();
    this.enqueue({ ...item, state: 'waiting', error: message, next_attempt_at }, own, again);
  }

  #ended(id: string, state: 'failed' | 'cancelled', error: string, retry_available: boolean): void {
    const ended = { state, error, retry_available, ended_at: this.#now(), next_attempt_at: undefined };
    this.records.change(id, { ...NO_PACE, ...ended });
    this.#forgetPace(id);
    const data = { id, error, retry_available };
    this.#parts.store.tell({ type: 'download:error', topic: 'downloads', data });
  }

  #forgetPace(id: string): void {
    this.records.forgetPace(id);
    this.#told.delete(id);
  }

  /** What was handed on is not ours any more: of that only the empty folders go. */
  async #clear({ download_id, state }: Download): Promise<void> {
    const place = new Workplace(this.folderOf(download_id));
    try {
      if (state !== 'handed_on') return await rm(place.folder, { recursive: true, force: true });
      await rm(place.part, { recursive: true, force: true });
      await place.forget();
      for (const folder of [place.files, place.folder]) await rmdir(folder).catch(() => undefined);
    } catch (thrown) {
      this.#parts.log.warn({ err: toError(thrown), download_id }, 'what is left of a download stays');
    }
  }

  #now(): string {
    return new Date(this.#parts.clock.wallMs()).toISOString();
  }
}

const over = (): AppError => new AppError('ERR_CONFLICT', 'This download is over already');
