import type { Clock, Logger } from '../../src/base/index.js';
import { framesOf, usOf, type Codec } from './sound-format.js';
import { Source } from './source.js';

/** Two mappings that differ by no more than a sample are one. */
const SAME_US = usOf(1);
/** Decoded ahead beyond what the clients hold. */
const SPARE_SECONDS = 1;
/** Feeds of one item that are no further apart share what is decoded. */
const NEAR_US = 1e6;
/** What was heard so lately is kept, for a client that is put back a little. */
const HISTORY_FRAMES = framesOf(0.5);
/** A live stream that ran dry begins again with so much in hand. */
const LIVE_LEAD_US = 600_000;

/** What is to be played: the name of the queue item, and where ffmpeg finds it. */
export interface Item {
  readonly ref: string;
  readonly place: string;
  readonly live: boolean;
}

/** An item that is decoded and waits for its start. Shared by all who asked for the same. */
export interface Prepared {
  readonly source: Source;
}

/** One item on the server's clock: sample n is heard at `originUs` + n. Decoded and encoded once, however many clients hear it, and together
 * with feeds of the same item that are about as far. */
export class Feed {
  readonly item: Item;
  readonly source: Source;
  #originUs: number;
  /** Counts the times that a live stream ran dry and its sound was put later. */
  shifts = 0;
  listeners = 0;

  constructor(item: Item, source: Source, originUs: number) {
    this.item = item;
    this.source = source;
    this.#originUs = originUs;
  }

  get originUs(): number {
    return this.#originUs;
  }

  heardUs(frame: number): number {
    return this.#originUs + usOf(frame);
  }

