import { DelayedError, UnrecoverableError, type Job } from 'bullmq';
import { deferred, toError, type Clock, type Logger, type Timer } from '../../base/index.js';
import { doWork, type AnyWork } from './do-work.js';
import { PacedWorker } from './paced-worker.js';
import {
  connectionOf,
  KEEP_SECONDS,
  LEASE_MS,
  MOST_STALLS,
  Recall,
  recallChannel,
  SealedTicket,
  type SharedHouse,
} from './shared.js';
import { MAX_WORK_BYTES, nameOf, Ticket, type Ending } from './ticket.js';

export interface RedisWorkerParts {
  readonly house: SharedHouse;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0..1 */
  readonly random: () => number;
  /** How much this process does at once. */
  readonly concurrency: number;
  /** What Redis is told of who has a ticket. */
  readonly name?: string | undefined;
  work(kind: string): AnyWork | undefined;
}

export interface Leave {
  readonly graceMs?: number;
  readonly stopMs?: number;
}

/** One ticket in the hands of this process. */
interface Held {
  readonly job_id: string;
  readonly controller: AbortController;
  readonly ended: Promise<void>;
  lease: Timer;
}

/** What this process cannot do or read goes back for so long. */
const BACK_MS = 1_000;
/** Work that heeds its signal has ended by then. */
const STOP_MS = 10_000;
/** Redis answers by then, or is not waited for. */
const LEAVE_MS = 1_500;
const LOOKS_PER_LEASE = 4;
const MOST_FAULTS = 16;

/**
 * Takes tickets from Redis and does them, beside any number of others. What this process holds is its own as long as it says so in time:
 * when it cannot, it gives the work up before anybody else can begin it.
 */
export class RedisWorker {
  readonly #parts: RedisWorkerParts;
  readonly #leaseMs: number;
  readonly #worker: PacedWorker;
  readonly #held = new Map<string, Held>();
  readonly #unsubscribe: Promise<() => void>;
  #closing = false;
  /** What was said already, until so much was said that it is worth saying again. */
  readonly #faults = new Set<string>();

