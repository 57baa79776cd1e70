import { realpath } from 'node:fs/promises';
import { type Clock, type Logger, type Timer, toError } from '../../base/index.js';
import type { Bytes } from '../file-names.js';
import { FolderWatch, isSilent } from './folder-watch.js';
import type { ScanOutcome, Scanner, ScanRequest } from './scanner.js';

export interface ScanLoopOptions {
  readonly scanner: Scanner;
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
    this.#settle?.cancel();
    this.#settle = this.#options.clock.after(this.#options.settleMs, () => {
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
    const { scanner, log, onScanned } = this.#options;
    let outcome: ScanOutcome | undefined;
    try {
      outcome = await scanner.run(request, this.#abort.signal);
      for (const folder of outcome.unsettled) this.touch(folder);
      await this.#mindFolder(outcome.reachable);
    } catch (error) {
      if (!this.#abort.signal.aborted) log.error({ error }, 'scan failed');
    }
    if (!this.#abort.signal.aborted) await onScanned(outcome);
  }

  /** Keeps the watch going while the folder is there, and looks for it by the clock while it is not. */
  async #mindFolder(reachable: boolean): Promise<void> {
    const { clock, watch } = this.#options;
    this.#again?.cancel();
    this.#again = undefined;
    if (!watch) return;
    if (!reachable) {
      await this.#watch?.close();
      this.#watch = undefined;
    } else if (!this.#watch && !this.#mustPoll) await this.#startWatch();
    const ms = reachable ? RESCAN_MS : RETURN_MS;
    if (!reachable || this.#mustPoll) this.#again = clock.after(ms, () => this.request(false));
  }

  async #startWatch(): Promise<void> {
    const { log, musicDir } = this.#options;
    try {
      const root = await realpath(musicDir);
      this.#mustPoll = await isSilent(root);
      if (this.#abort.signal.aborted) return;
      const watch = new FolderWatch({
        root,
        onTouched: (folder) => this.touch(folder),
        onFailed: (error) => this.#watchFailed(error),
      });
      this.#watch = watch;
      await watch.ready;
    } catch (error) {
      this.#watchFailed(toError(error));
    }
    if (this.#mustPoll)
      log.info({ minutes: RESCAN_MS / 60_000 }, 'music folder is looked through by the clock');
  }

  #watchFailed(error: Error): void {
    this.#options.log.warn({ error }, 'music folder cannot be watched, it is looked through by the clock');
    this.#mustPoll = true;
    this.#again ??= this.#options.clock.after(RESCAN_MS, () => this.request(false));
    const failed = this.#watch;
    this.#watch = undefined;
    void failed
      ?.close()
      .catch((cause: unknown) => this.#options.log.debug({ error: cause }, 'watch did not close'));
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#settle?.cancel();
    this.#again?.cancel();
    await this.#watch?.close();
    await this.#running;
    this.#wanted = undefined;
    this.#touched.clear();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
