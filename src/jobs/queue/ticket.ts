import * as z from 'zod';
import { AppError, toError, type Logger } from '../../base/index.js';

/** Beyond this a ticket or a result is not taken: work hands over what it found by files. */
export const MAX_WORK_BYTES = 16 * 1024 * 1024;

/** One attempt at a job, as it goes to whoever does it. `dispatch` counts the tickets of a job: what an older one brings is not wanted. */
export const Ticket = z.object({
  job_id: z.string().min(1).max(128),
  dispatch: z.int().min(1),
  kind: z.string().min(1).max(128),
  /** 1 at first. */
  attempt: z.int().min(1),
  params: z.unknown(),
});
export type Ticket = z.infer<typeof Ticket>;

/** What a ticket is called where others see it. */
export const nameOf = ({ job_id, dispatch }: Pick<Ticket, 'job_id' | 'dispatch'>): string =>
  `${job_id}.${dispatch}`;

/** How a ticket ended. `back`: it was given back undone. `lost`: whoever had it is gone. */
export const Ending = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('done'), result: z.unknown() }),
  z.object({ kind: z.literal('failed'), message: z.string().max(4096), retryable: z.boolean() }),
  z.object({ kind: z.literal('back') }),
  z.object({ kind: z.literal('lost') }),
]);
export type Ending = z.infer<typeof Ending>;

const count = z.int().min(0);
/** How far it is, as it comes from another process. */
export const News = z.object({
  current: count.exactOptional(),
  total: count.exactOptional(),
  stage: z.string().max(64).exactOptional(),
  message: z.string().max(1024).exactOptional(),
});

/** What was thrown, as the end of a ticket. An error that nobody foresaw may be one of the disk: it may be tried again. */
export function failure(thrown: unknown, log: Logger): Ending & { readonly kind: 'failed' } {
  if (thrown instanceof AppError)
    return { kind: 'failed', message: thrown.message.slice(0, 4096), retryable: thrown.retryable };
  log.error({ err: toError(thrown) }, 'work failed');
  return { kind: 'failed', message: 'Something went wrong inside Tutti', retryable: true };
}
