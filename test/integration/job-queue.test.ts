import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { jobQueueContract, type QueueRig } from '../contracts/job-queue-contract.js';
import { openLife } from '../fakes/queue-life.js';
import { startRedis, type RunningRedis } from '../fakes/real-redis.js';
import { Redis } from 'ioredis';

let redis: RunningRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

async function rig(address?: string): Promise<QueueRig> {
  const dir = await mkdtemp(join(tmpdir(), 'tutti-queue-'));
  return {
    life: (options) => openLife({ dir, redis: address, ...options }),
    close: async () => {
      await rm(dir, { recursive: true, force: true });
      if (address === undefined) return;
      const client = new Redis(address);
      await client.flushall();
      client.disconnect();
    },
  };
}

jobQueueContract('in one process', () => rig());
jobQueueContract('over a real Redis', () => rig(redis.address));
