import type { Timer } from '../../base/index.js';
import type { JobSpec } from '../jobs.js';
import type { Params } from '../rows.js';
import type { HeldRun } from '../running-job.js';
import type { HandleOptions } from './contract.js';
import type { AnyWork } from './do-work.js';
import type { StoredOutcome, WorkRow } from './rows.js';
import type { Ticket } from './ticket.js';

/** What is done with work of a kind. */
export interface Handler {
  readonly work: AnyWork;
  readonly options: HandleOptions<unknown, unknown>;
}

export type Place = Pick<WorkRow, 'job_id' | 'kind' | 'title' | 'params' | 'priority'>;

/** One job of the queue in memory. */
export interface Entry {
  row: WorkRow;
  readonly run: HeldRun | undefined;
  /** The ticket that somebody has. */
  out: Ticket | undefined;
  /** When it may be sent; monotonic, so that a wall clock that is set does not hold it. */
  dueUs: number;
  settling: boolean;
  timer: Timer | undefined;
}

export const CANCELLED: StoredOutcome = {
  ok: false,
  error: { message: 'This was cancelled', retryable: true, cancelled: true },
};

/** The job of the wire, with what doing it again takes. */
export function specOf({ job_id, kind, title, params, priority }: Place): JobSpec {
  const again: Params = { work: JSON.stringify(params ?? null), title, priority, job_id };
  return { job_id, kind, title, params: again };
}

export const ticketOf = ({ job_id, dispatch, kind, attempt, params }: WorkRow): Ticket => ({
  job_id,
  dispatch,
  kind,
  attempt: attempt + 1,
  params,
});
