import type { ClientError } from './client-error.js';
import { disconnected } from './client-error.js';
import type { ClientClock } from './socket.js';

/** A topic that tells what cannot be read is asked for a snapshot no more often than this. */
const RESYNC_MS = 1_000;

interface Topic {
  /** Of the subscribe command under way. */
  id: string | undefined;
  answered: boolean;
  /** The server life that the mirror of this topic is of; undefined when there is none, or it cannot be built upon. */
  epoch: string | undefined;
  askedUs: number;
  resync: { cancel(): void } | undefined;
  waiters: { resolve(): void; reject(error: ClientError): void }[];
}

export interface SubscriptionsParts {
  readonly clock: ClientClock;
  nextId(this: void): string;
  transmit(this: void, frame: object): boolean;
  /** Of what the mirror has. */
  revision(this: void, topic: string): number | undefined;
}

/** The topics that are wanted, across connections, and which of them the server has answered on this one. */
export class Subscriptions {
  readonly #parts: SubscriptionsParts;
  readonly #topics = new Map<string, Topic>();

  constructor(parts: SubscriptionsParts) {
    this.#parts = parts;
  }

  has(topic: string): boolean {
    return this.#topics.has(topic);
  }

  /** Everything that is wanted has been answered on this connection. */
  get settled(): boolean {
    return [...this.#topics.values()].every((topic) => topic.answered);
  }

  /** What is wanted, each with where the mirror is, when that can be built upon. */
  get wanted(): readonly { readonly topic: string; readonly epoch?: string; readonly revision?: number }[] {
    return [...this.#topics].map(([topic, { epoch }]) => {
      const revision = this.#parts.revision(topic);
      return epoch === undefined || revision === undefined ? { topic } : { topic, epoch, revision };
    });
  }

  /** Resolves when the snapshot is in the mirror, also when that takes a reconnect. Rejects when the server knows no such topic. */
  want(name: string): Promise<void> {
    const known = this.#topics.get(name);
    if (known?.answered) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const topic: Topic = known ?? {
        id: undefined,
        answered: false,
        epoch: undefined,
        askedUs: 0,
        resync: undefined,
        waiters: [],
      };
      topic.waiters.push({ resolve, reject });
      if (known) return;
      this.#topics.set(name, topic);
      this.#ask(name, topic);
    });
  }

  drop(name: string): boolean {
    const topic = this.gone(name);
    if (!topic) return false;
    // Also when it was not answered yet: the answer is on its way, and so are its events.
    this.#parts.transmit({ id: this.#parts.nextId(), type: 'unsubscribe', data: { topics: [name] } });
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
    if (!topic) return;
    topic.epoch = undefined;
    if (!topic.answered || topic.resync) return;
    const wait = RESYNC_MS - (this.#parts.clock.nowUs() - topic.askedUs) / 1000;
    topic.resync = this.#parts.clock.after(Math.max(0, wait), () => {
      topic.resync = undefined;
      this.#ask(name, topic);
    });
  }

  /** The mirror has the topic as it is in this server life. `epoch` undefined: it could not be read. */
  answered(name: string, epoch: string | undefined): void {
    const topic = this.#topics.get(name);
    if (!topic) return;
    topic.answered = true;
    topic.epoch = epoch;
    for (const waiter of topic.waiters.splice(0)) waiter.resolve();
  }

  /**
   * The topic that the command `id` asked for is refused and no longer wanted; its name, or undefined when `id` is not ours, or the server
   * only has too much to do and is asked again.
   */
  refused(id: string, error: ClientError): string | undefined {
    for (const [name, topic] of this.#topics) {
      if (topic.id !== id) continue;
      if (error.retryable) {
        this.#askAgain(name, topic, error);
        return undefined;
      }
      this.refuse(name, error);
      return name;
    }
    return undefined;
  }

  /** There is no such topic. */
  refuse(name: string, error: ClientError): void {
    const topic = this.#topics.get(name);
    this.#topics.delete(name);
    topic?.resync?.cancel();
    for (const waiter of topic?.waiters ?? []) waiter.reject(error);
  }

  close(): void {
    for (const topic of this.#topics.values()) {
      topic.resync?.cancel();
      for (const waiter of topic.waiters) waiter.reject(disconnected());
    }
    this.#topics.clear();
  }

  #askAgain(name: string, topic: Topic, { params }: ClientError): void {
    const { retry_after_ms } = params ?? {};
    topic.resync?.cancel();
    topic.resync = this.#parts.clock.after(
      typeof retry_after_ms === 'number' ? retry_after_ms : RESYNC_MS,
      () => {
        topic.resync = undefined;
        this.#ask(name, topic);
      },
    );
  }

  /** One command for each topic: one that is gone must not take the others with it. */
  #ask(name: string, topic: Topic): void {
    topic.id = this.#parts.nextId();
    topic.askedUs = this.#parts.clock.nowUs();
    const revision = this.#parts.revision(name);
    const resume =
      topic.epoch === undefined || revision === undefined
        ? {}
        : { resume: { epoch: topic.epoch, revisions: { [name]: revision } } };
    this.#parts.transmit({ id: topic.id, type: 'subscribe', data: { topics: [name], ...resume } });
  }
}
