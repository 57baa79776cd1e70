import { AppError, toError, uuid, type Clock, type Logger, type Timer } from '../base/index.js';
import { allows, isOver, type Caller, type Job, type JobError } from '../protocol/index.js';
import type { Store } from '../state/index.js';
import type { Db } from '../storage/index.js';
import { RunningJob, type HeldRun, type JobResult, type JobRun } from './running-job.js';
import { JobRows, type Params } from './rows.js';

export interface JobsParts {
  readonly db: Db;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface JobSpec {
  /** What kind of work, for programs: `library-scan`. */
  readonly kind: string;
  /** For people. */
  readonly title: string;
  /** What `onRetry` of the kind needs to do the same again. */
  readonly params?: Params;
  /** A UUID; a new one by default. */
  readonly job_id?: string;
  /** Its row is written when it ends, or has gone on for a second: work that comes often and mostly finds nothing. It has no `params`. */
  readonly late?: boolean;
}

/** Says whether somebody may do that to a job: throws if not. `params` are those of the job. */
export type JobGuard = (
  jobId: string,
  caller: Caller,
  asked: { readonly act: 'cancel' | 'retry'; readonly params: Params },
) => void;

/** Jobs that are over and stay, per kind: one that runs often does not push out the others. */
const MOST_OVER = 50;
/** What takes longer has found something to do. */
const LATE_MS = 1000;
const STOPPED = 'The server stopped before this was done';

/**
 * Every unit of background work: what it is, how far it is, how it ended. Kept, so that who asks after a restart gets an answer; work
 * that was going on when the server ended has failed and can be retried. Who does the work drives it by the `JobRun`.
 */
export class Jobs {
  readonly #parts: JobsParts;
  readonly #rows: JobRows;
  readonly #running = new Map<string, RunningJob>();
  readonly #held = new Set<string>();
  /** Jobs that have no row yet. */
  readonly #late = new Map<string, Timer>();
  readonly #retries = new Map<string, (params: Params) => string>();
  readonly #guards = new Map<string, JobGuard>();

  constructor(parts: JobsParts) {
    this.#parts = parts;
    this.#rows = new JobRows(parts.db, parts.log);
    this.#load();
  }

  /** A new job, queued. Its work calls `begin` when it starts. */
  open(spec: JobSpec): JobRun {
    return this.#open(spec);
  }

  /** A new job of a queue, which looks after it: neither `close` nor a restart ends it. */
  hold(spec: JobSpec): HeldRun {
    const running = this.#open(spec);
    this.#held.add(running.job_id);
    return running;
  }

  /** A job of a queue that was not over when the last server ended. */
  held(jobId: string): HeldRun | undefined {
    return this.#held.has(jobId) ? this.#running.get(jobId) : undefined;
  }

  #open({ kind, title, params = {}, job_id = uuid(), late = false }: JobSpec): RunningJob {
    const { clock } = this.#parts;
    const created_at = new Date(clock.wallMs()).toISOString();
    const job: Job = {
      job_id,
      kind,
      title,
      state: 'queued',
      progress: 0,
      current: 0,
      total: 0,
      stage: 'queued',
      message: '',
      created_at,
    };
    if (late)
      this.#late.set(
        job_id,
        clock.after(LATE_MS, () => this.#add(this.get(job_id))),
      );
    else this.#rows.add(job, params);
    const running = this.#follow(job);
    this.#commit([job]);
    return running;
  }

