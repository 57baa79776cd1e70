import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { AppError, deferred, uuid, type Deferred } from '../../src/base/index.js';
import type { HandleOptions, JobQueue, Jobs, Outcome, Work, WorkContext } from '../../src/jobs/index.js';
import type { Job } from '../../src/protocol/index.js';
import type { Db } from '../../src/storage/index.js';
import { until } from '../until.js';

/** One life of a house: what it had not settled, the next one of the same rig goes on with. */
export interface QueueLife {
  readonly queue: JobQueue;
  readonly jobs: Jobs;
  readonly db: Db;
  /** How often each job was told on the wire. */
  told(jobId: string): number;
  close(): Promise<void>;
}

export interface QueueRig {
  life(options?: { readonly concurrency?: number }): Promise<QueueLife>;
  close(): Promise<void>;
}

const Params = z.object({ name: z.string(), times: z.int() });
type Params = z.infer<typeof Params>;
const Result = z.object({ said: z.string() });
type Result = z.infer<typeof Result>;

type Doing = (params: Params, context: WorkContext) => Promise<Result>;

/** Work whose doing a test chooses, with what it was called with. */
export class TestWork implements Work<Params, Result> {
  readonly params = Params;
  readonly result = Result;
  retry = { attempts: 1, delay_ms: 0 };
  readonly runs: { readonly name: string; readonly attempt: number }[] = [];
  active = 0;
  mostActive = 0;

  constructor(
    readonly kind: string,
    readonly doing: Doing = async ({ name }) => ({ said: name }),
  ) {}

  async run(params: Params, context: WorkContext): Promise<Result> {
    this.runs.push({ name: params.name, attempt: context.attempt });
    this.mostActive = Math.max(this.mostActive, ++this.active);
    try {
      return await this.doing(params, context);
    } finally {
      this.active--;
    }
  }
}

/** Ends when it is told to, or with the reason when its signal is aborted. */
export function untilAborted(signal: AbortSignal, gate: Deferred<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('given up')), { once: true });
    if (signal.aborted) reject(new Error('given up'));
    void gate.promise.then(resolve);
  });
}

export interface Settled {
  readonly job_id: string;
  readonly name: string;
  readonly outcome: Outcome<Result>;
}

/** Handles the work and writes down what was settled. */
export function follow(
  life: QueueLife,
  work: TestWork,
  options: Partial<HandleOptions<Params, Result>> = {},
): Settled[] {
  const settled: Settled[] = [];
  life.queue.handle(work, {
    settled: (job_id, { name }, outcome) => {
      settled.push({ job_id, name, outcome });
      return outcome.ok ? { message: outcome.result.said } : undefined;
    },
    ...options,
  });
  return settled;
}

export const params = (name: string): Params => ({ name, times: 1 });

