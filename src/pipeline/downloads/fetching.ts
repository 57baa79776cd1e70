import { uuid, type Clock, type Logger } from '../../base/index.js';
import type { JobProgress, JobQueue, Outcome, Work, WorkError } from '../../jobs/index.js';
import type { Download, SourceKind } from '../../protocol/index.js';
import type { Store } from '../../state/index.js';
import type { Db } from '../../storage/index.js';
import {
  fetchFolder,
  fetchWork,
  Workplace,
  type Fetched,
  type FetchParams,
  type Sources,
} from '../sources/index.js';
import type { Attempts } from './attempts.js';
import { isDownloadOver, NO_PACE, type Entry, type OwnPart, type Records } from './records.js';

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

export interface FetchingParts {
  readonly db: Db;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly queue: JobQueue;
  readonly sources: Sources;
  readonly attempts: Attempts;
  readonly records: Records;
  /** At least once for each download, and again when it rejects: it must be idempotent. */
  onArrived(this: void, arrived: Arrived): Promise<{ readonly candidate_id?: string } | void>;
  /** A person asks for a download again; gives the id of the job. */
  retry(this: void, downloadId: string): string;
}

export const FETCH_CONCURRENCY = 3;

/** The jobs of downloads: what they say goes into the records, and what they bring is handed on. [DL2] */
export class Fetching {
  readonly #parts: FetchingParts;
  readonly #work: Work<FetchParams, Fetched>;

  constructor(parts: FetchingParts) {
    this.#parts = parts;
    this.#work = fetchWork(parts.sources);
    parts.queue.handle(this.#work, {
      concurrency: FETCH_CONCURRENCY,
      begun: (job_id, { download_id }, attempt) => this.#begun(job_id, download_id, attempt),
      progress: (job_id, { download_id }, news) => this.#progress(job_id, download_id, news),
      waits: (job_id, { download_id }, error, at_ms) => this.#waits(job_id, download_id, error, at_ms),
      settled: (job_id, { download_id }, outcome) => this.#settled(job_id, download_id, outcome),
      retry: ({ download_id }) => parts.retry(download_id),
    });
    this.#recall();
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
      this.#parts.records.put(item, { ...own, job_id });
    });
    return job_id;
  }

  ended(id: string, state: 'failed' | 'cancelled', error: string, retry_available: boolean): void {
    const { records, store } = this.#parts;
    const ended = { state, error, retry_available, ended_at: this.#now(), next_attempt_at: undefined };
    records.change(id, { ...NO_PACE, ...ended });
    records.forgetPace(id);
    store.tell({ type: 'download:error', topic: 'downloads', data: { id, error, retry_available } });
  }

  folderOf(id: string): string {
    return fetchFolder(this.#parts.sources.settings.incoming, id);
  }

  /** What a server that ended was doing goes on by its job; an upload, by its page. */
  #recall(): void {
    for (const { item, own } of this.#parts.records.all()) {
      const { state } = item;
      if ((state === 'running' || state === 'checking') && own.job_id !== undefined)
        this.#parts.records.change(item.download_id, { ...NO_PACE, state: 'queued' }, {}, 'normal');
    }
  }

  /** The download of a job, while it is the one that counts. */
  #current(jobId: string, id: string): Entry | undefined {
    const entry = this.#parts.records.find(id);
    return entry?.own.job_id === jobId && !isDownloadOver(entry.item) ? entry : undefined;
  }

  #begun(jobId: string, id: string, attempt: number): void {
    if (!this.#current(jobId, id)) return;
    this.#parts.records.forgetPace(id);
    this.#parts.records.change(
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
    this.#parts.records.came(id, current, total > 0 ? total : undefined, {
      state: stage === 'check' ? 'checking' : 'running',
      ...(title !== undefined && { title }),
    });
  }

  #waits(jobId: string, id: string, error: WorkError, atMs: number): void {
    if (!this.#current(jobId, id)) return;
    const next_attempt_at = new Date(atMs).toISOString();
    this.#parts.records.change(
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
    this.#parts.records.change(id, {
      ...NO_PACE,
      state: 'handed_on',
      title: title.slice(0, 128),
      progress: 100,
      received_bytes: size_bytes,
      total_bytes: size_bytes,
      ended_at: this.#now(),
      ...(candidate_id !== undefined && { candidate_id }),
    });
    this.#parts.records.forgetPace(id);
    const data = { id, source: item.source };
    this.#parts.store.tell({ type: 'download:complete', topic: 'downloads', data });
  }

  /** A person sees what failed and can try it again; what nobody asked for is tried again by itself, ever later, until the ledger is closed. */
  #notFetched({ item, own }: Entry, { message, retryable, cancelled }: WorkError): void {
    const id = item.download_id;
    if (cancelled === true) return this.ended(id, 'cancelled', message, true);
    const again =
      own.url === undefined ? undefined : this.#parts.attempts.failed(item.source, own.url, message);
    if (item.source !== 'feed' || !retryable || again === undefined)
      return this.ended(id, 'failed', message, retryable);
    const next_attempt_at = new Date(again).toISOString();
    this.enqueue({ ...item, state: 'waiting', error: message, next_attempt_at }, own, again);
  }

  #now(): string {
    return new Date(this.#parts.clock.wallMs()).toISOString();
  }
}