  constructor(parts: RedisWorkerParts) {
    this.#parts = parts;
    const { house, clock, concurrency, random, name } = parts;
    this.#leaseMs = house.leaseMs ?? LEASE_MS;
    this.#worker = new PacedWorker((job, token) => this.#process(job, token), clock, {
      connection: connectionOf(house, random),
      prefix: house.name,
      concurrency,
      lockDuration: this.#leaseMs,
      // Two looks in a row have to find a ticket without a lease.
      stalledInterval: this.#leaseMs / LOOKS_PER_LEASE,
      maxStalledCount: MOST_STALLS,
      runRetryDelay: BACK_MS,
      removeOnComplete: { age: KEEP_SECONDS },
      removeOnFail: { age: KEEP_SECONDS },
      ...(name !== undefined && { name }),
    });
    this.#worker.on('error', (error) => this.#fault(error));
    this.#worker.on('locksRenewed', ({ jobIds }) => jobIds.forEach((name) => this.#renewed(name)));
    this.#worker.on('lockRenewalFailed', (names) => names.forEach((name) => this.#giveUp(name)));
    this.#unsubscribe = house.signals.subscribe(recallChannel(house.name), (text) => this.#recalled(text));
  }

  /** Resolves when it takes tickets. */
  ready(): Promise<unknown> {
    return this.#worker.waitUntilReady();
  }

  /**
   * Takes nothing more. What is not done after `graceMs` is asked to end and given back; what has not ended `stopMs` after that keeps its lease until
   * that is over, and is done by another then.
   */
  async close({ graceMs = 0, stopMs = STOP_MS }: Leave = {}): Promise<void> {
    this.#closing = true;
    void this.#worker.pause(true).catch((error: unknown) => this.#fault(toError(error)));
    const ends = (): Promise<unknown> => Promise.all([...this.#held.values()].map(({ ended }) => ended));
    if (graceMs > 0) await this.#atMost(graceMs, ends());
    for (const { controller } of this.#held.values()) controller.abort();
    await this.#atMost(stopMs, ends());
    // A Redis that is silent may never have answered that.
    void this.#unsubscribe.then((unsubscribe) => unsubscribe());
    const closed = this.#worker.close().catch((error: unknown) => this.#fault(toError(error)));
    if (!(await this.#atMost(LEAVE_MS, closed)))
      void this.#worker.disconnect().catch((error: unknown) => this.#fault(toError(error)));
  }

  /** What BullMQ keeps as the outcome; throws where there is none. */
  async #process(job: Job<unknown, string>, token: string | undefined): Promise<string> {
    const { seal } = this.#parts.house;
    const data = SealedTicket.safeParse(job.data);
    const ticket = data.success ? seal.open(data.data.sealed, Ticket) : 'garbage';
    if (ticket === 'garbage' || (ticket !== 'forged' && nameOf(ticket) !== job.id))
      throw new UnrecoverableError('this is no ticket');
    const work = ticket === 'forged' ? undefined : this.#parts.work(ticket.kind);
    if (ticket === 'forged' || !work) return this.#handBack(job, token, ticket === 'forged');
    const name = nameOf(ticket);
    // What was on its way here when this began to close is nobody's: given back before it begins.
    const ending: Ending = this.#closing ? { kind: 'back' } : await this.#hold(ticket, name, work, job);
    const text = seal.close({ name, ending });
    if (text.length <= MAX_WORK_BYTES) return text;
    const message = 'What came of this is too large';
    return seal.close({ name, ending: { kind: 'failed', message, retryable: false } });
  }

  /** Another process may know the secret, or have this work. */
  async #handBack(job: Job<unknown, string>, token: string | undefined, forged: boolean): Promise<never> {
    const why = forged
      ? 'is not signed with the bus_secret of this process'
      : 'is of a kind this process lacks';
    this.#fault(new Error(`work ${why}`));
    await job.moveToDelayed(Math.round(this.#parts.clock.wallMs()) + BACK_MS, token);
    throw new DelayedError();
  }

  async #hold(ticket: Ticket, name: string, work: AnyWork, job: Job<unknown, string>): Promise<Ending> {
    const { clock, log, house } = this.#parts;
    const ended = deferred<void>();
    const controller = new AbortController();
    const older = [...this.#held.values()].filter(({ job_id }) => job_id === ticket.job_id);
    const lease = this.#lease(controller);
    this.#held.set(name, { job_id: ticket.job_id, controller, ended: ended.promise, lease });
    try {
      // One job is never done twice at once here.
      for (const other of older) other.controller.abort();
      await Promise.all(older.map((other) => other.ended));
      return await doWork({
        work,
        ticket,
        clock,
        log,
        signal: controller.signal,
        progress: (news) => {
          job
            .updateProgress({ sealed: house.seal.close({ name, news }) })
            .catch((error: unknown) => this.#fault(toError(error)));
        },
      });
    } finally {
      this.#held.get(name)?.lease.cancel();
      this.#held.delete(name);
      ended.resolve();
    }
  }

  #lease(controller: AbortController): Timer {
    return this.#parts.clock.after(this.#leaseMs, () => controller.abort());
  }

  #renewed(name: string): void {
    const held = this.#held.get(name);
    if (!held) return;
    held.lease.cancel();
    held.lease = this.#lease(held.controller);
  }

  #giveUp(name: string): void {
    this.#held.get(name)?.controller.abort();
  }

  #recalled(text: string): void {
    const message = this.#parts.house.seal.open(text, Recall);
    if (typeof message !== 'string') this.#giveUp(message.recall);
  }

  /** Whether `wait` ended in time. */
  async #atMost(ms: number, wait: Promise<unknown>): Promise<boolean> {
    const late = deferred<boolean>();
    const timer = this.#parts.clock.after(ms, () => late.resolve(false));
    const inTime = await Promise.race([wait.then(() => true), late.promise]);
    timer.cancel();
    return inTime;
  }

  /** The text alone, and once: the errors of ioredis bring the command along that failed, and that may be AUTH. */
  #fault(error: Error): void {
    const reason = error.message.slice(0, 200);
    if (this.#faults.has(reason)) return;
    if (this.#faults.size >= MOST_FAULTS) this.#faults.clear();
    this.#faults.add(reason);
    this.#parts.log.warn({ reason }, 'a worker met a fault');
  }
}
