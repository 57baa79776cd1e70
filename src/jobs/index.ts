export { jobHandlers } from './commands.js';
export * from './jobs.js';
export type { Params } from './rows.js';
export type { HeldRun, JobProgress, JobResult, JobRun } from './running-job.js';
export type { AddOptions, HandleOptions, JobQueue, Outcome, WorkError } from './queue/contract.js';
export { openQueue, type QueueParts } from './queue/open-queue.js';
export { openWorker, type OpenWorker, type WorkerParts } from './queue/open-worker.js';
export type { RedisPlace, Sealing, SharedHouse, Signals } from './queue/shared.js';
export type { Work, WorkContext } from './work.js';
