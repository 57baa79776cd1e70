import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { silentLogger, systemRandom } from '../../src/base/index.js';
import { busAddress } from '../../src/bus/index.js';
import { openWorker } from '../../src/jobs/index.js';
import { ManualClock } from '../fakes/manual-clock.js';
import { openShared } from '../fakes/queue-life.js';
import { startRedis } from '../fakes/real-redis.js';
import { until } from '../until.js';

it('a Redis that takes nothing is asked again after a while, not at once', async () => {
  const redis = await startRedis();
  const asking = new Redis(redis.address);
  const refused = async (): Promise<number> =>
    Number(/errorstat_OOM:count=(\d+)/.exec(await asking.info('errorstats'))?.[1] ?? 0);
  await asking.config('SET', 'maxmemory', '1');
  const shared = await openShared({ redis: redis.address });
  const { shown: _shown, ...place } = busAddress(redis.address);
  const clock = new ManualClock();
  const parts = { clock, log: silentLogger, random: systemRandom, works: [], concurrency: 4 };
  const worker = await openWorker({ house: { ...shared.house, redis: place }, ...parts });
  try {
    await until('it has asked', async () => (await refused()) > 0);
    for (let question = 0; question < 300; question++) await asking.ping();
    // Its one question for work, and its look for what others have left.
    const before = await refused();
    expect(before).toBeLessThanOrEqual(2);
    await clock.advance(2_000);
    await until('it asks again', async () => (await refused()) > before);
  } finally {
    await worker.close();
    await shared.bus.close();
    asking.disconnect();
    await redis.stop();
  }
});