  /** The sample that is heard then; not before the first. */
  frameAt(us: number): number {
    return Math.max(0, Math.round(((us - this.#originUs) * 48) / 1000));
  }

  /** A live stream that could not keep up is put later, because its sound will never come sooner. */
  tick(nowUs: number): void {
    const { source, item } = this;
    if (!item.live || source.end !== undefined || this.heardUs(source.decoded) >= nowUs) return;
    this.#originUs = nowUs + LIVE_LEAD_US - usOf(source.decoded);
    this.shifts++;
  }
}

interface Held {
  readonly item: Item;
  readonly source: Source;
  holders: number;
}

export interface FeedsOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly codec: Codec;
  readonly bufferMs: number;
  readonly program?: string;
}

/** All that is decoded now: what plays, and what is prepared. */
export class Feeds {
  readonly #parts: FeedsOptions;
  readonly #feeds = new Set<Feed>();
  readonly #held = new Set<Held>();

  constructor(parts: FeedsOptions) {
    this.#parts = parts;
  }

  get count(): { readonly feeds: number; readonly prepared: number } {
    return { feeds: this.#feeds.size, prepared: this.#held.size };
  }

  /** Decodes from `frame` on, and waits. Give it back with `release`, or to `open`. */
  prepare(item: Item, frame: number): Prepared {
    const found = [...this.#held].find((held) => same(held.item, item) && covers(held.source, frame));
    const held = found ?? { item, source: this.#source(item, frame), holders: 0 };
    held.holders++;
    this.#held.add(held);
    return held;
  }

  release(prepared: Prepared | undefined): void {
    const held = [...this.#held].find((one) => one === prepared);
    if (!held || --held.holders > 0) return;
    this.#held.delete(held);
    held.source.close();
  }

  /** The feed in which the item's first sample is heard at `originUs`; a new one begins at `frame`. Give it back with `leave`. */
  open(item: Item, originUs: number, frame: number, prepared?: Prepared): Feed {
    const feed =
      this.#running(item, originUs) ?? new Feed(item, this.#take(item, originUs, frame, prepared), originUs);
    this.release(prepared);
    this.#feeds.add(feed);
    feed.listeners++;
    return feed;
  }

  /** The same item with another mapping, from `frame` on, for one of the feed's listeners: those who stay hear nothing of it. */
  move(feed: Feed, originUs: number, frame: number): Feed {
    const moved = this.open(feed.item, originUs, frame);
    this.leave(feed);
    return moved;
  }

  leave(feed: Feed): void {
    if (--feed.listeners > 0) return;
    this.#feeds.delete(feed);
    if (!this.#shared(feed)) feed.source.close();
  }

  /** Leaves the feed, and keeps the item decoded from `frame` on for a later start. */
  keep(feed: Feed, frame: number): Prepared {
    const { item, source } = feed;
    const last = feed.listeners === 1 && !this.#shared(feed);
    if (!last || source.failure !== undefined || !covers(source, frame)) {
      const prepared = this.prepare(item, frame);
      this.leave(feed);
      return prepared;
    }
    feed.listeners = 0;
    this.#feeds.delete(feed);
    source.dropBefore(frame);
    const held = { item, source, holders: 1 };
    this.#held.add(held);
    return held;
  }

  /** Forgets what was heard, and lets as much be decoded as the slowest and the earliest need. */
  tick(nowUs: number, longestLatencyMs: number): void {
    const ahead = this.#ahead() + framesOf(longestLatencyMs / 1000) + HISTORY_FRAMES;
    const spans = new Map<Source, [number, number]>();
    for (const feed of this.#feeds) {
      feed.tick(nowUs);
      const frame = feed.frameAt(nowUs);
      const [from, to] = spans.get(feed.source) ?? [frame, frame];
      spans.set(feed.source, [Math.min(from, frame), Math.max(to, frame)]);
    }
    for (const [source, [from, to]] of spans) {
      source.reach(ahead + to - from);
      source.dropBefore(from - HISTORY_FRAMES);
    }
  }

  close(): void {
    for (const { source } of [...this.#feeds, ...this.#held]) source.close();
    this.#feeds.clear();
    this.#held.clear();
  }

  #running(item: Item, originUs: number): Feed | undefined {
    return [...this.#feeds].find(
      (feed) => same(feed.item, item) && Math.abs(feed.originUs - originUs) <= SAME_US,
    );
  }

  #take(item: Item, originUs: number, frame: number, prepared: Prepared | undefined): Source {
    const held = [...this.#held].find(
      (one) =>
        (one === prepared || same(one.item, item)) &&
        one.source.failure === undefined &&
        covers(one.source, frame),
    );
    if (held) this.#held.delete(held);
    return held?.source ?? this.#near(item, originUs, frame) ?? this.#source(item, frame);
  }

  /** What another feed of this item has decoded, when it is about as far. */
  #near(item: Item, originUs: number, frame: number): Source | undefined {
    return [...this.#feeds].find(
      (feed) =>
        same(feed.item, item) &&
        !item.live &&
        Math.abs(feed.originUs - originUs) <= NEAR_US &&
        feed.source.failure === undefined &&
        covers(feed.source, frame),
    )?.source;
  }

  #shared(feed: Feed): boolean {
    return [...this.#feeds].some((other) => other !== feed && other.source === feed.source);
  }

  #source({ place, live }: Item, frame: number): Source {
    const { codec, log, program } = this.#parts;
    return new Source({
      place,
      firstFrame: frame,
      live,
      codec,
      log,
      aheadFrames: this.#ahead(),
      ...(program !== undefined && { program }),
    });
  }

  #ahead(): number {
    return framesOf(this.#parts.bufferMs / 1000 + SPARE_SECONDS);
  }
}

function same(one: Item, other: Item): boolean {
  return one.ref === other.ref && one.place === other.place;
}

/** It holds this sample, or comes to it within the window that is decoded ahead. */
function covers(source: Source, frame: number): boolean {
  const ahead = framesOf(1);
  return (
    source.floor <= frame &&
    frame <= source.decoded + ahead &&
    (source.end === undefined || frame <= source.end)
  );
}
