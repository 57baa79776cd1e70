import * as z from 'zod';
import {
  AppError,
  systemOffset,
  underFirst,
  type Logger,
  type OffsetAt,
  type Timer,
  type WallClock,
} from '../../base/index.js';
import type { JobResult, JobRun, Jobs } from '../../jobs/index.js';
import type { Handlers, Schedule } from '../../protocol/index.js';
import { KeptList, type Store } from '../../state/index.js';
import type { Db } from '../../storage/index.js';
import { isHourly, nextAfter, readCron, type Pattern } from './cron.js';

export interface ScheduleResult extends JobResult {
  /** There was nothing to do it with; `message` says what is missing. */
  readonly skipped?: boolean;
}

/** Work that comes by the clock. */
export interface ScheduledWork {
  /** Also the kind of its jobs. */
  readonly schedule_id: string;
  /** For people. */
  readonly title: string;
  /** Until somebody chooses another time. */
  readonly cron: string;
  /** Must end soon once the signal is aborted. */
  run(this: void, signal: AbortSignal, job: JobRun): Promise<ScheduleResult>;
}

export interface ScheduleParts {
  readonly db: Db;
  readonly store: Store;
  readonly jobs: Jobs;
  readonly clock: WallClock;
  /** By which the hours of schedules go; default: the time zone of this machine. */
  readonly offsetAt?: OffsetAt;
  readonly log: Logger;
  /** 0..1 */
  readonly random: () => number;
  readonly list: readonly ScheduledWork[];
}

const Own = z.object({
  /** Wall clock: what fell due after this has not been done. */
  base_ms: z.number(),
  /** What somebody chose. */
  cron: z.string().optional(),
  /** It runs since then; after a restart, it ran when the server ended. */
  begun_ms: z.number().optional(),
  /** How often in a row the server died while it ran. */
  interrupted: z.int().default(0),
});
type Own = z.infer<typeof Own>;

interface Entry {
  readonly work: ScheduledWork;
  item: Schedule;
  own: Own;
  pattern: Pattern;
  /** The wall clock was turned back behind `base_ms`, to here. */
  turnedBackMs: number | undefined;
  begins: Timer | undefined;
  done: Promise<void> | undefined;
  /** Monotonic; when it was on disk last, as it was then. */
  keptUs: number;
  /** Disk has an older one. */
  due: boolean;
  /** Writes that it runs, once that takes long. */
  late: Timer | undefined;
  /** Disk says that it runs. */
  begunOnDisk: boolean;
  /** It has run in this life of the server. */
  ran: boolean;
}

/** The wall clock may be set at any time: it is looked at this often, and no timer waits for an hour of the day. */
const LOOK_MS = 20_000;
/** What is due begins within so long, so that not all of it begins in the same moment. */
const JITTER_MS = 10_000;
/** A run that goes on for so long is written down, and that nothing was found again after so long: a card wears out by what is written. */
const LATE_MS = 1_000;
const NOTHING_MS = 3_600_000;
const STOPPED = 'The server stopped before this was done';

/**
 * What comes by the clock, visible and with its last result. What fell due while the server was off or the clock was wrong is made up once,
 * however often it was. Nothing runs twice at once. That a run found nothing is told at once and written within an hour, and at the close: who
 * dies before that looks once more after the next start. [SD1]
 */
export class Schedules {
  readonly handlers: Handlers<'schedule:list' | 'schedule:set' | 'schedule:run'>;
  readonly #parts: ScheduleParts;
  readonly #kept: KeptList<'schedules', Own>;
  readonly #entries: readonly Entry[];
  readonly #closing = new AbortController();
  #look: Timer | undefined;

