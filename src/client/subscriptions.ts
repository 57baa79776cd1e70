import type { ClientError } from './client-error.js';
import { disconnected } from './client-error.js';
import type { ClientClock } from './socket.js';

/** A topic that tells what cannot be read is asked for a snapshot no more often than this. */
const RESYNC_MS = 1_000;

interface Topic {
  /** Of the subscribe command under way. */
  id: string | undefined;
  answered: boolean;
  askedUs: number;
  resync: { cancel(): void } | undefined;
  waiters: { resolve(): void; reject(error: ClientError): void }[];
}

/** The topics that are wanted, across connections, and which of them the server has answered on this one. */
export class Subscriptions {
  readonly #clock: ClientClock;
  readonly #nextId: () => string;
  readonly #transmit: (frame: object) => boolean;
  readonly #topics = new Map<string, Topic>();

  constructor(clock: ClientClock, nextId: () => string, transmit: (frame: object) => boolean) {
    this.#clock = clock;
    this.#nextId = nextId;
    this.#transmit = transmit;
  }

  has(topic: string): boolean {
    return this.#topics.has(topic);
  }

  /** Everything that is wanted has been answered on this connection. */
  get settled(): boolean {
    return [...this.#topics.values()].every((topic) => topic.answered);
  }

  /** Resolves when the snapshot is in the mirror, also when that takes a reconnect. Rejects when the server knows no such topic. */
  want(name: string): Promise<void> {
    const known = this.#topics.get(name);
    if (known?.answered) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const topic = known ?? { id: undefined, answered: false, askedUs: 0, resync: undefined, waiters: [] };
      topic.waiters.push({ resolve, reject });
      if (known) return;
      this.#topics.set(name, topic);
      this.#ask(name, topic);
    });
  }

  drop(name: string): boolean {
    const topic = this.gone(name);
    if (!topic) return false;
    if (topic.answered) this.#transmit({ id: this.#nextId(), type: 'unsubscribe', data: { topics: [name] } });
    return true;
  }

  /** Not wanted any more, and the server knows. */
  gone(name: string): { readonly answered: boolean } | undefined {
    const topic = this.#topics.get(name);
    if (!topic) return undefined;
    this.#topics.delete(name);
    topic.resync?.cancel();
    for (const waiter of topic.waiters) waiter.reject(disconnected());
    return topic;
  }

  /** A new connection: ask for everything again. */
  renew(): void {
    for (const [name, topic] of this.#topics) {
      topic.answered = false;
      this.#ask(name, topic);
    }
  }

  /** The topic told something that cannot be read: ask for a snapshot, soon. */
  resync(name: string): void {
    const topic = this.#topics.get(name);
    if (!topic?.answered || topic.resync) return;
    const wait = RESYNC_MS - (this.#clock.nowUs() - topic.askedUs) / 1000;
    topic.resync = this.#clock.after(Math.max(0, wait), () => {
      topic.resync = undefined;
      this.#ask(name, topic);
    });
  }

  answered(name: string): void {
    const topic = this.#topics.get(name);
    if (!topic) return;
    topic.answered = true;
    for (const waiter of topic.waiters.splice(0)) waiter.resolve();
  }

  /** The topic that the command `id` asked for is refused and no longer wanted; its name, or undefined when `id` is not ours. */
  refused(id: string, error: ClientError): string | undefined {
    for (const [name, topic] of this.#topics) {
      if (topic.id !== id) continue;
      this.#topics.delete(name);
      topic.resync?.cancel();
      for (const waiter of topic.waiters) waiter.reject(error);
      return name;
    }
    return undefined;
  }

  close(): void {
    for (const topic of this.#topics.values()) {
      topic.resync?.cancel();
      for (const waiter of topic.waiters) waiter.reject(disconnected());
    }
    this.#topics.clear();
  }

  /** One command for each topic: one that is gone must not take the others with it. */
  #ask(name: string, topic: Topic): void {
    topic.id = this.#nextId();
    topic.askedUs = this.#clock.nowUs();
    this.#transmit({ id: topic.id, type: 'subscribe', data: { topics: [name] } });
  }
}
