import type { Handlers, Job, JobStatus } from '../protocol/index.js';
import type { Jobs } from './jobs.js';

/** Handlers of the commands about jobs. */
export function jobHandlers(jobs: Jobs): Handlers<'job:list' | 'job:get' | 'job:cancel' | 'job:retry'> {
  return {
    'job:list': ({ limit }) => ({ jobs: jobs.list(limit) }),
    'job:get': ({ job_id }) => statusOf(jobs.get(job_id)),
    'job:cancel': ({ job_id }, caller) => {
      jobs.mayControl(job_id, caller, 'cancel');
      jobs.cancel(job_id);
      return {};
    },
    'job:retry': ({ job_id }, caller) => {
      jobs.mayControl(job_id, caller, 'retry');
      return { job_id: jobs.retry(job_id) };
    },
  };
}

/** Who polls waits for `completed` or `failed`; a cancelled job is one of those that failed. [JB4] */
function statusOf(job: Job): JobStatus {
  const { state } = job;
  if (state === 'queued' || state === 'completed') return { ...job, status: state };
  return { ...job, status: state === 'running' ? 'processing' : 'failed' };
}
