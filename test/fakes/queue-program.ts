import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { silentLogger, systemClock, systemRandom, toError } from '../../src/base/index.js';
import { openWorker, type Work } from '../../src/jobs/index.js';
import { openLife, openShared } from './queue-life.js';

/**
 * A process of a house, to be killed: `house <dir> [redis] [takes] [lease_ms]` or `worker <dir> <redis>`. What it does stands in `<dir>/said.log`;
 * slow work ends once `<dir>/go` is there.
 */
const [, , role = '', dir = '', redis = '', takes = 'takes', lease = '1000'] = process.argv;

/** Short by default, so that a test need not wait for long until a dead worker is noticed. */
const LEASE_MS = Number(lease);

const say = (line: string): void => appendFileSync(join(dir, 'said.log'), `${line}\n`);

const Params = z.object({ name: z.string() });

const slow: Work<z.infer<typeof Params>, string> = {
  kind: 'slow',
  params: Params,
  result: z.string(),
  retry: { attempts: 2, delay_ms: 0 },
  async run({ name }, { signal, attempt }) {
    say(`begin ${name} ${process.pid} ${attempt}`);
    while (!existsSync(join(dir, 'go'))) {
      if (signal.aborted) say(`back ${name} ${process.pid}`);
      signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return name;
  },
};

const closed = (): Promise<void> => new Promise((resolve) => process.once('SIGTERM', () => resolve()));

async function house(): Promise<void> {
  const place = redis === '' ? {} : { redis, takes: takes === 'takes', leaseMs: LEASE_MS };
  const life = await openLife({ dir, ...place });
  life.queue.handle(slow, {
    settled: (_id, { name }, outcome) => say(`settled ${name} ${outcome.ok ? 'ok' : outcome.error.message}`),
  });
  life.queue.start();
  const job_id = '550e8400-e29b-41d4-a716-446655440000';
  life.queue.add(slow, { name: 'album' }, { title: 'album', job_id });
  say(`house ${process.pid}`);
  await closed();
  await life.close();
}

async function worker(): Promise<void> {
  const { bus, house: shared } = await openShared({ redis, leaseMs: LEASE_MS });
  const parts = { clock: systemClock, log: silentLogger, random: systemRandom };
  const working = await openWorker({
    house: shared,
    works: [slow as unknown as Work<never, unknown>],
    ...parts,
  });
  await working.ready();
  say(`worker ${process.pid}`);
  await closed();
  await working.close();
  await bus.close();
}

try {
  await (role === 'house' ? house() : worker());
} catch (thrown) {
  say(`died ${toError(thrown).stack ?? ''}`);
  process.exitCode = 1;
}
