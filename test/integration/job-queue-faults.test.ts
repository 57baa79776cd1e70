import { Queue } from 'bullmq';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deferred, silentLogger, systemClock, systemRandom } from '../../src/base/index.js';
import { busAddress } from '../../src/bus/index.js';
import { openWorker, type OpenWorker, type Work } from '../../src/jobs/index.js';
import { follow, params, TestWork, untilAborted, type QueueLife } from '../contracts/job-queue-contract.js';
import { Cable } from '../fakes/cable.js';
import { openLife, openShared, type LifeOptions } from '../fakes/queue-life.js';
import { startRedis, type RunningRedis } from '../fakes/real-redis.js';
import { until } from '../until.js';

let redis: RunningRedis;
let dir: string;
const closers: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  redis = await startRedis();
  dir = await mkdtemp(join(tmpdir(), 'tutti-faults-'));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await redis.stop();
  await rm(dir, { recursive: true, force: true });
});

async function house(options: Partial<LifeOptions> = {}): Promise<QueueLife> {
  const life = await openLife({ dir, redis: redis.address, ...options });
  closers.push(() => life.close());
  return life;
}

interface WorkerOptions {
  readonly secret?: string;
  readonly concurrency?: number;
  readonly leaseMs?: number;
  /** Address of its Redis. */
  readonly at?: string;
  /** Where its tickets come from, if that is another way to the same. */
  readonly by?: string;
}

async function worker(
  works: readonly TestWork[],
  { secret, concurrency = 4, leaseMs, at = redis.address, by = at }: WorkerOptions = {},
): Promise<OpenWorker> {
  const shared = await openShared({ redis: at, secret, leaseMs });
  const { shown: _shown, ...place } = busAddress(by);
  const working = await openWorker({
    house: { ...shared.house, redis: place },
    clock: systemClock,
    log: silentLogger,
    random: systemRandom,
    works: works as unknown as readonly Work<never, unknown>[],
    concurrency,
  });
  closers.push(
    () => shared.bus.close(),
    () => working.close(),
  );
  await working.ready();
  return working;
}

const completed = (life: QueueLife, jobId: string): Promise<void> =>
  until('the job is completed', () => life.jobs.find(jobId)?.state === 'completed');

describe('a queue whose Redis is away', () => {
  it('takes work all the same, and does it once Redis is back', async () => {
    const life = await house();
    const work = new TestWork('greet');
    const settled = follow(life, work);
    life.queue.start();
    await redis.kill();
    const job_id = life.queue.add(work, params('a'), { title: 'a' });
    const cancelled = life.queue.add(work, params('b'), { title: 'b' });
    life.queue.cancel(cancelled);
    expect(life.jobs.get(job_id).state).toBe('queued');
    await redis.start();
    await completed(life, job_id);
    await until('both are settled', () => settled.length === 2);
    expect(work.runs.map(({ name }) => name)).toEqual(['a']);
  });

  it('can be closed, and the next life does what was added', async () => {
    const life = await house();
    const work = new TestWork('greet');
    follow(life, work);
    life.queue.start();
    await redis.kill();
    const job_id = life.queue.add(work, params('a'), { title: 'a' });
    await life.close();
    await redis.start();
    const next = await house();
    follow(next, work);
    next.queue.start();
    await completed(next, job_id);
    expect(work.runs).toHaveLength(1);
  });

  it('gives up what it does before anybody else may begin it, and does it again', async () => {
    const leaseMs = 1_000;
    const life = await house({ takes: false, leaseMs });
    const gate = deferred<void>();
    const work = new TestWork('long', async (given, { signal }) => {
      await untilAborted(signal, gate);
      return { said: given.name };
    });
    const settled = follow(life, work);
    life.queue.start();
    await worker([work], { leaseMs });
    const job_id = life.queue.add(work, params('a'), { title: 'a' });
    await until('it runs', () => work.active === 1);
    await redis.kill();
    await until('the worker gave it up', () => work.active === 0);
    await redis.start();
    await until('it runs again', () => work.active === 1);
    gate.resolve();
    await completed(life, job_id);
    expect([settled.length, work.mostActive]).toEqual([1, 1]);
    expect(work.runs.map(({ attempt }) => attempt)).toEqual([1, 1]);
  });
});

describe('a worker that is stopped', () => {
  it('gives back what reaches it on its way out, and nobody waits for its lease', async () => {
    const wired = await startRedis({ password: 'secret' });
    closers.push(() => wired.stop());
    const cable = await Cable.to(wired.port);
    closers.push(() => cable.close());
    const at = `redis://:secret@127.0.0.1:${wired.port}`;
    const life = await house({ redis: at, takes: false });
    const gate = deferred<void>();
    const slow = new TestWork('long', async (given, { signal }) => {
      await (given.name === 'a' ? gate.promise : untilAborted(signal, deferred<void>()));
      return { said: given.name };
    });
    follow(life, slow);
    life.queue.start();
    const by = `redis://:secret@127.0.0.1:${cable.port}`;
    const first = await worker([slow], { at, by, concurrency: 1 });
    const inRedis = new Queue('work', {
      connection: { port: wired.port, password: 'secret' },
      prefix: 'house',
    });
    closers.push(() => inRedis.close());
    life.queue.add(slow, params('a'), { title: 'a' });
    await until('it is busy', () => slow.active === 1);
    const job_id = life.queue.add(slow, params('b'), { title: 'b' });
    await until('the next one lies in Redis', async () => (await inRedis.getPrioritizedCount()) === 1);
    cable.hush();
    gate.resolve();
    await until('Redis gave it out', () => life.jobs.find(job_id)?.state === 'running');
    const closing = first.close();
    cable.plug();
    await closing;
    const second = new TestWork('long');
    await worker([second], { at });
    await completed(life, job_id);
    expect(second.runs).toEqual([{ name: 'b', attempt: 1 }]);
  });
});

