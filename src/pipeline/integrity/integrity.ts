import { join, relative } from 'node:path';
import { toError, type Clock, type Logger } from '../../base/index.js';
import type { JobRun } from '../../jobs/index.js';
import type { FileMark } from '../../library/index.js';
import type { Store } from '../../state/index.js';
import type { Db } from '../../storage/index.js';
import type { ScheduleResult } from '../schedules/index.js';
import { sumOf, type FileSum } from './read-file.js';
import { FINDINGS, Sums, type Finding, type KnownSum } from './sums.js';

export interface IntegrityParts {
  /** With the tables of the library. */
  readonly db: Db;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly musicDir: string;
  /** Where the files of tracks are. */
  fileOf(this: void, trackId: string): FileMark | undefined;
  /** False while the disk of the music is away: then nothing is missing. */
  libraryThere(this: void): Promise<boolean>;
  readonly budget?: Partial<Budget> | undefined;
}

export interface Budget {
  /** The library is read once in so many runs. */
  readonly runs: number;
  /** A small library is read in fewer. */
  readonly leastBytes: number;
  readonly bytesPerSecond: number;
  readonly longestMs: number;
}

/** A week for everything, and less than a tenth of what a slow disk gives. */
const BUDGET: Budget = {
  runs: 7,
  leastBytes: 256 * 1024 * 1024,
  bytesPerSecond: 16 * 1024 * 1024,
  longestMs: 4 * 3_600_000,
};
const MOST_FILES = 50_000;
/** Names in a notification. */
const MOST_NAMES = 3;

const SAID: Readonly<Record<Finding, string>> = {
  rotten: 'damaged on the disk',
  unreadable: 'not readable',
  missing: 'missing',
  edited: 'changed by somebody',
};

/**
 * Reads a slice of the library and tells what is not as it was: gone; written to since (its time or size is another: somebody edited it, and
 * what it is now counts from here on); or with other bytes under the same time and size, which nobody did but the disk. It changes no file.
 */
export class Integrity {
  readonly #parts: IntegrityParts;
  readonly #sums: Sums;
  readonly #budget: Budget;

  constructor(parts: IntegrityParts) {
    this.#parts = parts;
    this.#sums = new Sums(parts.db);
    this.#budget = { ...BUDGET, ...parts.budget };
  }

