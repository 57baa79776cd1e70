import type { EventType, TopicEvent } from '../../src/protocol/index.js';
import { EVENTS } from '../../src/protocol/index.js';
import type { Feed } from '../../src/state/index.js';

type Draft = {
  [T in EventType]: Pick<Extract<TopicEvent, { type: T }>, 'type' | 'topic' | 'data'>;
}[EventType];

/** A feed moved by hand: topics hold what a test puts there, and events leave as the store would let them. */
export class FakeFeed implements Feed {
  readonly epoch = 'epoch-1';
  readonly #topics = new Map<string, { revision: number; data: unknown }>();
  readonly #listeners = new Set<(events: readonly TopicEvent[]) => void>();

  subscribe(listener: (events: readonly TopicEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  snapshot(topic: string): { readonly revision: number; readonly data: unknown } | undefined {
    return this.#topics.get(topic);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Makes a topic, or replaces it, without an event. */
  put(topic: string, data: unknown, revision = 0): void {
    this.#topics.set(topic, { revision, data });
  }

  remove(topic: string): void {
    this.#topics.delete(topic);
  }

  /** One commit: state events raise the revision of their topic by one each; `snapshot` replaces what the topic is. */
  commit(drafts: readonly Draft[], snapshot?: unknown): void {
    const events = drafts.map((draft) => {
      const topic = this.#topics.get(draft.topic) ?? { revision: 0, data: {} };
      const revision = topic.revision + (EVENTS[draft.type].state ? 1 : 0);
      this.#topics.set(draft.topic, { revision, data: snapshot ?? topic.data });
      return { ...draft, revision };
    });
    for (const listener of this.#listeners) listener(events);
  }
}
