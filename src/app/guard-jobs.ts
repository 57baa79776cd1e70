import type { Jobs } from '../jobs/index.js';
import type { Candidates, Downloads, Exports } from '../pipeline/index.js';

export interface GuardedWork {
  readonly downloads: Pick<Downloads, 'desk'>;
  readonly candidates: Pick<Candidates, 'mayControl' | 'ofJob'>;
  readonly exported: Pick<Exports, 'mayControl'>;
}

/** Jobs of the pipeline are for who asked for the music, and for admins; those of schedules and targets for admins. [JB2] */
export function guardJobs(jobs: Pick<Jobs, 'guard'>, { downloads, candidates, exported }: GuardedWork): void {
  jobs.guard('fetch', (jobId, caller) => downloads.desk.mayControlJob(jobId, caller));
  jobs.guard('export', (jobId, caller) => exported.mayControl(jobId, caller));
  jobs.guard('examine', (jobId, caller, { act }) =>
    candidates.mayControl(candidates.ofJob(jobId), caller, act),
  );
  for (const kind of ['identify', 'import'])
    jobs.guard(kind, (_jobId, caller, { act, params }) =>
      candidates.mayControl(String(params['candidate_id']), caller, act),
    );
}
