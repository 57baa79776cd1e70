import { MAX_ACTIVITY, type Activity, type Job } from '../protocol/index.js';
import type { State } from './model.js';

export type JobChange =
  /** A job that is new or went on; and at the start, those that are kept. */
  | { readonly type: 'job/changed'; readonly jobs: readonly Job[] }
  | { readonly type: 'job/forgotten'; readonly job_ids: readonly string[] };

/** The newest first. */
export interface ActivityChange {
  readonly type: 'activity/added';
  readonly entries: readonly Activity[];
}

export function reduceJobs(state: State, change: JobChange): State {
  const jobs = new Map(state.jobs);
  if (change.type === 'job/changed') for (const job of change.jobs) jobs.set(job.job_id, job);
  else for (const id of change.job_ids) jobs.delete(id);
  return { ...state, jobs };
}

export function withActivity(state: State, { entries }: ActivityChange): State {
  if (entries.length === 0) return state;
  return { ...state, activity: [...entries, ...state.activity].slice(0, MAX_ACTIVITY) };
}