describe('a worker whose work heeds no signal', () => {
  it('ends all the same when it is asked to, and another does the work when its lease is over', async () => {
    const leaseMs = 1_000;
    const life = await house({ takes: false, leaseMs });
    const stuck = new TestWork('long', () => new Promise(() => undefined));
    follow(life, stuck);
    life.queue.start();
    const first = await worker([stuck], { leaseMs });
    const job_id = life.queue.add(stuck, params('a'), { title: 'a' });
    await until('it runs', () => stuck.active === 1);
    await first.close({ graceMs: 100, stopMs: 100 });
    expect(stuck.active).toBe(1);
    const second = new TestWork('long');
    await worker([second], { leaseMs });
    await completed(life, job_id);
    expect(second.runs).toEqual([{ name: 'a', attempt: 1 }]);
  });
});

describe('several workers', () => {
  it('do each job once, and no more at once than each of them does', async () => {
    const life = await house({ takes: false });
    const works = [1, 2, 3].map(
      () =>
        new TestWork('many', async (given) => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          return { said: given.name };
        }),
    );
    const settled = follow(life, works[0]!);
    life.queue.start();
    for (const work of works) await worker([work], { concurrency: 2 });
    for (let n = 0; n < 100; n++) life.queue.add(works[0]!, params(String(n)), { title: String(n) });
    await until('all are settled', () => settled.length >= 100);
    const done = works.flatMap((work) => work.runs.map(({ name }) => Number(name)));
    expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(settled).toHaveLength(100);
    for (const work of works) expect(work.mostActive).toBeLessThanOrEqual(2);
  });

  it('leave alone what they have no work for, until one comes that has', async () => {
    const life = await house({ takes: false });
    const rare = new TestWork('rare');
    follow(life, rare);
    life.queue.start();
    await worker([new TestWork('common')]);
    const job_id = life.queue.add(rare, params('a'), { title: 'a' });
    await worker([rare]);
    await completed(life, job_id);
    expect(rare.runs).toEqual([{ name: 'a', attempt: 1 }]);
  });
});

describe('what is in Redis and not ours', () => {
  it('does nothing, and holds nothing up', async () => {
    const life = await house({ secret: 'ours' });
    const work = new TestWork('greet');
    const settled = follow(life, work);
    life.queue.start();
    const queue = new Queue('work', { connection: { path: redis.address }, prefix: 'house' });
    closers.push(() => queue.close());
    const ticket = { job_id: 'x', dispatch: 1, kind: 'greet', attempt: 1, params: params('evil') };
    const bad = [
      null,
      7,
      'text',
      {},
      { sealed: '' },
      { sealed: '.{' },
      { sealed: `.${JSON.stringify(ticket)}` },
    ];
    for (const data of [...bad, { sealed: `${'A'.repeat(43)}.${JSON.stringify(ticket)}` }])
      await queue.add('greet', data, { priority: 1 });
    const job_id = life.queue.add(work, params('good'), { title: 'good' });
    await completed(life, job_id);
    expect(work.runs.map(({ name }) => name)).toEqual(['good']);
    expect(settled).toHaveLength(1);
  });

  it('is no outcome of a job, whoever says so', async () => {
    const life = await house({ secret: 'ours', takes: false });
    const work = new TestWork('greet');
    const settled = follow(life, work);
    life.queue.start();
    const intruder = new TestWork('greet', async () => ({ said: 'mine now' }));
    await worker([intruder], { secret: 'theirs' });
    const job_id = life.queue.add(work, params('a'), { title: 'a' });
    await worker([work], { secret: 'ours' });
    await completed(life, job_id);
    expect(settled).toMatchObject([{ outcome: { ok: true, result: { said: 'a' } } }]);
    expect(intruder.runs).toEqual([]);
  });
});

describe('what another version wrote', () => {
  it.each([undefined, 'redis'])('is a job that failed, and no crash (%s)', async (where) => {
    const place = where === undefined ? { redis: undefined } : {};
    const life = await house(place);
    const work = new TestWork('greet');
    follow(life, work);
    const job_id = life.queue.add(work, params('a'), { title: 'a' });
    life.db.prepare('UPDATE queued_work SET params = ?').run('{"name":5}');
    await life.close();
    const next = await house(place);
    const settled = follow(next, work);
    next.queue.start();
    await until('it failed', () => next.jobs.find(job_id)?.state === 'failed');
    expect(next.jobs.get(job_id).error).toMatchObject({ retryable: false });
    const good = next.queue.add(work, params('good'), { title: 'good' });
    await completed(next, good);
    expect(settled).toHaveLength(1);
  });
});
