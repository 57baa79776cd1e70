import * as z from 'zod';
import { Id } from './common.js';

export const JOB_STATES = ['queued', 'running', 'completed', 'failed', 'cancelled'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** Why a job did not do its work. `retryable`: `job:retry` may succeed. */
export const JobError = z.object({ message: z.string(), retryable: z.boolean(), stage: z.string() });
export type JobError = z.infer<typeof JobError>;

/** One unit of background work, kept over restarts. [JB1] */
export const Job = z.object({
  job_id: Id,
  /** What kind of work: `library-scan`. */
  kind: z.string(),
  /** For people. */
  title: z.string(),
  state: z.enum(JOB_STATES),
  /** Percent, whole; never falls. */
  progress: z.int().min(0).max(100),
  /** What `progress` is of: files, bytes, albums. */
  current: z.int(),
  /** 0 while nobody knows. */
  total: z.int(),
  /** A word of the kind: `survey`, `read`. */
  stage: z.string(),
  message: z.string(),
  /** Where the outcome can be read; once completed. */
  result_url: z.string().optional(),
  /** The outcome in numbers; once completed. */
  result: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  /** Of a job that failed or was cancelled. */
  error: JobError.optional(),
  created_at: z.string(),
  started_at: z.string().optional(),
  ended_at: z.string().optional(),
  duration_seconds: z.number().optional(),
});
export type Job = z.infer<typeof Job>;

/** Answer of the polling fallback: `status` ends as `completed` or `failed`, whatever happened. [JB4] */
export const JobStatus = Job.extend({ status: z.enum(['queued', 'processing', 'completed', 'failed']) });
export type JobStatus = z.infer<typeof JobStatus>;

const message = { job_id: Id, timestamp: z.string() };

/** What the stream of one job says. [JB5] */
export const JobStreamMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('progress'),
    ...message,
    progress: z.int(),
    stage: z.string(),
    message: z.string(),
  }),
  z.object({
    type: z.literal('completed'),
    ...message,
    progress: z.literal(100),
    result_url: z.string(),
    duration_seconds: z.number(),
  }),
  z.object({ type: z.literal('error'), ...message, error: JobError }),
  z.object({ type: z.literal('heartbeat'), timestamp: z.string() }),
]);
export type JobStreamMessage = z.infer<typeof JobStreamMessage>;

const task = { task_id: Id, task_name: z.string() };
const process = { process_id: Id, progress: z.int(), message: z.string() };
const TaskProgress = z.object({ current: z.int(), total: z.int(), percentage: z.number() });

/** What happened to a job: `task:*` on `job/<id>`, `process:*` on `jobs`. [JB3] */
export const JOB_EVENTS = {
  'job:updated': { data: Job, state: true },
  'job:removed': { data: z.object({ job_id: Id }), state: true },
  'task:started': { data: z.object({ ...task, message: z.string() }), state: false },
  'task:progress': {
    data: z.object({ ...task, progress: TaskProgress, message: z.string() }),
    state: false,
  },
  'task:completed': {
    data: z.object({
      ...task,
      progress: TaskProgress,
      message: z.string(),
      result: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    }),
    state: false,
  },
  'task:failed': {
    data: z.object({ ...task, progress: TaskProgress, message: z.string(), error: z.string() }),
    state: false,
  },
  'process:started': { data: z.object(process), state: false },
  'process:progress': { data: z.object(process), state: false },
  'process:completed': { data: z.object(process), state: false },
} as const;

/** Whether nothing more will happen to it. */
export function isOver(job: Pick<Job, 'state'>): boolean {
  return job.state === 'completed' || job.state === 'failed' || job.state === 'cancelled';
}
export const jobTopic = (jobId: string): string => `job/${jobId}`;
