import type { Media } from '../../src/players/index.js';
import type { Feed, Feeds, Item, Prepared } from './feeds.js';
import type { Playout } from './playout.js';

export interface Loaded {
  readonly media: Media;
  readonly item: Item;
}

/** What comes after the item that plays: decoded before the end of that one is known, and sent right behind it. */
export class Upcoming {
  readonly #feeds: Feeds;
  readonly #playout: Playout;
  #next: Loaded | undefined;
  #warm: Prepared | undefined;
  #feed: Feed | undefined;

  constructor(feeds: Feeds, playout: Playout) {
    this.#feeds = feeds;
    this.#playout = playout;
  }

  get next(): Loaded | undefined {
    return this.#next;
  }

  set next(next: Loaded | undefined) {
    this.detach();
    this.#next = next;
  }

  warm(): void {
    if (this.#next && !this.#feed) this.#warm ??= this.#feeds.prepare(this.#next.item, 0);
  }

  /** It is heard from then on, when the one before it has ended. */
  attach(atUs: number): void {
    if (!this.#next || this.#feed) return;
    this.#feed = this.#feeds.open(this.#next.item, atUs, 0, this.#warm);
    this.#warm = undefined;
    this.#playout.follow(this.#feed);
  }

  /** The one before it has ended: from now on it is what plays. */
  take(): { readonly loaded: Loaded; readonly feed: Feed } | undefined {
    if (!this.#next || !this.#feed) return undefined;
    const taken = { loaded: this.#next, feed: this.#feed };
    this.#next = undefined;
    this.#feed = undefined;
    return taken;
  }

  /** What has been decoded and sent of it is given up. */
  detach(): void {
    this.#feeds.release(this.#warm);
    this.#warm = undefined;
    const feed = this.#feed;
    if (!feed) return;
    this.#feed = undefined;
    this.#playout.follow(undefined);
    this.#feeds.leave(feed);
  }
}
