import * as z from 'zod';
import { AppError, toError, uuid, type Clock, type Logger, type Timer } from '../../base/index.js';
import { isOver } from '../../protocol/index.js';
import type { Db } from '../../storage/index.js';
import type { Jobs } from '../jobs.js';
import type { Params } from '../rows.js';
import type { HeldRun, JobProgress, JobResult } from '../running-job.js';
import type { Work } from '../work.js';
import type { Carrier } from './carrier.js';
import type { AddOptions, HandleOptions, JobQueue } from './contract.js';
import type { AnyWork } from './do-work.js';
import { CANCELLED, specOf, ticketOf, type Entry, type Handler } from './entry.js';
import { WorkRows, type StoredOutcome, type WorkRow } from './rows.js';
import { Settling } from './settling.js';
import { MAX_WORK_BYTES, type Ending, type Ticket } from './ticket.js';

export interface WorkQueueParts {
  readonly db: Db;
  readonly jobs: Jobs;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0..1 */
  readonly random: () => number;
  readonly carrier: Carrier;
  /** Gets the work of every kind that is handled. */
  readonly works: Map<string, AnyWork>;
}

/** Work whose holder dies so often kills them: it is not handed out again by itself. */
const MOST_LOST = 5;
const PRIORITIES = z.int().min(-10).max(10);
/** A timer of Node cannot wait for longer than 24 days. */
const LONGEST_WAIT_MS = 3_600_000;
/**
 * The queue of the house. Its rows on disk are the truth: what is to be done, who has a ticket for it, and what came of it until that is
 * settled. The carrier brings the tickets to whoever does the work; it may lose anything but must say so.
 */
export class WorkQueue implements JobQueue {
  readonly #parts: WorkQueueParts;
  readonly #rows: WorkRows;
  readonly #entries = new Map<string, Entry>();
  readonly #handlers = new Map<string, Handler>();
  readonly #settling: Settling;
  #wake: Timer | undefined;
  #state: 'new' | 'open' | 'closed' = 'new';
  #soon = false;

