import type { JobProgress, JobResult } from '../running-job.js';
import type { Work } from '../work.js';

export interface WorkError {
  /** For people. */
  readonly message: string;
  /** Whether the same may succeed later. */
  readonly retryable: boolean;
  /** Somebody cancelled it. */
  readonly cancelled?: true;
}

/** How work ended, once and for all: after its last attempt. */
export type Outcome<R> =
  { readonly ok: true; readonly result: R } | { readonly ok: false; readonly error: WorkError };

export interface HandleOptions<P, R> {
  /** How many of this kind may be done at once, in all processes together; the default is as many as the queue does. */
  readonly concurrency?: number;
  /**
   * Called in the house, where the database is, when the work has ended; the job is over for the page when this is. At least once (also
   * after a restart, and again when it throws): it must be idempotent. What it gives back is what the job says.
   */
  settled(
    job_id: string,
    params: P,
    outcome: Outcome<R>,
  ): JobResult | undefined | void | Promise<JobResult | undefined | void>;
  /** Called in the house whenever an attempt begins. */
  begun?(job_id: string, params: P, attempt: number): void;
  /** Called in the house when an attempt failed and there will be another, at about `at_ms` of the wall clock. */
  waits?(job_id: string, params: P, error: WorkError, at_ms: number): void;
  /** Called in the house as the work goes on, at most four times a second for each job. */
  progress?(job_id: string, params: P, news: JobProgress): void;
  /** What `job:retry` of the page does; gives the id of the new job. By default the same is added again. */
  retry?(params: P, job_id: string): string;
}

export interface AddOptions {
  /** For people. */
  readonly title: string;
  /** -10..10, the higher first; 0 by default. */
  readonly priority?: number;
  /** A UUID. The same id again is the same job: it is not done twice, also when it is over already. */
  readonly job_id?: string;
  /** Wall clock. */
  readonly not_before_ms?: number;
}

/**
 * Work that is done at least once, whatever dies meanwhile. What was added is on disk when `add` returns (in the transaction of the caller,
 * if there is one) and stays there until it is settled.
 */
export interface JobQueue {
  /** Says what is done with work of a kind. Before `start`, once for a kind. */
  handle<P, R>(work: Work<P, R>, options: HandleOptions<P, R>): void;
  /** Begins to work, with what the last life of the server left first. */
  start(): void;
  /** The id of its job. Throws ERR_INVALID for parameters that the work does not take. */
  add<P, R>(work: Work<P, R>, params: P, options: AddOptions): string;
  /** Ends it for everybody; `settled` hears of it. Throws ERR_NOT_FOUND, and ERR_CONFLICT when it is over. */
  cancel(job_id: string): void;
  /** It stops where it is and goes back to the queue until `resume`; this is no attempt. Throws as `cancel` does. */
  pause(job_id: string): void;
  resume(job_id: string): void;
  /** Stops what runs here; everything that is not settled goes on when the queue is opened again. */
  close(): Promise<void>;
}
