import * as z from 'zod';
import { Activity } from './activity.js';
import { Id, Page } from './common.js';
import { Nothing, type CommandSpec } from './command-spec.js';
import { Job, JobStatus } from './job.js';
import { Album } from './track.js';

const job = { job_id: Id };
const album = { album_id: Id };
const Hearts = z.object({ hearted: z.boolean(), heart_count: z.int() });

export const jobCommands = {
  'job:list': {
    request: z.strictObject({ limit: z.int().min(1).max(200).default(50) }),
    reply: z.object({ jobs: z.array(Job) }),
    access: 'house',
    http: 'GET /jobs',
    summary: 'Background work, the newest first',
  },
  'job:get': {
    request: z.strictObject(job),
    reply: JobStatus,
    access: 'house',
    http: 'GET /jobs/{job_id}',
    summary: 'One job: for who polls instead of listening to its stream',
  },
  'job:cancel': {
    request: z.strictObject(job),
    reply: Nothing,
    access: 'control',
    http: 'POST /jobs/{job_id}/cancel',
    summary: 'Give up a job that is queued or running',
  },
  'job:retry': {
    request: z.strictObject(job),
    reply: z.object(job),
    access: 'control',
    http: 'POST /jobs/{job_id}/retry',
    summary: 'Do the work of a failed or cancelled job again, as a new job',
  },
  'activity:list': {
    request: z.strictObject({}),
    reply: z.object({ activity: z.array(Activity) }),
    access: 'house',
    http: 'GET /activity',
    summary: 'What happened lately, the newest first',
  },
  'library:heart': {
    request: z.strictObject(album),
    reply: Hearts,
    access: 'self',
    http: 'PUT /library/albums/{album_id}/heart',
    summary: 'Say that one loves an album',
  },
  'library:unheart': {
    request: z.strictObject(album),
    reply: Hearts,
    access: 'self',
    http: 'DELETE /library/albums/{album_id}/heart',
    summary: 'Take a heart back',
  },
  'library:hearts': {
    request: z.strictObject({ album_id: Id.optional(), ...Page }),
    reply: z.object({ total: z.int(), items: z.array(Album) }),
    access: 'self',
    http: 'GET /library/hearts',
    summary: 'Albums one has given a heart, the newest first; with album_id, that one if it has',
  },
} as const satisfies Record<string, CommandSpec>;
