import type { Clock, Logger } from '../../base/index.js';
import type { Work } from '../work.js';
import type { AnyWork } from './do-work.js';
import { CONCURRENCY } from './open-queue.js';
import type { Leave } from './redis-worker.js';
import type { SharedHouse } from './shared.js';

export interface WorkerParts {
  readonly house: SharedHouse;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0..1 */
  readonly random: () => number;
  readonly works: readonly Work<never, unknown>[];
  readonly concurrency?: number | undefined;
}

/** A process that does work for a house that runs elsewhere. */
export interface OpenWorker {
  /** Resolves when it takes work. */
  ready(): Promise<unknown>;
  /** What is not done after `graceMs` is asked to end and given back; what has not ended `stopMs` later, another takes when its lease is over. */
  close(leave?: Leave): Promise<void>;
}

export async function openWorker({
  house,
  clock,
  log,
  random,
  works,
  ...others
}: WorkerParts): Promise<OpenWorker> {
  const { RedisWorker } = await import('./redis-worker.js');
  // Each gets only what its own schema let through.
  const byKind = new Map(works.map((work) => [work.kind, work as unknown as AnyWork]));
  const { concurrency = CONCURRENCY } = others;
  return new RedisWorker({ house, clock, log, random, concurrency, work: (kind) => byKind.get(kind) });
}
