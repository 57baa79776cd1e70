import type { Clock, Logger } from '../../base/index.js';
import type { Db } from '../../storage/index.js';
import type { Jobs } from '../jobs.js';
import type { JobQueue } from './contract.js';
import type { Carrier } from './carrier.js';
import type { AnyWork } from './do-work.js';
import { LocalCarrier } from './local-carrier.js';
import type { SharedHouse } from './shared.js';
import { WorkQueue } from './work-queue.js';

/** How much a process does at once. */
export const CONCURRENCY = 4;

export interface QueueParts {
  readonly db: Db;
  readonly jobs: Jobs;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0..1 */
  readonly random: () => number;
  /** How much this process does at once; 4 by default. */
  readonly concurrency?: number | undefined;
  /** Absent: all work is done in this process. */
  readonly shared?:
    | (SharedHouse & { /** Whether this process works too; it does by default. */ readonly takes?: boolean })
    | undefined;
}

/** The queue of the house. A Redis need not be there yet; what speaks to it is loaded only where it is used. */
export async function openQueue(parts: QueueParts): Promise<JobQueue> {
  const works = new Map<string, AnyWork>();
  const log = parts.log.child({ part: 'queue' });
  const carrier = await carrierOf({ ...parts, log }, (kind) => works.get(kind));
  return new WorkQueue({ ...parts, log, carrier, works });
}

async function carrierOf(
  { clock, log, random, concurrency = CONCURRENCY, shared }: QueueParts,
  work: (kind: string) => AnyWork | undefined,
): Promise<Carrier> {
  if (!shared) return new LocalCarrier({ clock, log, concurrency, work });
  const [{ RedisCarrier }, { RedisWorker }] = await Promise.all([
    import('./redis-carrier.js'),
    import('./redis-worker.js'),
  ]);
  const common = { house: shared, clock, log, random };
  const worker =
    shared.takes === false
      ? undefined
      : (name: string) => new RedisWorker({ ...common, concurrency, name, work });
  return new RedisCarrier({ ...common, worker });
}
