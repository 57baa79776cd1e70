import { Worker, type Job, type WorkerOptions } from 'bullmq';
import { deferred, type Clock } from '../../base/index.js';
import { QUEUE_NAME } from './shared.js';

/** Between two questions that Redis has answered with an error. */
const REFUSED_MS = 2_000;

/**
 * A worker that waits a while after Redis has refused a question: one that is full, read-only, or cannot save, say. BullMQ asks again at once
 * and for ever then, which takes most of a core here and as much of Redis.
 */
export class PacedWorker extends Worker<unknown, string> {
  readonly #clock: Clock;
  readonly #left = deferred<void>();

  constructor(
    process: (job: Job<unknown, string>, token: string | undefined) => Promise<string>,
    clock: Clock,
    options: WorkerOptions,
  ) {
    super(QUEUE_NAME, process, options);
    this.#clock = clock;
    this.once('closing', () => this.#left.resolve());
  }

  protected override async moveToActive(token: string, name?: string): Promise<Job<unknown, string>> {
    try {
      return await super.moveToActive(token, name);
    } catch (error) {
      const over = deferred<void>();
      const timer = this.#clock.after(REFUSED_MS, () => over.resolve());
      await Promise.race([over.promise, this.#left.promise]);
      timer.cancel();
      throw error;
    }
  }
}