/** What every job queue has to hold. */
export function jobQueueContract(name: string, start: () => Promise<QueueRig>): void {
  describe(`the job queue ${name}`, () => {
    let rig: QueueRig;
    let life: QueueLife;

    beforeEach(async () => {
      rig = await start();
      life = await rig.life();
    });
    afterEach(async () => {
      await life.close();
      await rig.close();
    });

    const add = (work: TestWork, title = 'a', priority = 0): string =>
      life.queue.add(work, params(title), { title, priority });
    const state = (jobId: string): Job['state'] | undefined => life.jobs.find(jobId)?.state;
    const comesTo = (jobId: string, wanted: Job['state']): Promise<void> =>
      until(`the job is ${wanted}`, () => state(jobId) === wanted);
    const again = async (): Promise<void> => {
      await life.close();
      life = await rig.life();
    };

    it('does work once, settles it once, and says on its job what was said then', async () => {
      const work = new TestWork('greet', async (given, { progress }) => {
        progress({ current: 1, total: 2, stage: 'half', message: 'half of it' });
        return { said: `hello ${given.name}` };
      });
      const begun: number[] = [];
      const settled = follow(life, work, { begun: (_id, _params, attempt) => void begun.push(attempt) });
      life.queue.start();
      const job_id = add(work);
      expect(life.jobs.get(job_id)).toMatchObject({ state: 'queued', kind: 'greet', title: 'a' });
      await comesTo(job_id, 'completed');
      expect(life.jobs.get(job_id)).toMatchObject({ message: 'hello a', progress: 100 });
      expect(settled).toEqual([{ job_id, name: 'a', outcome: { ok: true, result: { said: 'hello a' } } }]);
      expect([work.runs, begun]).toEqual([[{ name: 'a', attempt: 1 }], [1]]);
    });

    it('does nothing before it is started', async () => {
      const work = new TestWork('greet');
      const settled = follow(life, work);
      const job_id = add(work);
      await new Promise((resolve) => setImmediate(resolve));
      expect([state(job_id), work.runs.length, settled.length]).toEqual(['queued', 0, 0]);
      life.queue.start();
      await comesTo(job_id, 'completed');
    });

    it('refuses parameters that the work does not take', () => {
      const work = new TestWork('greet');
      follow(life, work);
      const wrong = { name: 7, times: 1 } as unknown as Params;
      expect(() => life.queue.add(work, wrong, { title: 'wrong' })).toThrow(AppError);
      expect(life.jobs.list(10)).toEqual([]);
    });

    it('tells how the work goes on', async () => {
      const gate = deferred<void>();
      const work = new TestWork('long', async (given, { progress, signal }) => {
        progress({ current: 3, total: 10, stage: 'read', message: 'three' });
        await untilAborted(signal, gate);
        return { said: given.name };
      });
      const news: unknown[] = [];
      follow(life, work, { progress: (_id, _params, said) => void news.push(said) });
      life.queue.start();
      const job_id = add(work);
      await until('the job says it', () => life.jobs.get(job_id).progress === 30);
      expect(life.jobs.get(job_id)).toMatchObject({ state: 'running', stage: 'read', message: 'three' });
      expect(news[0]).toEqual({ current: 3, total: 10, stage: 'read', message: 'three' });
      gate.resolve();
      await comesTo(job_id, 'completed');
    });

    it('tells progress at most four times a second', async () => {
      const work = new TestWork('busy', async (given, { progress }) => {
        const end = performance.now() + 600;
        for (let current = 1; performance.now() < end; current++) {
          progress({ current, total: 1_000_000 });
          await new Promise((resolve) => setImmediate(resolve));
        }
        return { said: given.name };
      });
      let news = 0;
      follow(life, work, { progress: () => void news++ });
      life.queue.start();
      const began = performance.now();
      const job_id = add(work);
      await comesTo(job_id, 'completed');
      const quarters = Math.ceil((performance.now() - began) / 250);
      expect(news).toBeLessThanOrEqual(quarters + 2);
    });

    it('tries again what may be tried again, as often as its work says, and then it has failed', async () => {
      const work = new TestWork('flaky', async () => {
        throw new AppError('ERR_DISK', 'the disk is away', { retryable: true });
      });
      work.retry = { attempts: 3, delay_ms: 30 };
      const waits: number[] = [];
      const settled = follow(life, work, { waits: (_id, _params, _error, at) => void waits.push(at) });
      life.queue.start();
      const job_id = add(work);
      await comesTo(job_id, 'failed');
      expect(work.runs.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
      expect(waits).toHaveLength(2);
      expect(settled).toMatchObject([{ outcome: { ok: false, error: { message: 'the disk is away' } } }]);
      expect(life.jobs.get(job_id).error).toMatchObject({ message: 'the disk is away', retryable: true });
    });

    it('waits between two attempts, and says on the job what for', async () => {
      const work = new TestWork('flaky', async () => {
        throw new AppError('ERR_DISK', 'the disk is away', { retryable: true });
      });
      work.retry = { attempts: 2, delay_ms: 600_000 };
      follow(life, work);
      life.queue.start();
      const job_id = add(work);
      await until('it waits', () => life.jobs.get(job_id).stage === 'waiting');
      expect(life.jobs.get(job_id)).toMatchObject({ state: 'queued' });
      expect(life.jobs.get(job_id).message).toContain('the disk is away');
      expect(work.runs).toHaveLength(1);
    });

    it('does not try again what cannot succeed', async () => {
      const work = new TestWork('hopeless', async () => {
        throw new AppError('ERR_INVALID', 'no such album');
      });
      work.retry = { attempts: 3, delay_ms: 0 };
      follow(life, work);
      life.queue.start();
      const job_id = add(work);
      await comesTo(job_id, 'failed');
      expect(work.runs).toHaveLength(1);
      expect(life.jobs.get(job_id).error).toMatchObject({ retryable: false });
    });

    it('takes no result that the work does not give', async () => {
      const work = new TestWork('liar', async () => ({ said: 5 }) as unknown as Result);
      const settled = follow(life, work);
      life.queue.start();
      const job_id = add(work);
      await comesTo(job_id, 'failed');
      expect(settled).toMatchObject([{ outcome: { ok: false, error: { retryable: false } } }]);
    });

    it('does what is more urgent first, and the same in the order it came', async () => {
      await life.close();
      life = await rig.life({ concurrency: 1 });
      const gate = deferred<void>();
      const work = new TestWork('ordered', async (given, { signal }) => {
        await untilAborted(signal, gate);
        return { said: given.name };
      });
      const settled = follow(life, work);
      life.queue.start();
      add(work, 'first');
      await until('the first runs', () => work.runs.length === 1);
      for (const [title, priority] of [
        ['b', 0],
        ['c', 0],
        ['low', -3],
        ['high', 5],
      ] as const)
        add(work, title, priority);
      gate.resolve();
      await until('all are done', () => settled.length === 5);
      expect(work.runs.map((run) => run.name)).toEqual(['first', 'high', 'b', 'c', 'low']);
    });

    it('does four at once, and of a kind no more than it allows', async () => {
      const gate = deferred<void>();
      const doing: Doing = async (given, { signal }) => {
        await untilAborted(signal, gate);
        return { said: given.name };
      };
      const many = new TestWork('many', doing);
      const one = new TestWork('one', doing);
      const settled = follow(life, many);
      const singles = follow(life, one, { concurrency: 1 });
      life.queue.start();
      add(one, 'one', 5);
      add(one, 'two', 5);
      for (let n = 0; n < 8; n++) add(many, String(n));
      await until('four run', () => many.active + one.active === 4);
      expect([one.active, many.active]).toEqual([1, 3]);
      gate.resolve();
      await until('all are done', () => settled.length === 8 && singles.length === 2);
      expect(one.mostActive).toBe(1);
      expect(many.mostActive).toBeLessThanOrEqual(4);
    });

    it('[JB2] cancel ends what waits, and what runs hears of it', async () => {
      const gate = deferred<void>();
      const work = new TestWork('long', async (given, { signal }) => {
        await untilAborted(signal, gate);
        return { said: given.name };
      });
      const settled = follow(life, work, { concurrency: 1 });
      life.queue.start();
      const running = add(work, 'running');
      const waiting = add(work, 'waiting');
      await comesTo(running, 'running');
      life.queue.cancel(waiting);
      expect(state(waiting)).toBe('cancelled');
      life.jobs.cancel(running);
      expect(state(running)).toBe('cancelled');
      await until('both are settled', () => settled.length === 2);
      for (const { outcome } of settled)
        expect(outcome).toMatchObject({ ok: false, error: { cancelled: true } });
      expect(work.runs.map((run) => run.name)).toEqual(['running']);
      expect(() => life.queue.cancel(running)).toThrow(/over already/);
      await again();
      expect([state(running), state(waiting)]).toEqual(['cancelled', 'cancelled']);
    });

    it('pause gives back what runs, and resume does it again without another attempt', async () => {
      const gate = deferred<void>();
      const work = new TestWork('long', async (given, { signal }) => {
        await untilAborted(signal, gate);
        return { said: given.name };
      });
      const settled = follow(life, work);
      life.queue.start();
      const job_id = add(work);
      await comesTo(job_id, 'running');
      life.queue.pause(job_id);
      await until('it has stopped', () => work.active === 0);
      expect(life.jobs.get(job_id)).toMatchObject({ state: 'queued', stage: 'paused' });
      await again();
      const next = follow(life, work);
      life.queue.start();
      const other = add(work, 'other');
      await comesTo(other, 'running');
      expect(life.jobs.get(job_id)).toMatchObject({ state: 'queued', stage: 'paused' });
      life.queue.resume(job_id);
      gate.resolve();
      await comesTo(job_id, 'completed');
      expect(work.runs.filter((run) => run.name === 'a').map(({ attempt }) => attempt)).toEqual([1, 1]);
      expect([settled.length, next.filter(({ name: title }) => title === 'a').length]).toEqual([0, 1]);
    });

    it('takes the same id for the same job, also when that is over', async () => {
      const work = new TestWork('once');
      const settled = follow(life, work);
      life.queue.start();
      const job_id = uuid();
      const one = { title: 'once', job_id };
      expect(life.queue.add(work, params('x'), one)).toBe(job_id);
      expect(life.queue.add(work, params('x'), one)).toBe(job_id);
      await comesTo(job_id, 'completed');
      life.queue.add(work, params('x'), one);
      await again();
      follow(life, work);
      life.queue.start();
      life.queue.add(work, params('x'), one);
      const last = add(work, 'last');
      await comesTo(last, 'completed');
      expect(work.runs.map((run) => run.name)).toEqual(['x', 'last']);
      expect(settled).toHaveLength(1);
    });

    it('begins nothing before its time', async () => {
      const work = new TestWork('later');
      follow(life, work);
      life.queue.start();
      const soon = Date.now() + 300;
      const later = life.queue.add(work, params('late'), { title: 'late', not_before_ms: soon });
      const now = add(work, 'now');
      await comesTo(now, 'completed');
      await comesTo(later, 'completed');
      expect(Date.now()).toBeGreaterThanOrEqual(soon);
    });

    it('goes on in its next life with what it had not settled, and counts no attempt for that', async () => {
      const stuck = new TestWork('long', async (given, { signal }) => {
        await untilAborted(signal, deferred<void>());
        return { said: given.name };
      });
      const early = follow(life, stuck, { concurrency: 1 });
      life.queue.start();
      const running = add(stuck, 'running');
      const waiting = add(stuck, 'waiting');
      await comesTo(running, 'running');
      await again();
      expect([state(running), state(waiting)]).toEqual(['queued', 'queued']);
      const work = new TestWork('long');
      const late = follow(life, work);
      life.queue.start();
      await comesTo(running, 'completed');
      await comesTo(waiting, 'completed');
      expect([early.length, late.length]).toEqual([0, 2]);
      expect(work.runs.every(({ attempt }) => attempt === 1)).toBe(true);
    });

    it('offers an outcome until it is taken, in the next life too', async () => {
      const work = new TestWork('greet');
      let offers = 0;
      const broken = {
        settled: () => {
          offers++;
          throw new Error('the database is busy');
        },
      };
      follow(life, work, broken);
      life.queue.start();
      const job_id = add(work);
      await until('it was offered twice', () => offers >= 2);
      expect(state(job_id)).toBe('running');
      await again();
      const settled = follow(life, work);
      life.queue.start();
      await comesTo(job_id, 'completed');
      expect(settled).toHaveLength(1);
      expect(work.runs).toHaveLength(1);
    });

    it('[JB2] retry of the page adds the same as a new job, in the next life too', async () => {
      const work = new TestWork('flaky', async () => {
        throw new AppError('ERR_DISK', 'the disk is away', { retryable: true });
      });
      follow(life, work);
      life.queue.start();
      const failed = add(work, 'album');
      await comesTo(failed, 'failed');
      await again();
      const mended = new TestWork('flaky');
      follow(life, mended);
      life.queue.start();
      const retried = life.jobs.retry(failed);
      await comesTo(retried, 'completed');
      expect(retried).not.toBe(failed);
      expect(mended.runs).toEqual([{ name: 'album', attempt: 1 }]);
      expect(state(failed)).toBe('failed');
    });

    it('does not do what was added in a transaction that was taken back', async () => {
      const work = new TestWork('greet');
      follow(life, work);
      life.queue.start();
      const undone = new Error('undone');
      expect(() =>
        life.db.transaction(() => {
          add(work, 'never');
          throw undone;
        }),
      ).toThrow(undone);
      const job_id = add(work, 'after');
      await comesTo(job_id, 'completed');
      expect(work.runs.map((run) => run.name)).toEqual(['after']);
    });

    it('keeps what nobody handles now', async () => {
      const work = new TestWork('old');
      follow(life, work);
      const job_id = add(work);
      await again();
      life.queue.start();
      expect(state(job_id)).toBe('queued');
      await again();
      follow(life, work);
      life.queue.start();
      await comesTo(job_id, 'completed');
    });
  });
}
