import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobQueueContract, type QueueRig } from '../contracts/job-queue-contract.js';
import { openLife } from '../fakes/queue-life.js';
import { startRedis, type RunningRedis } from '../fakes/real-redis.js';
import { packageRoot } from '../../src/package-root.js';

const PASSWORD = 'open-sesame';
let redis: RunningRedis;
let admin: Redis;
beforeAll(async () => {
  redis = await startRedis({ password: PASSWORD });
  admin = new Redis({ path: redis.address, password: PASSWORD });
});
afterAll(async () => {
  admin.disconnect();
  await redis.stop();
});

async function rig(user?: string): Promise<QueueRig> {
  const dir = await mkdtemp(join(tmpdir(), 'tutti-queue-'));
  const address = user && `redis://${user}@127.0.0.1:${redis.port}`;
  return {
    life: (options) => openLife({ dir, redis: address, ...options }),
    close: async () => {
      await rm(dir, { recursive: true, force: true });
      if (address !== undefined) await admin.flushall();
    },
  };
}

jobQueueContract('in one process', () => rig());
jobQueueContract('over a real Redis', () => rig(`default:${PASSWORD}`));

describe('the user of Redis that the README gives', () => {
  beforeAll(async () => {
    const readme = await readFile(join(packageRoot, 'README.md'), 'utf8');
    const [, words = ''] = /`ACL (SETUSER tutti [^`]+)`/.exec(readme) ?? [];
    // The house of these tests has a name of its own.
    await admin.call('ACL', ...words.replaceAll('tutti:', 'house:').split(' '));
  });

  jobQueueContract('over a Redis as that user', () => rig('tutti:password'));

  it('was refused nothing', async () => {
    expect(await admin.call('ACL', 'LOG')).toEqual([]);
  });
});
