import type * as z from 'zod';
import type { Clock, Logger } from '../base/index.js';
import type { JobProgress } from './running-job.js';

/**
 * A kind of work that can be done in any process of the house: it gets all it needs by its parameters and what it can see on disk, and gives
 * back plain JSON. It may be done twice (a process died after it and before anybody knew): the second time must do no harm.
 */
export interface Work<P, R> {
  readonly kind: string;
  /** What goes over the bus, checked on arrival. */
  readonly params: z.ZodType<P>;
  readonly result: z.ZodType<R>;
  /** How often it is tried in all, and how long after a failure. Only failures that say `retryable` are tried again. */
  readonly retry: { readonly attempts: number; readonly delay_ms: number };
  run(params: P, context: WorkContext): Promise<R>;
}

export interface WorkContext {
  /** Aborted when somebody cancels or pauses it, or this process stops. */
  readonly signal: AbortSignal;
  /** 1 at first. */
  readonly attempt: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly progress: (news: JobProgress) => void;
}