  #follow(job: Job): RunningJob {
    const { clock } = this.#parts;
    const running = new RunningJob({ job, clock, changed: (now, keep) => this.#changed(now, keep) });
    this.#running.set(job.job_id, running);
    return running;
  }

  /** A job that is done from begin to end here. What `work` throws makes it fail; an abort of its signal, cancelled. */
  run(spec: JobSpec, work: (job: JobRun) => Promise<JobResult>): { job_id: string; done: Promise<void> } {
    const job = this.open(spec);
    const done = async (): Promise<void> => {
      job.begin();
      try {
        job.complete(await work(job));
      } catch (thrown) {
        if (!(thrown instanceof AppError)) this.#parts.log.error({ err: toError(thrown) }, 'a job failed');
        const told = thrown instanceof AppError ? thrown.message : 'Something went wrong inside Tutti';
        job.fail({ message: told, retryable: !(thrown instanceof AppError) || thrown.retryable });
      }
    };
    return { job_id: job.job_id, done: done() };
  }

  /** How work of a kind is done again; gives the id of the new job. */
  onRetry(kind: string, again: (params: Params) => string): void {
    this.#retries.set(kind, again);
  }

  /** Who may cancel and retry jobs of a kind. Of kinds that nobody guards only admins may: it is the work of the house. */
  guard(kind: string, check: JobGuard): void {
    this.#guards.set(kind, check);
  }

  /** Throws ERR_NOT_FOUND, or what the guard of its kind throws. */
  mayControl(jobId: string, caller: Caller, act: 'cancel' | 'retry'): void {
    const { kind } = this.get(jobId);
    const check = this.#guards.get(kind);
    if (check) return check(jobId, caller, { act, params: this.#rows.params(jobId) });
    if (!allows('manage', caller))
      throw new AppError('ERR_NOT_ALLOWED', 'This is the work of the house: admins may stop it');
  }

  find(jobId: string): Job | undefined {
    return this.#parts.store.state.jobs.get(jobId);
  }

  /** Throws ERR_NOT_FOUND. */
  get(jobId: string): Job {
    const job = this.find(jobId);
    if (!job) throw new AppError('ERR_NOT_FOUND', 'No job has this id', { params: { job_id: jobId } });
    return job;
  }

  /** The newest first. */
  list(limit: number): Job[] {
    return [...this.#parts.store.state.jobs.values()].slice(-limit).reverse();
  }

  /** Throws ERR_CONFLICT when it is over. */
  cancel(jobId: string): void {
    const job = this.get(jobId);
    const running = this.#running.get(job.job_id);
    if (!running) throw new AppError('ERR_CONFLICT', 'This job is over already');
    running.cancel();
  }

  /** The id of the new job. Throws ERR_CONFLICT for a job that did not fail or cannot be done again. */
  retry(jobId: string): string {
    const job = this.get(jobId);
    const again = this.#retries.get(job.kind);
    if (job.error?.retryable !== true || !again)
      throw new AppError('ERR_CONFLICT', 'This job cannot be done again');
    return again(this.#rows.params(jobId));
  }

  /** Forgets jobs that ended before then; how many there were. */
  forgetBefore(wallMs: number): number {
    const ended = ({ ended_at }: Job): number => (ended_at === undefined ? Infinity : Date.parse(ended_at));
    const old = [...this.#parts.store.state.jobs.values()].filter((job) => ended(job) < wallMs);
    this.#forget(old);
    return old.length;
  }

  /** What still goes on has failed: nobody will do it. Jobs of a queue stay. */
  close(): void {
    for (const running of this.#running.values())
      if (!this.#held.has(running.job_id)) running.fail({ message: STOPPED, retryable: true });
  }

  #changed(job: Job, keep: boolean): void {
    this.#keep(job, keep);
    if (isOver(job)) {
      this.#running.delete(job.job_id);
      this.#held.delete(job.job_id);
    }
    this.#commit([job]);
    if (!isOver(job)) return;
    this.#forgetOld(job.kind);
    if (job.state === 'failed') this.#notify(job);
  }

  /** `wanted` false, of a job that is over: nothing has to be remembered of it. */
  #keep(job: Job, wanted: boolean): void {
    const late = this.#late.get(job.job_id);
    if (!late) {
      if (wanted || isOver(job)) this.#rows.put([job]);
    } else if (isOver(job)) {
      if (wanted) return this.#add(job);
      late.cancel();
      this.#late.delete(job.job_id);
    }
  }

  #add(job: Job): void {
    this.#late.get(job.job_id)?.cancel();
    this.#late.delete(job.job_id);
    this.#rows.add(job, {});
  }

  #commit(jobs: readonly Job[]): void {
    this.#parts.store.commit({ type: 'job/changed', jobs });
  }

  /** Owners hear of work that failed. */
  #notify({ title, error }: Job): void {
    const message = error?.message ?? '';
    this.#parts.store.tell({
      type: 'notification',
      topic: 'toasts',
      data: { level: 'error', title: `${title} failed`, message },
      audience: { role: 'admin' },
    });
  }

  #forgetOld(kind: string): void {
    const over = [...this.#parts.store.state.jobs.values()].filter((job) => job.kind === kind && isOver(job));
    this.#forget(over.slice(0, -MOST_OVER));
  }

  #forget(jobs: readonly Job[]): void {
    if (jobs.length === 0) return;
    const job_ids = jobs.map((job) => job.job_id);
    this.#rows.forget(job_ids);
    this.#parts.store.commit({ type: 'job/forgotten', job_ids });
  }

  /** What was going on when the last server ended will not be finished by anybody, unless a queue holds it. */
  #load(): void {
    const held = this.#rows.held();
    const ended_at = new Date(this.#parts.clock.wallMs()).toISOString();
    const failed = (job: Job): Job => {
      const error: JobError = { message: STOPPED, retryable: true, stage: job.stage };
      return { ...job, state: 'failed', message: STOPPED, error, ended_at };
    };
    const again = (job: Job): Job => ({ ...job, state: 'queued', stage: 'queued' });
    const jobs = this.#rows
      .all()
      .map((job) => (isOver(job) ? job : held.has(job.job_id) ? again(job) : failed(job)));
    this.#rows.put(jobs.filter((job) => job.ended_at === ended_at || !isOver(job)));
    this.#commit(jobs);
    for (const job of jobs) {
      if (isOver(job)) continue;
      this.#follow(job);
      this.#held.add(job.job_id);
    }
  }
}