  async run(signal: AbortSignal, job: JobRun): Promise<ScheduleResult> {
    if (!(await this.#parts.libraryThere()))
      return { skipped: true, message: 'The music folder is not there: nothing was checked' };
    const found: Record<Finding, string[]> = { missing: [], edited: [], rotten: [], unreadable: [] };
    await this.#findGone(found, signal);
    const { checked, bytes } = await this.#readSlice(found, signal, job);
    this.#tell(found);
    const counts = Object.fromEntries(FINDINGS.map((finding) => [finding, found[finding].length]));
    return { message: messageOf(checked, found), result: { checked, bytes, ...counts } };
  }

  async #readSlice(
    found: Record<Finding, string[]>,
    signal: AbortSignal,
    job: JobRun,
  ): Promise<{ checked: number; bytes: number }> {
    const { clock } = this.#parts;
    const slice = Math.max(this.#budget.leastBytes, this.#sums.totalBytes() / this.#budget.runs);
    const endUs = clock.nowUs() + this.#budget.longestMs * 1000;
    let bytes = 0;
    let checked = 0;
    for (const { track_id, size } of this.#sums.due(MOST_FILES)) {
      if (bytes >= slice || clock.nowUs() >= endUs) break;
      signal.throwIfAborted();
      const finding = await this.#check(track_id, signal);
      if (finding) found[finding.finding].push(finding.path);
      bytes += size;
      checked++;
      const current = Math.round(bytes / 1024);
      job.progress({ current, total: Math.round(slice / 1024), stage: 'read', message: `${checked} files` });
    }
    return { checked, bytes };
  }

  /** Files that are not in the library any more: a scan did not find them, or could not read what they have become. */
  async #findGone(found: Record<Finding, string[]>, signal: AbortSignal): Promise<void> {
    const { musicDir, log } = this.#parts;
    for (const { track_id, path } of this.#sums.gone()) {
      signal.throwIfAborted();
      const known = this.#sums.get(track_id);
      try {
        const is = await this.#read(Buffer.from(join(musicDir, path)), known, signal);
        if (is === undefined && known?.found !== 'missing') found.missing.push(path);
        if (known && is !== undefined && is !== 'changed' && compare(known, is) === 'rotten')
          found.rotten.push(path);
        this.#sums.forget(track_id);
      } catch (thrown) {
        signal.throwIfAborted();
        log.warn({ err: toError(thrown), track_id }, 'a file that is in no album cannot be read');
      }
    }
  }

  async #check(
    trackId: string,
    signal: AbortSignal,
  ): Promise<{ readonly finding: Finding; readonly path: string } | undefined> {
    const { clock, musicDir, log } = this.#parts;
    const file = this.#parts.fileOf(trackId);
    if (!file) return undefined;
    const path = relative(musicDir, file.path.toString('utf8'));
    const now = Math.round(clock.wallMs());
    const known = this.#sums.get(trackId);
    try {
      const is = await this.#read(file.path, known, signal);
      if (is === 'changed') return undefined;
      const finding = is === undefined ? 'missing' : known && compare(known, is);
      // What rots keeps the sum that it had, and is told again until somebody mends it.
      if (is === undefined || finding === 'rotten') this.#sums.checked(trackId, now, finding);
      else this.#sums.put(trackId, is, path, now, finding);
      return finding && { finding, path };
    } catch (thrown) {
      signal.throwIfAborted();
      log.warn({ err: toError(thrown), track_id: trackId }, 'a file of the library cannot be read');
      this.#sums.checked(trackId, now, 'unreadable');
      return { finding: 'unreadable', path };
    }
  }

  /** Before anybody is alarmed it is read twice. */
  async #read(
    path: Buffer,
    known: KnownSum | undefined,
    signal: AbortSignal,
  ): Promise<FileSum | 'changed' | undefined> {
    const { clock } = this.#parts;
    const parts = { clock, bytesPerSecond: this.#budget.bytesPerSecond, signal };
    const first = await sumOf(path, parts);
    if (!known || first === undefined || first === 'changed' || compare(known, first) !== 'rotten')
      return first;
    return sumOf(path, parts);
  }

  #tell(found: Record<Finding, string[]>): void {
    const names = [...found.rotten, ...found.unreadable, ...found.missing];
    if (names.length === 0) return;
    const damaged = found.rotten.length + found.unreadable.length > 0;
    const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
    const counts = (['rotten', 'unreadable', 'missing'] as const)
      .filter((finding) => found[finding].length > 0)
      .map((finding) => `${found[finding].length} ${SAID[finding]}`);
    this.#parts.store.tell({
      type: 'notification',
      topic: 'toasts',
      data: {
        level: damaged ? 'error' : 'warning',
        title: damaged ? 'Files of the library are damaged' : 'Files of the library are missing',
        message: `${counts.join(', ')}: ${names.slice(0, MOST_NAMES).join(', ')}${more}`,
      },
      audience: { role: 'admin' },
    });
  }
}

function compare(known: KnownSum, is: FileSum): Finding | undefined {
  if (known.sha256 === is.sha256) return undefined;
  return known.size === is.size && known.mtime_us === is.mtime_us ? 'rotten' : 'edited';
}

function messageOf(checked: number, found: Record<Finding, string[]>): string {
  const counts = FINDINGS.filter((finding) => found[finding].length > 0).map(
    (finding) => `${found[finding].length} ${SAID[finding]}`,
  );
  return counts.length === 0
    ? `${checked} files are as they were`
    : `${checked} files read; ${counts.join(', ')}`;
}
