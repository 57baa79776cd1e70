import { Queue, QueueEvents, type Job } from 'bullmq';
import { Serial, toError, uuid, type Clock, type Logger, type Timer } from '../../base/index.js';
import type { Carrier, TicketNews } from './carrier.js';
import type { RedisWorker } from './redis-worker.js';
import {
  connectionOf,
  KEEP_SECONDS,
  LEASE_MS,
  QUEUE_NAME,
  recallChannel,
  SealedEnding,
  SealedNews,
  SealedTicket,
  type SharedHouse,
} from './shared.js';
import { nameOf, type Ending, type Ticket } from './ticket.js';

export interface RedisCarrierParts {
  readonly house: SharedHouse;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0..1 */
  readonly random: () => number;
  /** This process does work too, under that name; opened at the start. */
  readonly worker?: ((name: string) => RedisWorker) | undefined;
}

interface Out {
  readonly ticket: Ticket;
  readonly priority: number;
  /** Whether Redis has confirmed that it has it, in this life or, by what we know, in the last. */
  sent: boolean;
  /** Whether somebody may be at it. */
  begun: boolean;
  /** Whether the queue heard that it began. */
  told: boolean;
  recalled: boolean;
  /** Since when Redis does not know it any more. */
  missingUs: number | undefined;
}

/** So much of one priority or higher lies in Redis; the rest waits on our disk. */
const WINDOW = 64;
const LOOK_MS = 1_000;
const LEAVE_MS = 1_500;
const REPLAY_MS = 10_000;
/** How Redis calls what a house does itself; each life of it has a name of its own. */
const HOUSE = 'house.';

/**
 * Brings tickets to all processes of the house by BullMQ on Redis. Redis may lose everything: what is out is known here, looked for every
 * now and then, and brought again when it is missing for longer than a worker may hold it without asking.
 */
export class RedisCarrier implements Carrier {
  readonly #parts: RedisCarrierParts;
  readonly #queue: Queue<unknown, string>;
  readonly #events: QueueEvents;
  readonly #out = new Map<string, Out>();
  readonly #looks = new Serial();
  readonly #leaseMs: number;
  readonly #life = `${HOUSE}${uuid()}`;
  #news: TicketNews | undefined;
  #worker: RedisWorker | undefined;
  #timer: Timer | undefined;
  #unlisten: (() => void) | undefined;
  #looking = false;
  #lastFault = '';
  #lastLookUs = 0;

  constructor(parts: RedisCarrierParts) {
    this.#parts = parts;
    const { house, random } = parts;
    this.#leaseMs = house.leaseMs ?? LEASE_MS;
    const place = { connection: connectionOf(house, random), prefix: house.name };
    this.#queue = new Queue<unknown, string>(QUEUE_NAME, place);
    // Events are numbered by the time of Redis. Those from before this start do no harm, and those until it is connected are not missed.
    const lastEventId = `${Math.round(parts.clock.wallMs()) - REPLAY_MS}-0`;
    this.#events = new QueueEvents(QUEUE_NAME, { ...place, blockingTimeout: 5_000, lastEventId });
    this.#queue.on('error', (error) => this.#fault(error));
    this.#events.on('error', (error) => this.#fault(error));
    this.#events.on('active', ({ jobId }) => this.#began(jobId));
    this.#events.on('progress', ({ jobId, data }) => this.#progress(jobId, data));
    this.#events.on('completed', ({ jobId, returnvalue }) => this.#completed(jobId, returnvalue));
    this.#events.on('failed', ({ jobId }) => this.#lookSoon(jobId));
    this.#events.on('stalled', ({ jobId }) => this.#parts.log.warn({ jobId }, 'who did a job is gone'));
  }

