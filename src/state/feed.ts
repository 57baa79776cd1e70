import type { Readers, TopicEvent } from '../protocol/index.js';

/** A topic as it is. Without `readers` everybody has it whom the row of its family lets have it. */
export interface TopicNow {
  readonly revision: number;
  readonly data: unknown;
  readonly readers?: Readers | undefined;
}

/** The change feed: what hub, bus and policies see of the store. */
export interface Feed {
  /** Id of this server life; revisions of another epoch mean nothing. */
  readonly epoch: string;
  /**
   * Called synchronously after each commit with that commit's events in order, and with told-once events (progress, toasts) when they
   * are told. State events have a revision of their own, rising by one per topic; told-once events carry the topic's last revision.
   */
  subscribe(listener: (events: readonly TopicEvent[]) => void): () => void;
  /** What a topic is now; undefined when there is no such topic (also: no such room). Never stale within a turn of the event loop. */
  snapshot(topic: string): TopicNow | undefined;
  /**
   * Only where the topics live in another process: calls `ready` in a turn in which `snapshot(topic)` is the topic as it is now, as soon
   * as there is such a turn. Without it every turn is one. Never rejects: while that process is away, it waits.
   */
  fetch?(topic: string, ready: () => void): void;
  /**
   * Only where events come a way on which they can be lost. `gap`: some were lost, every topic has to be read again. `life`: another
   * server life has begun, `epoch` is a new one and no revision means anything any more.
   */
  onBreak?(listener: (kind: 'gap' | 'life') => void): () => void;
}
