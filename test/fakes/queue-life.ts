import { join } from 'node:path';
import { silentLogger, systemClock, systemRandom, type Clock } from '../../src/base/index.js';
import { busAddress, openBus, Seal, type Bus } from '../../src/bus/index.js';
import { Jobs, openQueue, type SharedHouse } from '../../src/jobs/index.js';
import { emptyState, sqliteKeeper, Store } from '../../src/state/index.js';
import { migrate, openDb } from '../../src/storage/index.js';
import type { QueueLife } from '../contracts/job-queue-contract.js';
import { until } from '../until.js';

export interface LifeOptions {
  /** Folder of the database. */
  readonly dir: string;
  /** Address of a Redis; absent = all work is done in this process. */
  readonly redis?: string | undefined;
  readonly secret?: string | undefined;
  /** False: others do the work. */
  readonly takes?: boolean | undefined;
  readonly concurrency?: number | undefined;
  readonly clock?: Clock | undefined;
  /** Default: longer than a busy machine may stall. */
  readonly leaseMs?: number | undefined;
}

export interface OpenedHouse {
  readonly house: SharedHouse;
  readonly bus: Bus;
}

/** The way of one process to the others of its house. */
export async function openShared(
  options: Pick<LifeOptions, 'secret' | 'leaseMs'> & { readonly redis: string },
): Promise<OpenedHouse> {
  const { redis, secret, leaseMs } = options;
  const bus = await openBus({ address: redis, clock: systemClock, log: silentLogger, random: systemRandom });
  await until('the bus is connected', () => bus.connected);
  const { shown: _shown, ...place } = busAddress(redis);
  return { bus, house: { redis: place, name: 'house', seal: new Seal(secret), signals: bus, leaseMs } };
}

/** A house with nothing but a queue, as one life of a server has it. */
export async function openLife(options: LifeOptions): Promise<QueueLife> {
  const { dir, redis, secret, takes, concurrency, leaseMs, clock = systemClock } = options;
  const db = openDb(join(dir, 'queue.db'));
  migrate(db);
  const store = new Store({ state: emptyState('0'), epoch: 'e', keeper: sqliteKeeper(db) });
  const jobs = new Jobs({ db, store, clock, log: silentLogger });
  const shared = redis === undefined ? undefined : await openShared({ redis, secret, leaseMs });
  const queue = await openQueue({
    db,
    jobs,
    clock,
    log: silentLogger,
    random: systemRandom,
    concurrency,
    ...(shared && { shared: { ...shared.house, ...(takes !== undefined && { takes }) } }),
  });
  const told = new Map<string, number>();
  store.subscribe((events) => {
    for (const { type, topic } of events)
      if (type === 'job:updated' && topic.startsWith('job/'))
        told.set(topic.slice(4), (told.get(topic.slice(4)) ?? 0) + 1);
  });
  let closed = false;
  return {
    queue,
    jobs,
    db,
    told: (jobId) => told.get(jobId) ?? 0,
    async close() {
      if (closed) return;
      closed = true;
      await queue.close();
      jobs.close();
      await shared?.bus.close();
      db.close();
    },
  };
}