  start(news: TicketNews): void {
    this.#news = news;
    this.#worker = this.#parts.worker?.(this.#life);
    this.#timer = this.#parts.clock.every(Math.min(LOOK_MS, this.#leaseMs / 2), () => this.#tick());
    this.#unlisten = this.#parts.house.signals.onConnection((connected) => {
      if (connected) void this.#look([...this.#out.keys()]);
    });
  }

  hasRoom(priority: number): boolean {
    if (!this.#news) return false;
    return [...this.#out.values()].filter((out) => out.priority >= priority).length < WINDOW;
  }

  send(ticket: Ticket, priority: number): void {
    const name = nameOf(ticket);
    const fresh = { sent: false, begun: false, told: false, recalled: false, missingUs: undefined };
    this.#out.set(name, { ticket, priority, ...fresh });
    void this.#push(name);
  }

  adopt(ticket: Ticket, priority: number): void {
    const name = nameOf(ticket);
    const known = { sent: true, begun: true, told: false, recalled: false, missingUs: undefined };
    this.#out.set(name, { ticket, priority, ...known });
    this.#lookSoon(name);
  }

  recall(ticket: Ticket): void {
    const out = this.#out.get(nameOf(ticket));
    if (!out) return;
    out.recalled = true;
    void this.#takeBack(nameOf(ticket));
  }

  async close(): Promise<void> {
    await this.#worker?.close();
    this.#timer?.cancel();
    this.#unlisten?.();
    const { clock } = this.#parts;
    const last = async (): Promise<void> => {
      await this.#look([...this.#out.keys()]);
      await Promise.all([this.#queue.close(), this.#events.close()]);
    };
    await new Promise<void>((resolve) => {
      const timer = clock.after(LEAVE_MS, resolve);
      void last()
        .catch((error: unknown) => this.#fault(toError(error)))
        .then(() => timer.cancel())
        .then(resolve);
    });
    this.#out.clear();
    this.#news = undefined;
    for (const part of [this.#queue, this.#events]) void part.disconnect().catch(() => undefined);
  }

  async #push(name: string): Promise<void> {
    const out = this.#out.get(name);
    if (!out) return;
    const sealed = this.#parts.house.seal.close(out.ticket);
    const keep = { age: KEEP_SECONDS };
    const options = { jobId: name, priority: 11 - out.priority, removeOnComplete: keep, removeOnFail: keep };
    try {
      await this.#queue.add(out.ticket.kind, { sealed }, options);
      out.sent = true;
      out.missingUs = undefined;
      if (out.recalled) await this.#takeBack(name);
    } catch (thrown) {
      this.#fault(toError(thrown));
    }
  }

  async #takeBack(name: string): Promise<void> {
    const out = this.#out.get(name);
    if (!out?.sent) return;
    const { signals, seal, name: house } = this.#parts.house;
    try {
      // Removes only what nobody is at.
      if (!out.begun && (await this.#queue.remove(name)) === 1) return this.#end(name, { kind: 'back' });
    } catch (thrown) {
      this.#fault(toError(thrown));
    }
    signals.publish(recallChannel(house), seal.close({ recall: name }));
  }

  #tick(): void {
    for (const [name, out] of this.#out) if (out.recalled) void this.#takeBack(name);
    const due = this.#parts.clock.nowUs() - this.#lastLookUs > this.#leaseMs * 1000;
    const missing = [...this.#out.values()].some(({ missingUs }) => missingUs !== undefined);
    if ((due || missing) && !this.#looking) void this.#look([...this.#out.keys()]);
  }

  #lookSoon(name: string): void {
    void this.#look([name]);
  }

  /** Asks Redis what became of tickets. */
  async #look(names: readonly string[]): Promise<void> {
    this.#looking = true;
    this.#lastLookUs = this.#parts.clock.nowUs();
    await this.#looks.run(async () => {
      try {
        for (const name of names) await this.#lookAt(name);
      } catch (thrown) {
        this.#fault(toError(thrown));
      }
    });
    this.#looking = false;
  }

  async #lookAt(name: string): Promise<void> {
    const out = this.#out.get(name);
    if (!out?.sent) return;
    const job = await this.#queue.getJob(name);
    if (!job) return this.#missing(name, out);
    out.missingUs = undefined;
    const state = await job.getState();
    // It may have been completed since it was fetched.
    if (state === 'completed') return this.#completed(name, (await this.#queue.getJob(name))?.returnvalue);
    if (state === 'failed') return this.#end(name, { kind: 'lost' });
    if (state === 'active') return this.#isOfLastLife(job) ? await this.#breakLease(name) : this.#began(name);
    out.begun = false;
    if (out.recalled) await this.#takeBack(name);
  }

  /** One house has one life at a time: what the last one did itself nobody does any more. */
  #isOfLastLife({ processedBy }: Job): boolean {
    return processedBy !== undefined && processedBy.startsWith(HOUSE) && processedBy !== this.#life;
  }

  /** Whoever had it is gone, and it need not wait until its lease is over. */
  async #breakLease(name: string): Promise<void> {
    const client = await this.#queue.getBackend().client;
    await client.del(`${this.#queue.toKey(name)}:lock`);
    this.#end(name, { kind: 'lost' });
  }

  /** Redis forgot it. Somebody may be at it still, until their lease is over. */
  async #missing(name: string, out: Out): Promise<void> {
    const now = this.#parts.clock.nowUs();
    out.missingUs ??= now;
    if (out.begun && now - out.missingUs < this.#leaseMs * 1000) return;
    out.begun = false;
    if (out.recalled) this.#end(name, { kind: 'back' });
    else await this.#push(name);
  }

  #began(name: string): void {
    const out = this.#out.get(name);
    if (!out) return;
    out.begun = true;
    out.missingUs = undefined;
    if (out.told) return;
    out.told = true;
    this.#news?.began(out.ticket);
  }

  #progress(name: string, data: unknown): void {
    const out = this.#out.get(name);
    const sealed = SealedTicket.safeParse(data);
    if (!out || !sealed.success) return;
    const said = this.#parts.house.seal.open(sealed.data.sealed, SealedNews);
    if (typeof said !== 'string' && said.name === name) this.#news?.progress(out.ticket, said.news);
  }

  #completed(name: string, value: unknown): void {
    if (!this.#out.has(name)) return;
    const said = typeof value === 'string' ? this.#parts.house.seal.open(value, SealedEnding) : 'garbage';
    if (typeof said !== 'string' && said.name === name) return this.#end(name, said.ending);
    this.#parts.log.error({ name, why: said }, 'what came back for a job is not ours');
    this.#end(name, { kind: 'lost' });
  }

  #end(name: string, ending: Ending): void {
    const out = this.#out.get(name);
    if (!out) return;
    this.#out.delete(name);
    this.#queue.remove(name).catch((error: unknown) => this.#fault(toError(error)));
    this.#news?.ended(out.ticket, ending);
    this.#news?.room();
  }

  /** The text alone, and once; see RedisWorker. */
  #fault(error: Error): void {
    const reason = error.message.slice(0, 200);
    if (reason === this.#lastFault) return;
    this.#lastFault = reason;
    this.#parts.log.warn({ reason }, 'the queue in Redis met a fault');
  }
}
