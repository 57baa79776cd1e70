import { deferred, type Clock, type Deferred, type Logger } from '../../base/index.js';
import type { Carrier, TicketNews } from './carrier.js';
import { doWork, type AnyWork } from './do-work.js';
import { nameOf, type Ending, type Ticket } from './ticket.js';

export interface LocalCarrierParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** How much is done at once. */
  readonly concurrency: number;
  /** The work of a kind. */
  work(kind: string): AnyWork | undefined;
}

/** Does the work in this process. */
export class LocalCarrier implements Carrier {
  readonly #parts: LocalCarrierParts;
  readonly #running = new Map<string, AbortController>();
  #news: TicketNews | undefined;
  #idle: Deferred<void> | undefined;

  constructor(parts: LocalCarrierParts) {
    this.#parts = parts;
  }

  start(news: TicketNews): void {
    this.#news = news;
  }

  hasRoom(): boolean {
    return !this.#idle && this.#running.size < this.#parts.concurrency;
  }

  send(ticket: Ticket): void {
    const controller = new AbortController();
    this.#running.set(nameOf(ticket), controller);
    void this.#run(ticket, controller.signal);
  }

  /** Work that ran in a process that is gone. */
  adopt(ticket: Ticket): void {
    queueMicrotask(() => this.#news?.ended(ticket, { kind: 'lost' }));
  }

  recall(ticket: Ticket): void {
    this.#running.get(nameOf(ticket))?.abort();
  }

  async close(): Promise<void> {
    this.#idle ??= deferred<void>();
    for (const controller of this.#running.values()) controller.abort();
    if (this.#running.size > 0) await this.#idle.promise;
  }

  async #run(ticket: Ticket, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    const work = this.#parts.work(ticket.kind);
    let ending: Ending = { kind: 'back' };
    if (work) {
      this.#news?.began(ticket);
      ending = await doWork({
        work,
        ticket,
        clock,
        log,
        signal,
        progress: (news) => this.#news?.progress(ticket, news),
      });
    }
    this.#running.delete(nameOf(ticket));
    this.#news?.ended(ticket, ending);
    if (this.#running.size === 0) this.#idle?.resolve();
  }
}
