import type { Activity, Job } from '../../src/protocol/index.js';

type Publish = (
  event:
    { type: 'job:updated'; topic: string; data: Job } | { type: 'activity'; topic: string; data: Activity },
) => void;

/** Background work and what happened lately, as plain values. */
export class FakeJobs {
  jobs: readonly Job[] = [];
  activity: readonly Activity[] = [];
  readonly loved = new Set<string>();
  #count = 0;

  constructor(readonly publish: Publish) {}

  begin(kind: string, title: string): string {
    const job_id = `550e8400-e29b-41d4-a716-44665544${String(1000 + ++this.#count)}`;
    const created_at = '2026-11-20T09:30:00.000Z';
    this.put({
      job_id,
      kind,
      title,
      state: 'running',
      progress: 0,
      current: 0,
      total: 400,
      stage: 'read',
      message: '0 of 400 changed files read',
      created_at,
      started_at: created_at,
    });
    return job_id;
  }

  love(albumId: string, hearted: boolean): { hearted: boolean; heart_count: number } {
    if (hearted) this.loved.add(albumId);
    else this.loved.delete(albumId);
    return { hearted, heart_count: hearted ? 1 : 0 };
  }

  end(jobId: string, state: 'failed' | 'cancelled', message = 'This was cancelled'): void {
    const job = this.jobs.find(({ job_id }) => job_id === jobId);
    if (job) this.put({ ...job, state, error: { message, retryable: true, stage: job.stage } });
  }

  /** Changes fields of a job, or adds it. */
  put(job: Job): void {
    const isNew = !this.jobs.some((other) => other.job_id === job.job_id);
    const others = this.jobs.map((other) => (other.job_id === job.job_id ? job : other));
    this.jobs = isNew ? [job, ...others] : others;
    for (const topic of ['jobs', `job/${job.job_id}`])
      this.publish({ type: 'job:updated', topic, data: job });
  }

  say(entry: Omit<Activity, 'activity_id'>): void {
    const data = { ...entry, activity_id: `a${++this.#count}` };
    this.activity = [data, ...this.activity];
    this.publish({ type: 'activity', topic: 'activity', data });
  }
}
