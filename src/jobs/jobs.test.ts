import { describe, expect, it } from 'vitest';
import { AppError, silentLogger } from '../base/index.js';
import type { TopicEvent } from '../protocol/index.js';
import { emptyState, sqliteKeeper, Store } from '../state/index.js';
import { migrate, openDb, type Db } from '../storage/index.js';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { jobHandlers, Jobs } from './index.js';

const caller = { connection_id: 'test', role: 'admin' } as const;

/** A registry over a database, as one server life has it; `again` is the next one. */
class Life {
  readonly clock = new ManualClock();
  readonly store: Store;
  readonly jobs: Jobs;
  readonly events: TopicEvent[] = [];

  constructor(readonly db: Db = freshDb()) {
    this.store = new Store({ state: emptyState('0'), epoch: 'e', keeper: sqliteKeeper(db) });
    this.jobs = new Jobs({ db, store: this.store, clock: this.clock, log: silentLogger });
    this.store.subscribe((events) => this.events.push(...events));
  }

  again(): Life {
    return new Life(this.db);
  }

  types(topic: string): string[] {
    return this.events.filter((event) => event.topic === topic).map((event) => event.type);
  }
}

function freshDb(): Db {
  const db = openDb(':memory:');
  migrate(db);
  return db;
}

const scan = { kind: 'library-scan', title: 'Library scan', params: { full: true } };

describe('[JB2] who may end a job', () => {
  const user = { connection_id: 'u', role: 'user', subject_id: 'ann' } as const;

  it('of the house: admins alone', () => {
    const { jobs } = new Life();
    const { job_id } = jobs.open(scan);
    const handlers = jobHandlers(jobs);
    expect(() => handlers['job:cancel']({ job_id }, user)).toThrow('admins');
    expect(() => handlers['job:retry']({ job_id }, user)).toThrow('admins');
    void handlers['job:cancel']({ job_id }, caller);
    expect(jobs.get(job_id).state).toBe('cancelled');
  });

  it('of a kind that has a guard: whom it lets, who hears what is asked of which work', () => {
    const { jobs } = new Life();
    const { job_id } = jobs.open(scan);
    jobs.guard('library-scan', (id, { subject_id }, { act, params }) => {
      if (subject_id !== 'ann' || act === 'retry') throw new AppError('ERR_NOT_ALLOWED', `${id} ${act}`);
      expect(params).toEqual({ full: true });
    });
    const handlers = jobHandlers(jobs);
    expect(() => handlers['job:cancel']({ job_id }, { ...user, subject_id: 'ben' })).toThrow('cancel');
    expect(() => handlers['job:retry']({ job_id }, user)).toThrow('retry');
    void handlers['job:cancel']({ job_id }, user);
    expect(jobs.get(job_id).state).toBe('cancelled');
  });
});

