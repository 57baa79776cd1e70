import { underFirst, type Clock, type Logger, type Timer } from '../../base/index.js';
import type { Bytes } from '../file-names.js';
import { scanResult, unfollowedScan, type ScanJob } from './scan-job.js';
import { FolderWatch, isSilent } from './folder-watch.js';
import type { ScanOutcome, ScanRequest } from './scanner.js';

export interface ScanLoopOptions {
  readonly scan: (request: ScanRequest, signal: AbortSignal, job: ScanJob) => Promise<ScanOutcome>;
  /** What people follow a scan by. */
  readonly openJob?: ((full: boolean) => ScanJob) | undefined;
  readonly musicDir: string;
  readonly watch: boolean;
  readonly settleMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** After each scan, before anything else starts. */
  readonly onScanned: (outcome: ScanOutcome | undefined) => Promise<void>;
}

/** Between scans where changes are not told: network disks, no inotify watches left. */
const RESCAN_MS = 10 * 60_000;
/** While the music folder is away. */
const RETURN_MS = 30_000;
/** With more folders than this one scan of everything is cheaper. */
const MANY = 200;

/** A scan that waited, and a larger one does its work. */
const TAKEN_ALONG = { message: 'A full scan does this too', result: {}, result_url: '/api/v1/library' };

/** Decides when to scan: when asked, when a folder was touched and has come to rest, and by the clock where nobody tells. One scan at a time. */
export class ScanLoop {
  #options: ScanLoopOptions;
  #abort = new AbortController();
  #wanted: { full: boolean; job: ScanJob } | undefined;
  #touched = new Map<string, Bytes>();
  #settle: Timer | undefined;
  #again: Timer | undefined;
  #running: Promise<void> | undefined;
  #watch: FolderWatch | undefined;
  #waiting: (() => void)[] = [];
  #mustPoll = false;

  constructor(options: ScanLoopOptions) {
    this.#options = options;
  }

  /** Scans everything, soon; a scan that waits already takes it along. The id of its job. */
  request(full: boolean): string {
    const waits = this.#wanted?.job.signal.aborted === false ? this.#wanted : undefined;
    const job = waits && (waits.full || !full) ? waits.job : this.#openJob(full);
    if (waits && waits.job !== job) waits.job.complete(TAKEN_ALONG);
    this.#wanted = { full: full || waits?.full === true, job };
    this.#go();
    return job.job_id;
  }

  #openJob(full: boolean): ScanJob {
    return (this.#options.openJob ?? unfollowedScan)(full);
  }

  touch(folder: Bytes): void {
    if (this.#abort.signal.aborted) return;
    this.#touched.set(folder.toString('latin1'), folder);
    this.#settle ??= this.#options.clock.after(this.#options.settleMs, () => {
      this.#settle = undefined;
      this.#go();
    });
  }

  /** Resolves when no scan is running or due. */
  scanned(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #isIdle(): boolean {
    return !this.#running && !this.#wanted && !this.#settle && this.#touched.size === 0;
  }

  #go(): void {
    if (this.#running || this.#abort.signal.aborted) return;
    const next = this.#next();
    if (!next) {
      for (const resolve of this.#waiting.splice(0)) resolve();
      return;
    }
    this.#running = this.#scan(next.request, next.job).finally(() => {
      this.#running = undefined;
      if (this.#abort.signal.aborted || this.#isIdle())
        for (const resolve of this.#waiting.splice(0)) resolve();
      if (!this.#settle || this.#wanted) this.#go();
    });
  }

  #next(): { readonly request: ScanRequest; readonly job: ScanJob } | undefined {
    if (this.#wanted) {
      const { full, job } = this.#wanted;
      this.#wanted = undefined;
      if (!job.signal.aborted) {
        this.#touched.clear();
        return { request: { full }, job };
      }
    }
    if (this.#touched.size === 0 || this.#settle) return undefined;
    const folders = [...this.#touched.values()];
    this.#touched.clear();
    const request = folders.length > MANY ? { full: false } : { full: false, folders };
    return { request, job: this.#openJob(false) };
  }

  async #scan(request: ScanRequest, job: ScanJob): Promise<void> {
    const { scan, log, clock, onScanned } = this.#options;
    let outcome: ScanOutcome | undefined;
    try {
      job.begin('survey');
      outcome = await underFirst([this.#abort.signal, job.signal], (signal) => scan(request, signal, job));
      if (outcome.reachable) job.complete(scanResult(outcome.counts));
      else job.fail({ message: 'The music folder is not there', retryable: true });
      for (const folder of outcome.unsettled) this.touch(folder);
      await this.#planNext(outcome);
    } catch (error) {
      if (!this.#abort.signal.aborted && !job.signal.aborted) {
        job.fail({ message: 'Something went wrong; it is tried again by itself', retryable: true });
        log.error({ error }, 'scan failed, it is tried again');
        this.#again ??= clock.after(RETURN_MS, () => this.request(false));
      }
    }
    if (!this.#abort.signal.aborted) await onScanned(outcome);
  }

  /** The scan tells each folder it enters (`mark` names it) or finds gone, for the watch to follow. */
  follow(root: Bytes, folder: Bytes, mark: string | undefined): void {
    if (!this.#options.watch || this.#mustPoll || this.#abort.signal.aborted) return;
    this.#watch ??= new FolderWatch({
      onTouched: (touched) => this.touch(touched),
      onFailed: (error) => {
        this.#options.log.warn(
          { error },
          'music folder cannot be watched, it is looked through by the clock',
        );
        this.#mustPoll = true;
      },
    });
    if (mark === undefined) this.#watch.uncover(folder);
    else this.#watch.cover(root, folder, mark);
  }

  /** Looks again by the clock where nobody tells: the folder is away, is on another machine, or cannot be watched. */
  async #planNext({ reachable }: ScanOutcome): Promise<void> {
    const { clock, watch, musicDir } = this.#options;
    this.#again?.cancel();
    this.#again = undefined;
    if (!watch) return;
    const silent = reachable && (this.#mustPoll || (await isSilent(Buffer.from(musicDir))));
    if (this.#abort.signal.aborted || (reachable && !silent)) return;
    this.#again = clock.after(reachable ? RESCAN_MS : RETURN_MS, () => this.request(false));
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#settle?.cancel();
    this.#again?.cancel();
    this.#watch?.close();
    await this.#running;
    this.#wanted = undefined;
    this.#touched.clear();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
