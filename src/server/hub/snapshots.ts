import type { Feed } from '../../state/index.js';
import { textFrame, textFrameAround, type Frame } from './frames.js';

interface Cached {
  readonly revision: number;
  readonly json: Buffer;
}

const MAX_CACHED = 64;

/** `subscribed` frames. The JSON of a snapshot is made once per revision and its bytes are shared: 10,000 queue items are 2 MB. [SB2] */
export class Snapshots {
  readonly #feed: Feed;
  readonly #cache = new Map<string, Cached>();

  constructor(feed: Feed) {
    this.#feed = feed;
  }

  /** The topic as it is now; undefined when there is no such topic. */
  subscribed(topic: string, id: string | undefined): Frame | undefined {
    const now = this.#feed.snapshot(topic);
    if (!now) {
      this.#cache.delete(topic);
      return undefined;
    }
    const { json } = this.#json(topic, now);
    const head = {
      type: 'subscribed',
      ...(id === undefined ? {} : { id }),
      topic,
      epoch: this.#feed.epoch,
      revision: now.revision,
      resumed: false,
    };
    const before = `${JSON.stringify(head).slice(0, -1)},"snapshot":`;
    return textFrameAround(before, json, '}');
  }

  /** What a client gets whose deltas were dropped: the topic afresh, or the news that it is gone. */
  resync(topic: string): Frame {
    return this.subscribed(topic, undefined) ?? textFrame(JSON.stringify({ type: 'unsubscribed', topic }));
  }

  /** The topic changed; its snapshot is not worth its memory any more. */
  forget(topic: string): void {
    this.#cache.delete(topic);
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