describe('[JB1] a job', () => {
  it('is queued, runs and completes, and keeps how long it took', async () => {
    const { jobs, clock } = new Life();
    const job = jobs.open(scan);
    expect(jobs.get(job.job_id)).toMatchObject({ state: 'queued', progress: 0, title: 'Library scan' });
    job.begin('survey');
    await clock.advance(1500);
    job.progress({ current: 1, total: 4 });
    job.complete({ message: 'done', result: { files: 4 }, result_url: '/api/v1/library' });
    expect(jobs.get(job.job_id)).toMatchObject({
      state: 'completed',
      progress: 100,
      message: 'done',
      result: { files: 4 },
      result_url: '/api/v1/library',
      duration_seconds: 1.5,
    });
  });
  it('never falls back, whatever its work says', async () => {
    const { jobs, clock } = new Life();
    const job = jobs.open(scan);
    job.begin();
    await clock.advance(300);
    job.progress({ current: 5, total: 10 });
    await clock.advance(300);
    job.progress({ current: 5, total: 100 });
    expect(jobs.get(job.job_id)).toMatchObject({ progress: 50, total: 100 });
  });
  it('tells progress at most four times a second, and the last of it always', async () => {
    const life = new Life();
    const job = life.jobs.open(scan);
    job.begin();
    for (let current = 1; current <= 1000; current++) {
      job.progress({ current, total: 2000 });
      await life.clock.advance(1);
    }
    await life.clock.advance(250);
    const told = life.events.filter((event) => event.type === 'task:progress');
    expect(told.length).toBeLessThanOrEqual(5);
    expect(life.jobs.get(job.job_id)).toMatchObject({ current: 1000, progress: 50 });
  });
  it('is not changed after its end, and leaves no timer', async () => {
    const { jobs, clock } = new Life();
    const job = jobs.open(scan);
    job.begin();
    job.progress({ current: 1, total: 2 });
    job.fail({ message: 'broken', retryable: false });
    job.progress({ current: 2, total: 2 });
    job.complete({});
    await clock.advance(1000);
    expect(jobs.get(job.job_id)).toMatchObject({ state: 'failed', error: { message: 'broken' } });
    expect(clock.pending).toBe(0);
  });
  it('is there after a restart, and what was going on has failed and can be retried', () => {
    const life = new Life();
    const done = life.jobs.open(scan);
    done.begin();
    done.complete({});
    const running = life.jobs.open(scan);
    running.begin('survey');
    const queued = life.jobs.open(scan);
    const { jobs } = life.again();
    expect(jobs.list(10).map((job) => [job.job_id, job.state])).toEqual([
      [queued.job_id, 'failed'],
      [running.job_id, 'failed'],
      [done.job_id, 'completed'],
    ]);
    expect(jobs.get(running.job_id).error).toMatchObject({ retryable: true, stage: 'survey' });
  });
  it('that is still going on when the server stops has failed at once', () => {
    const { jobs } = new Life();
    const job = jobs.open(scan);
    job.begin();
    jobs.close();
    expect(jobs.get(job.job_id)).toMatchObject({ state: 'failed', error: { retryable: true } });
    expect(job.signal.aborted).toBe(true);
  });
  it('keeps the last fifty of its kind, on disk too', () => {
    const life = new Life();
    const other = life.jobs.open({ kind: 'other', title: 'Other' });
    other.begin();
    other.complete({});
    for (let n = 0; n < 60; n++) life.jobs.open(scan).complete({});
    expect(life.jobs.list(200)).toHaveLength(51);
    expect(life.again().jobs.list(200)).toHaveLength(51);
    expect(life.jobs.get(other.job_id).state).toBe('completed');
  });
});

describe('[JB2] cancel and retry', () => {
  it('cancel ends it for everybody and tells its work', () => {
    const { jobs } = new Life();
    const job = jobs.open(scan);
    job.begin();
    void jobHandlers(jobs)['job:cancel']({ job_id: job.job_id }, caller);
    expect(job.signal.aborted).toBe(true);
    expect(jobs.get(job.job_id)).toMatchObject({ state: 'cancelled', error: { retryable: true } });
    expect(() => jobs.cancel(job.job_id)).toThrow(/over already/);
  });
  it('retry hands the parameters to the kind, also after a restart', () => {
    const life = new Life();
    const job = life.jobs.open(scan);
    const { jobs } = life.again();
    const asked: unknown[] = [];
    jobs.onRetry('library-scan', (params) => {
      asked.push(params);
      return jobs.open(scan).job_id;
    });
    const again = jobs.retry(job.job_id);
    expect(asked).toEqual([{ full: true }]);
    expect(jobs.get(again).state).toBe('queued');
  });
  it('what was done cannot be retried', () => {
    const { jobs } = new Life();
    const job = jobs.open(scan);
    job.complete({});
    jobs.onRetry('library-scan', () => 'never');
    expect(() => jobs.retry(job.job_id)).toThrow(/cannot be done again/);
  });
});

