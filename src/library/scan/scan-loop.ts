import type { Clock, Logger, Timer } from '../../base/index.js';
import type { Bytes } from '../file-names.js';
import { FolderWatch, isSilent } from './folder-watch.js';
import type { ScanOutcome, ScanRequest } from './scanner.js';

export interface ScanLoopOptions {
  readonly scan: (request: ScanRequest, signal: AbortSignal) => Promise<ScanOutcome>;
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

/** Decides when to scan: when asked, when a folder was touched and has come to rest, and by the clock where nobody tells. One scan at a time. */
export class ScanLoop {
  #options: ScanLoopOptions;
  #abort = new AbortController();
  #wanted: { full: boolean } | undefined;
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

  /** Scans everything, soon; a scan that waits already takes it along. */
  request(full: boolean): void {
    this.#wanted = { full: full || this.#wanted?.full === true };
    this.#go();
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
    const request = this.#next();
    if (!request) {
      for (const resolve of this.#waiting.splice(0)) resolve();
      return;
    }
    this.#running = this.#scan(request).finally(() => {
      this.#running = undefined;
      if (this.#abort.signal.aborted || this.#isIdle())
        for (const resolve of this.#waiting.splice(0)) resolve();
      if (!this.#settle || this.#wanted) this.#go();
    });
  }

  #next(): ScanRequest | undefined {
    if (this.#wanted) {
      const { full } = this.#wanted;
      this.#wanted = undefined;
      this.#touched.clear();
      return { full };
    }
    if (this.#touched.size === 0 || this.#settle) return undefined;
    const folders = [...this.#touched.values()];
    this.#touched.clear();
    return folders.length > MANY ? { full: false } : { full: false, folders };
  }

  async #scan(request: ScanRequest): Promise<void> {
    const { scan, log, clock, onScanned } = this.#options;
    let outcome: ScanOutcome | undefined;
    try {
      outcome = await scan(request, this.#abort.signal);
      for (const folder of outcome.unsettled) this.touch(folder);
      await this.#planNext(outcome);
    } catch (error) {
      if (!this.#abort.signal.aborted) {
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
