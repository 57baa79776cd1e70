import type { Readers } from '../../protocol/index.js';
import type { Feed } from '../../state/index.js';
import { textFrame, textFrameAround, type Frame } from './frames.js';
import type { Rings } from './ring.js';

interface Cached {
  readonly revision: number;
  readonly json: Buffer;
}

/** Where a client was when it left: a topic's revision in a server life. */
export interface Left {
  readonly epoch: string;
  readonly revision: number;
}

/** A topic for somebody who asks: what was missed, or the whole of it. */
export interface TopicAnswer {
  readonly revision: number;
  readonly resumed: boolean;
  /** `events` when resumed, `snapshot` otherwise; shared with others. */
  readonly json: Buffer;
  readonly readers: Readers | undefined;
}

const MAX_CACHED = 64;
/** Missed events of more bytes than this are only told when a snapshot has even more. */
const MUCH = 16 * 1024;

/**
 * `subscribed` frames. The JSON of a snapshot is made once per revision and its bytes are shared: 10,000 queue items are 2 MB. [SB2]
 * Who says where it was gets what it missed, where the rings have it. [SB4]
 */
export class Snapshots {
  readonly #feed: Feed;
  readonly #rings: Rings;
  readonly #cache = new Map<string, Cached>();

  constructor(feed: Feed, rings: Rings) {
    this.#feed = feed;
    this.#rings = rings;
  }

  /** An answer as a frame. */
  subscribed(topic: string, id: string | undefined, answer: TopicAnswer): Frame {
    const { revision, resumed, json } = answer;
    const named = id === undefined ? {} : { id };
    const head = { type: 'subscribed', ...named, topic, epoch: this.#feed.epoch, revision, resumed };
    const before = `${JSON.stringify(head).slice(0, -1)},"${resumed ? 'events' : 'snapshot'}":`;
    return textFrameAround(before, json, '}');
  }

  /** The topic as it is now, undefined when there is no such topic. */
  answer(topic: string, left: Left | undefined): TopicAnswer | undefined {
    const now = this.#feed.snapshot(topic);
    if (!now) {
      this.#cache.delete(topic);
      return undefined;
    }
    const { revision, readers } = now;
    const known = left?.epoch === this.#feed.epoch;
    const missed = known ? this.#rings.since(topic, left.revision, revision) : undefined;
    if (missed && missed.length <= MUCH) return { revision, resumed: true, json: missed, readers };
    const { json } = this.#json(topic, now);
    if (missed && missed.length <= json.length) return { revision, resumed: true, json: missed, readers };
    return { revision, resumed: false, json, readers };
  }

  /** What a client gets whose deltas were dropped: the topic afresh, or the news that it is gone, also when `may` says no. */
  resync(topic: string, may: (readers: Readers | undefined) => boolean): Frame {
    const answer = this.answer(topic, undefined);
    return answer && may(answer.readers) ? this.subscribed(topic, undefined, answer) : unsubscribed(topic);
  }

  /** The topic changed; its snapshot is not worth its memory any more. */
  forget(topic: string): void {
    this.#cache.delete(topic);
  }

  /** Revisions mean nothing any more. */
  clear(): void {
    this.#cache.clear();
  }

  #json(topic: string, now: { readonly revision: number; readonly data: unknown }): Cached {
    const known = this.#cache.get(topic);
    if (known?.revision === now.revision) return known;
    const fresh = { revision: now.revision, json: Buffer.from(JSON.stringify(now.data)) };
    this.#cache.delete(topic);
    this.#cache.set(topic, fresh);
    const oldest = this.#cache.keys().next();
    if (this.#cache.size > MAX_CACHED && oldest.done === false) this.#cache.delete(oldest.value);
    return fresh;
  }
}

/** That a topic is not there any more, or not for this client. */
export function unsubscribed(topic: string): Frame {
  return textFrame(JSON.stringify({ type: 'unsubscribed', topic }));
}
