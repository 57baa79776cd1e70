export { jobHandlers } from './commands.js';
export * from './jobs.js';
export type { Params } from './rows.js';
export type { JobProgress, JobResult, JobRun } from './running-job.js';
export type { AddOptions, HandleOptions, JobQueue, Outcome, WorkError } from './queue/contract.js';
export type { Work, WorkContext } from './work.js';
