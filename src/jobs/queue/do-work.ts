import { type Clock, type Logger } from '../../base/index.js';
import type { JobProgress } from '../running-job.js';
import type { Work } from '../work.js';
import { Pace } from './pace.js';
import { failure, type Ending, type Ticket } from './ticket.js';

export type AnyWork = Work<unknown, unknown>;

export interface DoingParts {
  readonly work: AnyWork;
  readonly ticket: Ticket;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborted: the work shall be given back. */
  readonly signal: AbortSignal;
  readonly progress: (news: JobProgress) => void;
}

/** Does one ticket. Never rejects; what the work throws after the signal was aborted counts as given back. */
export async function doWork({ work, ticket, clock, log, signal, progress }: DoingParts): Promise<Ending> {
  const own = log.child({ job_id: ticket.job_id, kind: ticket.kind });
  const params = work.params.safeParse(ticket.params);
  if (!params.success)
    return { kind: 'failed', message: 'This work does not take what it was given', retryable: false };
  const pace = new Pace(clock, progress);
  try {
    const result = work.result.safeParse(
      await work.run(params.data, {
        signal,
        attempt: ticket.attempt,
        clock,
        log: own,
        progress: (news) => pace.tell(news),
      }),
    );
    if (result.success) return { kind: 'done', result: result.data };
    own.error({ issues: result.error.issues.slice(0, 5) }, 'work gave back what it does not give');
    return { kind: 'failed', message: 'Something went wrong inside Tutti', retryable: false };
  } catch (thrown) {
    return signal.aborted ? { kind: 'back' } : failure(thrown, own);
  } finally {
    pace.end();
  }
}