  constructor(parts: WorkQueueParts) {
    this.#parts = parts;
    this.#rows = new WorkRows(parts.db);
    this.#settling = new Settling({
      ...parts,
      handlers: this.#handlers,
      isOpen: () => this.#state === 'open',
      settled: (entry, outcome, said) => this.#end(entry, outcome, said),
    });
    for (const row of this.#rows.all()) this.#load(row);
  }

  handle<P, R>(work: Work<P, R>, options: HandleOptions<P, R>): void {
    if (this.#handlers.has(work.kind)) throw new Error(`work of kind ${work.kind} is handled already`);
    // What the handlers get is checked by the schemas of their own work first.
    const handler = { work, options } as unknown as Handler;
    this.#handlers.set(work.kind, handler);
    this.#parts.works.set(work.kind, handler.work);
    this.#parts.jobs.onRetry(work.kind, (params) => this.#again(work, options, params));
  }

  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'open';
    this.#parts.carrier.start({
      began: (ticket) => this.#began(ticket),
      progress: (ticket, news) => this.#progress(ticket, news),
      ended: (ticket, ending) => this.#ended(ticket, ending),
      room: () => this.#pumpSoon(),
    });
    for (const entry of this.#entries.values()) this.#takeUp(entry);
    this.#pumpSoon();
  }

  add<P, R>(work: Work<P, R>, params: P, options: AddOptions): string {
    const { db, clock, jobs } = this.#parts;
    const { title, job_id = uuid(), not_before_ms = 0 } = options;
    if (this.#state === 'closed') throw new AppError('ERR_BUSY', 'The server is about to stop');
    if (this.#entries.has(job_id) || jobs.find(job_id)) return job_id;
    const priority = PRIORITIES.safeParse(options.priority ?? 0);
    const text = JSON.stringify(params) ?? 'null';
    if (!work.params.safeParse(params).success || !priority.success || text.length > MAX_WORK_BYTES)
      throw new AppError('ERR_INVALID', `${title} cannot be done so`, { params: { kind: work.kind } });
    const now = Math.round(clock.wallMs());
    const begin = { state: 'waiting', attempt: 0, dispatch: 0, lost: 0 } as const;
    const place = { job_id, kind: work.kind, title, params, priority: priority.data };
    const spec = specOf(place);
    const times = { set_at_ms: now, not_before_ms: Math.round(not_before_ms) };
    // The row first: nobody hears of a job that the disk refused.
    const { row, run } = db.transaction(() => ({
      row: this.#rows.add({ ...place, ...begin, ...times }),
      run: jobs.hold(spec),
    }));
    this.#enter(row, run);
    this.#pumpSoon();
    return job_id;
  }

  cancel(jobId: string): void {
    this.#open(jobId);
    this.#parts.jobs.cancel(jobId);
  }

  pause(jobId: string): void {
    const entry = this.#open(jobId);
    if (entry.row.state === 'paused') return;
    this.#keep(entry, { state: 'paused' });
    entry.run?.wait('paused', 'Paused');
    if (entry.out) this.#parts.carrier.recall(entry.out);
  }

  resume(jobId: string): void {
    const entry = this.#open(jobId);
    if (entry.row.state !== 'paused') return;
    this.#keep(entry, { state: 'waiting' });
    entry.run?.wait('queued', '');
    this.#pumpSoon();
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#wake?.cancel();
    for (const entry of this.#entries.values()) entry.timer?.cancel();
    await this.#parts.carrier.close();
    await this.#settling.idle();
    for (const { row, run } of this.#entries.values())
      if (row.state !== 'ended') run?.wait(row.state === 'paused' ? 'paused' : 'queued', '');
  }

  #load(row: WorkRow): void {
    const { jobs } = this.#parts;
    const { job_id } = row;
    const job = jobs.find(job_id);
    const cancelled = job !== undefined && isOver(job);
    const run = cancelled ? undefined : (jobs.held(job_id) ?? jobs.hold(specOf(row)));
    const entry = this.#enter(row, run);
    if (cancelled && row.outcome === undefined) this.#keep(entry, { state: 'ended', outcome: CANCELLED });
    if (row.state === 'paused') run?.wait('paused', 'Paused');
  }

  /** Goes on where the last life of the server ended. */
  #takeUp(entry: Entry): void {
    const { row } = entry;
    const { outcome } = row;
    const decided = outcome !== undefined && (outcome.ok || outcome.error.cancelled !== true);
    if (!row.is_out || decided) {
      if (row.state === 'ended') this.#settling.settle(entry);
      if (row.state === 'sent') this.#keep(entry, { state: 'waiting' });
      return;
    }
    entry.out = ticketOf(row);
    this.#parts.carrier.adopt(entry.out, row.priority);
    if (row.state !== 'sent') this.#parts.carrier.recall(entry.out);
  }

  #enter(row: WorkRow, run: HeldRun | undefined): Entry {
    const dueUs = this.#parts.clock.nowUs() + this.#waitMs(row) * 1000;
    const entry: Entry = { row, run, out: undefined, dueUs, settling: false, timer: undefined };
    this.#entries.set(row.job_id, entry);
    run?.signal.addEventListener('abort', () => this.#cancelled(entry), { once: true });
    return entry;
  }

  /** However the wall clock was set meanwhile, never longer than it was meant to be. */
  #waitMs({ set_at_ms, not_before_ms }: WorkRow): number {
    const meant = Math.max(0, not_before_ms - set_at_ms);
    return Math.min(meant, Math.max(0, not_before_ms - this.#parts.clock.wallMs()));
  }

  #open(jobId: string): Entry {
    const entry = this.#entries.get(jobId);
    if (entry && entry.row.state !== 'ended') return entry;
    this.#parts.jobs.get(jobId);
    throw new AppError('ERR_CONFLICT', 'This job is over already');
  }

  /** On disk if it can be. A disk that refuses holds nothing up: the next life finds out again what this one knows. */
  #keep(entry: Entry, change: Partial<WorkRow>): void {
    entry.row = { ...entry.row, ...change };
    try {
      this.#rows.put(entry.row);
    } catch (thrown) {
      this.#parts.log.error({ err: toError(thrown), job_id: entry.row.job_id }, 'a job could not be kept');
    }
  }

  #pumpSoon(): void {
    if (this.#soon || this.#state !== 'open') return;
    this.#soon = true;
    // Not inside the transaction of who adds.
    queueMicrotask(() => {
      this.#soon = false;
      if (this.#state === 'open') this.#pump();
    });
  }

  #pump(): void {
    const { clock, carrier } = this.#parts;
    const now = clock.nowUs();
    const waiting = [...this.#entries.values()].filter(({ row, out }) => row.state === 'waiting' && !out);
    const due = waiting.filter(({ dueUs }) => dueUs <= now);
    due.sort((a, b) => b.row.priority - a.row.priority || a.row.serial - b.row.serial);
    const free = this.#freePlaces();
    for (const entry of due) {
      const { kind, priority } = entry.row;
      if (!carrier.hasRoom(priority)) break;
      const places = free.get(kind) ?? 0;
      if (places < 1) continue;
      free.set(kind, places - 1);
      this.#send(entry);
    }
    this.#wake?.cancel();
    const soonest = Math.min(...waiting.filter(({ dueUs }) => dueUs > now).map(({ dueUs }) => dueUs));
    if (soonest === Infinity) return;
    this.#wake = clock.after(Math.min(LONGEST_WAIT_MS, (soonest - now) / 1000 + 1), () => this.#pumpSoon());
  }

  /** How many of each kind may begin besides those that somebody has. */
  #freePlaces(): Map<string, number> {
    const free = new Map(
      [...this.#handlers].map(([kind, { options }]) => [kind, options.concurrency ?? Infinity]),
    );
    for (const { out } of this.#entries.values()) if (out) free.set(out.kind, (free.get(out.kind) ?? 0) - 1);
    return free;
  }

  #send(entry: Entry): void {
    const { row, run } = entry;
    if (!this.#rows.has(row.job_id)) {
      // The transaction that added it was taken back.
      this.#entries.delete(row.job_id);
      return run?.cancel();
    }
    this.#keep(entry, { state: 'sent', dispatch: row.dispatch + 1, is_out: true });
    entry.out = ticketOf(entry.row);
    this.#parts.carrier.send(entry.out, row.priority);
  }

  /** The entry of a ticket that is waited for. */
  #entryOf(ticket: Ticket): Entry | undefined {
    const entry = this.#entries.get(ticket.job_id);
    return entry?.out?.dispatch === ticket.dispatch ? entry : undefined;
  }

  #began(ticket: Ticket): void {
    const entry = this.#entryOf(ticket);
    if (entry?.row.state !== 'sent') return;
    entry.run?.begin();
    this.#call(entry, ({ options }, params) => options.begun?.(ticket.job_id, params, ticket.attempt));
  }

  /** News of the beginning may be lost on the way. */
  #hasBegun(ticket: Ticket): void {
    if (this.#parts.jobs.find(ticket.job_id)?.state === 'queued') this.#began(ticket);
  }

  #progress(ticket: Ticket, news: JobProgress): void {
    const entry = this.#entryOf(ticket);
    if (entry?.row.state !== 'sent') return;
    this.#hasBegun(ticket);
    entry.run?.progress(news);
    this.#call(entry, ({ options }, params) => options.progress?.(ticket.job_id, params, news));
  }

  #call({ row }: Entry, tell: (handler: Handler, params: unknown) => void): void {
    const handler = this.#handlers.get(row.kind);
    const params = handler?.work.params.safeParse(row.params);
    if (!handler || params?.success !== true) return;
    try {
      tell(handler, params.data);
    } catch (thrown) {
      this.#parts.log.error({ err: toError(thrown), job_id: row.job_id }, 'news of a job was not taken');
    }
  }

  #ended(ticket: Ticket, ending: Ending): void {
    const entry = this.#entryOf(ticket);
    if (!entry) return;
    if (ending.kind === 'done' || ending.kind === 'failed') this.#hasBegun(ticket);
    entry.out = undefined;
    this.#keep(entry, { is_out: false });
    if (entry.row.state === 'ended') this.#settling.settle(entry);
    else if (ending.kind === 'done') this.#decide(entry, { ok: true, result: ending.result });
    else if (entry.row.state === 'sent') this.#notDone(entry, ending);
    this.#pumpSoon();
  }

  #notDone(entry: Entry, ending: Exclude<Ending, { kind: 'done' }>): void {
    const { row } = entry;
    if (ending.kind === 'failed') return this.#failed(entry, ending);
    const lost = row.lost + (ending.kind === 'lost' ? 1 : 0);
    if (lost > row.lost) this.#parts.log.warn({ job_id: row.job_id, lost }, 'a job was lost by who did it');
    if (lost >= MOST_LOST) {
      const message = `Whoever began this did not live to end it, ${lost} times`;
      return this.#decide(entry, { ok: false, error: { message, retryable: true } });
    }
    this.#keep(entry, { state: 'waiting', lost });
    entry.run?.wait('queued', '');
  }

  #failed(entry: Entry, { message, retryable }: Ending & { kind: 'failed' }): void {
    const { clock } = this.#parts;
    const attempt = entry.row.attempt + 1;
    const { attempts = 1, delay_ms = 0 } = this.#handlers.get(entry.row.kind)?.work.retry ?? {};
    if (!retryable || attempt >= attempts)
      return this.#decide(entry, { ok: false, error: { message, retryable } });
    const now = Math.round(clock.wallMs());
    this.#keep(entry, { state: 'waiting', attempt, set_at_ms: now, not_before_ms: now + delay_ms });
    entry.dueUs = clock.nowUs() + delay_ms * 1000;
    entry.run?.wait('waiting', `${message}; it is tried again (${attempt + 1} of ${attempts})`);
    const { job_id, not_before_ms } = entry.row;
    this.#call(entry, ({ options }, params) =>
      options.waits?.(job_id, params, { message, retryable }, not_before_ms),
    );
  }

  #decide(entry: Entry, outcome: StoredOutcome): void {
    this.#keep(entry, { state: 'ended', outcome });
    this.#settling.settle(entry);
  }

  /** Somebody cancelled it by its job; what has a ticket for it gives that back first. */
  #cancelled(entry: Entry): void {
    if (entry.row.state === 'ended') return;
    this.#keep(entry, { state: 'ended', outcome: CANCELLED });
    if (entry.out) this.#parts.carrier.recall(entry.out);
    else this.#settling.settle(entry);
  }

  #end(entry: Entry, outcome: StoredOutcome, said: JobResult | undefined): void {
    const { job_id } = entry.row;
    this.#parts.db.transaction(() => {
      if (outcome.ok) entry.run?.complete(said ?? {});
      else entry.run?.fail(outcome.error);
      this.#rows.remove(job_id);
    }, 'normal');
    this.#entries.delete(job_id);
    this.#pumpSoon();
  }

  /** The page asks for the same again. */
  #again<P, R>(work: Work<P, R>, options: HandleOptions<P, R>, kept: Params): string {
    const read = work.params.safeParse(JSON.parse(String(kept['work'] ?? 'null')));
    if (!read.success) throw new AppError('ERR_CONFLICT', 'This job cannot be done again');
    const params = read.data;
    if (options.retry) return options.retry(params, String(kept['job_id']));
    return this.add(work, params, { title: String(kept['title']), priority: Number(kept['priority']) });
  }
}
