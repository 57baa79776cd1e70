import type { Clock, Timer } from '../base/index.js';
import { isOver, type Job, type JobError } from '../protocol/index.js';

/** How far it is. What is absent stays as it is. */
export interface JobProgress {
  readonly current?: number;
  /** 0 while nobody knows. */
  readonly total?: number;
  readonly stage?: string;
  readonly message?: string;
}

export interface JobResult {
  readonly message?: string;
  readonly result?: NonNullable<Job['result']>;
  readonly result_url?: string;
  /** There was nothing to do: a job that is `late` leaves no row then. */
  readonly nothing?: boolean;
}

/** One job in the hands of who does its work. After its end nothing changes it any more. */
export interface JobRun {
  readonly job_id: string;
  /** Aborted when somebody cancels the job, or when it ended without this work. */
  readonly signal: AbortSignal;
  begin(stage?: string): void;
  /** May be called as often as there is news; it is told at most four times a second. */
  progress(news: JobProgress): void;
  complete(result: JobResult): void;
  fail(error: { readonly message: string; readonly retryable: boolean }): void;
}

/** A job of a queue: it may go back there and begin again. */
export interface HeldRun extends JobRun {
  /** Back to `queued`; does nothing when it is over. */
  wait(stage: string, message: string): void;
  cancel(): void;
}

/** Progress is told at most this often. */
const TELL_MS = 250;
/** Progress is written this often, in percent: what somebody reads after a `kill -9`. */
const KEEP_PERCENT = 10;

export interface RunningParts {
  readonly job: Job;
  readonly clock: Clock;
  /** `keep`: this much has to survive. */
  changed(job: Job, keep: boolean): void;
}

export class RunningJob implements HeldRun {
  readonly #parts: RunningParts;
  readonly #abort = new AbortController();
  #job: Job;
  #told: Job;
  #keptPercent = 0;
  #startedUs: number | undefined;
  #toldUs = -Infinity;
  #timer: Timer | undefined;

  constructor(parts: RunningParts) {
    this.#parts = parts;
    this.#job = this.#told = parts.job;
  }

  get job_id(): string {
    return this.#job.job_id;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  begin(stage = 'running'): void {
    if (this.#job.state !== 'queued') return;
    this.#startedUs = this.#parts.clock.nowUs();
    this.#job = { ...this.#job, state: 'running', stage, started_at: this.#wall() };
    this.#tell(true);
  }

  wait(stage: string, message: string): void {
    const same = this.#job.state === 'queued' && this.#job.stage === stage && this.#job.message === message;
    if (isOver(this.#job) || same) return;
    this.#job = { ...this.#job, state: 'queued', stage, message };
    this.#tell(true);
  }

  progress(news: JobProgress): void {
    if (this.#job.state !== 'running') return;
    const { current = this.#job.current, total = this.#job.total } = news;
    const percent = total > 0 ? Math.floor((Math.min(current, total) / total) * 100) : 0;
    const progress = Math.max(this.#job.progress, percent);
    const { stage = this.#job.stage, message = this.#job.message } = news;
    this.#job = { ...this.#job, current, total, progress, stage, message };
    const sinceMs = (this.#parts.clock.nowUs() - this.#toldUs) / 1000;
    if (sinceMs >= TELL_MS) this.#tellNews();
    else this.#timer ??= this.#parts.clock.after(TELL_MS - sinceMs, () => this.#tellNews());
  }

  complete({ message = this.#job.message, result, result_url, nothing = false }: JobResult): void {
    if (isOver(this.#job)) return;
    this.#job = {
      ...this.#job,
      progress: 100,
      message,
      ...(result && { result }),
      ...(result_url !== undefined && { result_url }),
    };
    this.#end('completed', !nothing);
  }

  fail({ message, retryable }: { readonly message: string; readonly retryable: boolean }): void {
    this.#stop('failed', { message, retryable, stage: this.#job.stage });
  }

  /** Ends it for everybody at once; the work hears of it by its signal. */
  cancel(): void {
    this.#stop('cancelled', { message: 'This was cancelled', retryable: true, stage: this.#job.stage });
  }

  #stop(state: 'failed' | 'cancelled', error: JobError): void {
    if (isOver(this.#job)) return;
    this.#job = { ...this.#job, message: error.message, error };
    this.#end(state);
    this.#abort.abort();
  }

  #end(state: Job['state'], keep = true): void {
    const took =
      this.#startedUs === undefined ? 0 : (this.#parts.clock.nowUs() - this.#startedUs) / 1_000_000;
    const duration_seconds = Math.round(took * 1000) / 1000;
    this.#job = { ...this.#job, state, ended_at: this.#wall(), duration_seconds };
    this.#tell(keep);
  }

  #tellNews(): void {
    const { stage, progress, message, current, total } = this.#told;
    const now = this.#job;
    if (now.stage === stage && now.progress === progress && now.message === message)
      if (now.current === current && now.total === total) return;
    const keep = now.stage !== stage || now.progress >= this.#keptPercent + KEEP_PERCENT;
    this.#tell(keep);
  }

  #tell(keep: boolean): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#toldUs = this.#parts.clock.nowUs();
    this.#told = this.#job;
    if (keep) this.#keptPercent = this.#job.progress;
    this.#parts.changed(this.#job, keep);
  }

  #wall(): string {
    return new Date(this.#parts.clock.wallMs()).toISOString();
  }
}
