import { isOver, jobTopic, type Activity, type Job } from '../protocol/index.js';
import type { Draft } from './draft.js';

type Jobs = ReadonlyMap<string, Job>;

/** Topics `jobs` and `job/<id>`: the state of each changed job, then what happened in the words of tasks and processes. [JB3] */
export function jobEvents(before: Jobs, after: Jobs, events: Draft[]): void {
  for (const [id, job] of after) {
    const old = before.get(id);
    if (old === job) continue;
    events.push(
      { type: 'job:updated', topic: 'jobs', data: job },
      { type: 'job:updated', topic: jobTopic(id), data: job },
    );
    const began = job.state === 'running' && old?.state !== 'running';
    if (began) events.push(...started(job));
    else if (isOver(job) && old && !isOver(old)) events.push(...ended(job));
    else if (job.state === 'running') events.push(...went(job));
  }
  for (const id of before.keys()) {
    if (after.has(id)) continue;
    const data = { job_id: id };
    events.push(
      { type: 'job:removed', topic: 'jobs', data },
      { type: 'job:removed', topic: jobTopic(id), data },
    );
  }
}

/** The newest first in the state; told in the order they happened. */
export function activityEvents(
  before: readonly Activity[],
  after: readonly Activity[],
  events: Draft[],
): void {
  const known = new Set(before.map((entry) => entry.activity_id));
  const added = after.filter((entry) => !known.has(entry.activity_id)).reverse();
  for (const data of added) events.push({ type: 'activity', topic: 'activity', data });
}

const process = ({
  job_id,
  progress,
  message,
}: Job): Extract<Draft, { type: 'process:started' }>['data'] => ({
  process_id: job_id,
  progress,
  message,
});

const task = ({ job_id, kind, message, current, total, progress }: Job) => ({
  task_id: job_id,
  task_name: kind,
  progress: { current, total, percentage: progress },
  message,
});

function started(job: Job): Draft[] {
  const { progress: _none, ...data } = task(job);
  return [
    { type: 'task:started', topic: jobTopic(job.job_id), data },
    { type: 'process:started', topic: 'jobs', data: process(job) },
  ];
}

function went(job: Job): Draft[] {
  return [
    { type: 'task:progress', topic: jobTopic(job.job_id), data: task(job) },
    { type: 'process:progress', topic: 'jobs', data: process(job) },
  ];
}

/** There is no word for a process that failed: it is completed with less than 100 percent, and its message says why. */
function ended(job: Job): Draft[] {
  const topic = jobTopic(job.job_id);
  const told: Draft =
    job.state === 'completed'
      ? { type: 'task:completed', topic, data: { ...task(job), result: { ...job.result } } }
      : { type: 'task:failed', topic, data: { ...task(job), error: job.error?.message ?? job.message } };
  return [told, { type: 'process:completed', topic: 'jobs', data: process(job) }];
}