describe('[JB3] what is told of a job', () => {
  it('says task on its own topic and process on the topic of all', async () => {
    const life = new Life();
    const job = life.jobs.open(scan);
    job.begin('survey');
    await life.clock.advance(300);
    job.progress({ current: 1, total: 2, stage: 'read', message: 'half' });
    job.complete({ result: { files: 2 } });
    const told = (topic: string): string[] => life.types(topic).filter((type) => type !== 'job:updated');
    expect(told(`job/${job.job_id}`)).toEqual(['task:started', 'task:progress', 'task:completed']);
    expect(told('jobs')).toEqual(['process:started', 'process:progress', 'process:completed']);
    const progress = life.events.find((event) => event.type === 'task:progress');
    expect(progress?.data).toMatchObject({
      task_name: 'library-scan',
      progress: { current: 1, total: 2, percentage: 50 },
      message: 'half',
    });
  });
  it('says why it failed, and only owners get a notification', () => {
    const life = new Life();
    const job = life.jobs.open(scan);
    job.begin();
    job.fail({ message: 'the disk is away', retryable: true });
    const failed = life.events.find((event) => event.type === 'task:failed');
    expect(failed?.data).toMatchObject({ error: 'the disk is away' });
    const notification = life.events.find((event) => event.type === 'notification');
    expect(notification).toMatchObject({ audience: { role: 'admin' }, data: { level: 'error' } });
  });
});

describe('[JB4] polling', () => {
  const status = (life: Life, job_id: string): unknown => {
    const reply = jobHandlers(life.jobs)['job:get']({ job_id }, caller);
    return 'status' in reply ? reply.status : undefined;
  };
  it('a cancelled job is failed for who polls, so that they stop', () => {
    const life = new Life();
    const job = life.jobs.open(scan);
    expect(status(life, job.job_id)).toBe('queued');
    job.begin();
    expect(status(life, job.job_id)).toBe('processing');
    life.jobs.cancel(job.job_id);
    expect(status(life, job.job_id)).toBe('failed');
  });
  it('an unknown job is not found', () => {
    expect(() => status(new Life(), 'nothing')).toThrow(AppError);
  });
});

describe('run', () => {
  it('completes with what the work gives, and fails with what it throws', async () => {
    const { jobs } = new Life();
    const good = jobs.run(scan, async () => ({ message: 'fine' }));
    const bad = jobs.run(scan, async () => {
      throw new AppError('ERR_DISK', 'the disk is full');
    });
    await Promise.all([good.done, bad.done]);
    expect(jobs.get(good.job_id)).toMatchObject({ state: 'completed', message: 'fine' });
    expect(jobs.get(bad.job_id)).toMatchObject({
      state: 'failed',
      error: { message: 'the disk is full', retryable: true },
    });
  });
});

describe('a job whose row may wait', () => {
  const late = { kind: 'look', title: 'Look', late: true };
  const rows = (db: Db): unknown[] => db.prepare('SELECT value FROM jobs').all();
  const written = (db: Db): number => Number(db.prepare('SELECT total_changes() AS count').get()?.['count']);

  it('is told like any other, and writes nothing when it finds nothing', async () => {
    const life = new Life();
    const before = written(life.db);
    for (let n = 0; n < 60; n++)
      await life.jobs.run(late, async () => ({ nothing: true, message: 'none' })).done;
    expect(written(life.db) - before).toBe(0);
    expect(life.jobs.list(99)).toHaveLength(50);
    expect(life.jobs.list(1)).toMatchObject([{ state: 'completed', message: 'none' }]);
    expect(life.types('jobs')).toContain('job:updated');
    expect(life.clock.pending).toBe(0);
  });
  it('is written once when it found something, or failed', async () => {
    const life = new Life();
    const before = written(life.db);
    await life.jobs.run(late, async () => ({ message: 'two' })).done;
    await life.jobs.run(late, () => Promise.reject(new AppError('ERR_DISK', 'away'))).done;
    expect(written(life.db) - before).toBe(2);
    expect(life.again().jobs.list(9)).toMatchObject([{ error: { message: 'away' } }, { message: 'two' }]);
  });
  it('is written when it goes on, and is then one that the end of the server fails', async () => {
    const life = new Life();
    const job = life.jobs.open(late);
    job.begin();
    expect(rows(life.db)).toHaveLength(0);
    await life.clock.advance(1_000);
    expect(life.again().jobs.list(1)).toMatchObject([{ state: 'failed', error: { retryable: true } }]);
    job.complete({ nothing: true });
    expect(life.again().jobs.list(1)).toMatchObject([{ state: 'completed' }]);
  });
});