  constructor(parts: ScheduleParts) {
    this.#parts = parts;
    this.#kept = new KeptList({ db: parts.db, store: parts.store, list: 'schedules', own: Own });
    const known = new Set(parts.list.map(({ schedule_id }) => schedule_id));
    const gone = this.#kept.all().map(({ item }) => item.schedule_id);
    this.#kept.remove(gone.filter((id) => !known.has(id)));
    this.#entries = parts.list.map((work) => this.#load(work));
    this.#write(this.#entries);
    for (const { work } of this.#entries)
      parts.jobs.onRetry(work.schedule_id, () => this.run(work.schedule_id));
    this.handlers = {
      'schedule:list': () => ({ schedules: this.#entries.map(({ item }) => item) }),
      'schedule:set': ({ schedule_id, enabled, cron }) => {
        this.#set(this.#entry(schedule_id), enabled, cron);
        return {};
      },
      'schedule:run': ({ schedule_id }) => ({ job_id: this.run(schedule_id) }),
    };
  }

  start(): void {
    this.#look ??= this.#parts.clock.every(LOOK_MS, () => this.#lookAtClock());
    this.#lookAtClock();
  }

  /** Does it now; the id of its job. Throws ERR_NOT_FOUND, and ERR_CONFLICT while it runs. */
  run(scheduleId: string): string {
    const entry = this.#entry(scheduleId);
    if (entry.done) throw new AppError('ERR_CONFLICT', 'This runs already');
    return this.#begin(entry);
  }

  /** What runs is stopped; it is made up after the next start. */
  async close(): Promise<void> {
    this.#look?.cancel();
    for (const entry of this.#entries) entry.begins?.cancel();
    this.#closing.abort();
    await Promise.all(this.#entries.flatMap(({ done }) => (done ? [done] : [])));
    this.#writeDue();
  }

  #load(work: ScheduledWork): Entry {
    const { schedule_id, title } = work;
    const kept = this.#kept.get(schedule_id);
    const base: Own = kept?.own ?? { base_ms: Math.round(this.#parts.clock.wallMs()), interrupted: 0 };
    const { own, died } = afterDeath(base);
    const cron = own.cron ?? work.cron;
    const pattern = readCron(cron);
    const before: Schedule = kept?.item ?? { schedule_id, title, cron, enabled: true, running: false };
    const item: Schedule = {
      ...before,
      title,
      cron,
      running: false,
      ...(died && { last_result: 'failed', last_message: STOPPED }),
    };
    const nothing = { turnedBackMs: undefined, begins: undefined, done: undefined, late: undefined };
    const disk = { keptUs: 0, due: true, begunOnDisk: false, ran: false };
    const entry: Entry = { work, item, own, pattern, ...nothing, ...disk };
    entry.item = this.#withNext(entry);
    return entry;
  }

  #entry(scheduleId: string): Entry {
    const entry = this.#entries.find(({ work }) => work.schedule_id === scheduleId);
    if (!entry) throw new AppError('ERR_NOT_FOUND', 'No schedule has this id');
    return entry;
  }

  #set(entry: Entry, enabled = entry.item.enabled, cron = entry.item.cron): void {
    entry.pattern = readCron(cron);
    // What was off, or meant for another time, is not made up.
    entry.own = { ...entry.own, base_ms: Math.round(this.#parts.clock.wallMs()) };
    if (cron !== entry.item.cron) entry.own = { ...entry.own, cron };
    entry.begins?.cancel();
    entry.begins = undefined;
    entry.item = { ...entry.item, enabled, cron };
    this.#keep(entry, this.#withNext(entry));
  }

  #lookAtClock(): void {
    for (const entry of this.#entries) {
      const now = this.#parts.clock.wallMs();
      const next = this.#nextMs(entry);
      const item = this.#withNext(entry);
      if (item.next_run_at !== entry.item.next_run_at) {
        entry.item = item;
        this.#kept.show(item, entry.own);
      }
      if (!entry.item.enabled || entry.done || entry.begins || next === undefined || now < next) continue;
      // At which hour does not matter to what comes every hour.
      if (!this.#parts.clock.trusted() && !isHourly(entry.pattern)) continue;
      entry.begins = this.#parts.clock.after(this.#parts.random() * JITTER_MS, () => this.#begin(entry));
    }
  }

  /** When it falls due next; in the past for what has not been done then. */
  #nextMs(entry: Entry): number | undefined {
    const now = this.#parts.clock.wallMs();
    if (entry.own.base_ms <= now) entry.turnedBackMs = undefined;
    else entry.turnedBackMs = Math.min(entry.turnedBackMs ?? now, now);
    const { offsetAt = systemOffset } = this.#parts;
    return nextAfter(entry.pattern, entry.turnedBackMs ?? entry.own.base_ms, offsetAt);
  }

  #withNext(entry: Entry): Schedule {
    const { next_run_at: _next, ...item } = entry.item;
    const next = entry.item.enabled ? this.#nextMs(entry) : undefined;
    return { ...item, ...(next !== undefined && { next_run_at: new Date(next).toISOString() }) };
  }

  #begin(entry: Entry): string {
    const { jobs, clock } = this.#parts;
    const { schedule_id, title } = entry.work;
    entry.begins?.cancel();
    entry.begins = undefined;
    const now = Math.round(clock.wallMs());
    entry.own = { ...entry.own, begun_ms: now };
    const last_run_at = new Date(now).toISOString();
    entry.item = { ...entry.item, running: true, last_run_at };
    this.#begun(entry);
    let said: ScheduleResult = {};
    const { job_id, done } = jobs.run({ kind: schedule_id, title, late: true }, async (job) => {
      said = await this.#work(entry, job);
      return said;
    });
    entry.done = done.then(() => this.#ended(entry, job_id, said));
    return job_id;
  }

  /** The first run of a life is written down before it begins: it may be what ended the last one. */
  #begun(entry: Entry): void {
    const keep = (): void => {
      entry.begunOnDisk = true;
      this.#keep(entry, entry.item);
    };
    if (!entry.ran) keep();
    else {
      this.#kept.show(entry.item, entry.own);
      entry.late = this.#parts.clock.after(LATE_MS, keep);
    }
    entry.ran = true;
  }

  async #work({ work }: Entry, job: JobRun): Promise<ScheduleResult> {
    const { signal: closing } = this.#closing;
    const stopped = (): AppError => new AppError('ERR_BUSY', STOPPED, { retryable: true });
    try {
      const result = await underFirst([job.signal, closing], (signal) => work.run(signal, job));
      if (closing.aborted) throw stopped();
      return result;
    } catch (thrown) {
      throw closing.aborted ? stopped() : thrown;
    }
  }

  #ended(entry: Entry, jobId: string, { skipped = false, nothing = false }: ScheduleResult): void {
    entry.done = undefined;
    entry.late?.cancel();
    const { begun_ms: _begun, ...own } = entry.own;
    const job = this.#parts.jobs.find(jobId);
    const failed = job?.state !== 'completed';
    // What was stopped is due still; what failed is not, or it would fail again at once.
    const base_ms = this.#closing.signal.aborted ? own.base_ms : Math.round(this.#parts.clock.wallMs());
    entry.own = { ...own, base_ms, interrupted: 0 };
    entry.item = {
      ...entry.item,
      running: false,
      last_result: failed ? 'failed' : skipped ? 'skipped' : 'completed',
      last_message: job?.message ?? '',
    };
    const known = nothing && !failed && !entry.begunOnDisk;
    const sinceMs = (this.#parts.clock.nowUs() - entry.keptUs) / 1000;
    entry.begunOnDisk = false;
    if (!known || sinceMs >= NOTHING_MS) return this.#keep(entry, this.#withNext(entry));
    entry.item = this.#withNext(entry);
    entry.due = true;
    this.#kept.show(entry.item, entry.own);
  }

  #keep(entry: Entry, item: Schedule): void {
    entry.item = item;
    entry.due = true;
    this.#writeDue();
  }

  /** What waits goes along with what does not: a page that is written anyway. */
  #writeDue(): void {
    const due = this.#entries.filter((entry) => entry.due);
    if (due.length > 0) this.#write(due);
  }

  #write(entries: readonly Entry[]): void {
    try {
      this.#kept.putAll(entries, 'normal');
    } catch (err) {
      this.#parts.log.error({ err }, 'a schedule could not be kept');
      for (const { item, own } of entries) this.#kept.show(item, own);
    }
    for (const entry of entries) {
      entry.due = false;
      entry.keptUs = this.#parts.clock.nowUs();
    }
  }
}

/** What ran when the server died is made up once; what was then running again when it died waits for its next time. */
function afterDeath({ begun_ms, ...own }: Own): { readonly own: Own; readonly died: boolean } {
  if (begun_ms === undefined) return { own, died: false };
  if (own.interrupted === 0) return { own: { ...own, interrupted: 1 }, died: true };
  return { own: { ...own, interrupted: 0, base_ms: Math.max(own.base_ms, begun_ms) }, died: true };
}

/** Nothing runs before `start`. */
export function openSchedules(parts: ScheduleParts): Schedules {
  return new Schedules(parts);
}
