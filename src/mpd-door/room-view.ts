import type { QueueItem } from '../protocol/index.js';

/** What a version of the queue begins with is larger than any that a client knows from an earlier life of the server. */
const VERSION_MASK = 0x3fff_ffff;

/** A queue as MPD clients see it: numbers for items, and at which version each place changed. */
export class RoomView {
  version: number;
  readonly #ids = new Map<string, number>();
  readonly #items = new Map<number, string>();
  #queue: readonly QueueItem[] = [];
  #changed: number[] = [];
  #places: Map<string, number> | undefined;
  /** How long the room played since it is followed. */
  #playedUs = 0;
  #playsSinceUs: number | undefined;

  constructor(
    readonly room_id: string,
    startSeconds: number,
  ) {
    this.version = Math.floor(startSeconds) & VERSION_MASK || 1;
  }

  get queue(): readonly QueueItem[] {
    return this.#queue;
  }

  /** Takes over the queue as it is now; true when it is another one. */
  follow(queue: readonly QueueItem[]): boolean {
    const before = this.#queue;
    if (queue === before) return false;
    const version = this.version + 1;
    let differs = queue.length !== before.length;
    const changed = this.#changed;
    changed.length = queue.length;
    for (const [at, item] of queue.entries()) {
      if (item === before[at]) continue;
      differs = true;
      changed[at] = version;
      if (!this.#ids.has(item.item_id)) this.#name(item.item_id);
    }
    this.#queue = queue;
    this.#places = undefined;
    if (this.#ids.size > queue.length) this.#forget();
    if (differs) this.version = version;
    return differs;
  }

  /** A number made from the id: the same after a restart, unless two items of a queue meet. */
  #name(itemId: string): void {
    let id = hash31(itemId);
    while (this.#items.has(id)) id = id === 0x7fff_ffff ? 1 : id + 1;
    this.#ids.set(itemId, id);
    this.#items.set(id, itemId);
  }

  #forget(): void {
    const here = new Set(this.#queue.map((item) => item.item_id));
    for (const [itemId, id] of this.#ids) {
      if (here.has(itemId)) continue;
      this.#ids.delete(itemId);
      this.#items.delete(id);
    }
  }

  idOf(itemId: string): number {
    return this.#ids.get(itemId) ?? 0;
  }

  /** Where the item with a number stands; undefined when there is none. */
  placeOf(id: number): number | undefined {
    const itemId = this.#items.get(id);
    return itemId === undefined ? undefined : this.placeOfItem(itemId);
  }

  placeOfItem(itemId: string): number | undefined {
    this.#places ??= new Map(this.#queue.map((item, at) => [item.item_id, at]));
    return this.#places.get(itemId);
  }

  /** The places that changed after a version; all of them for a version that is not of this life. */
  *changedSince(version: number): Generator<number> {
    const all = version > this.version;
    for (let at = 0; at < this.#queue.length; at++) if (all || this.#changed[at]! > version) yield at;
  }

  /** Counts the time in which the room plays. */
  plays(playing: boolean, nowUs: number): void {
    if (this.#playsSinceUs !== undefined) this.#playedUs += nowUs - this.#playsSinceUs;
    this.#playsSinceUs = playing ? nowUs : undefined;
  }

  playedSeconds(nowUs: number): number {
    const running = this.#playsSinceUs === undefined ? 0 : nowUs - this.#playsSinceUs;
    return Math.floor((this.#playedUs + running) / 1e6);
  }
}

/** FNV-1a, folded to 1..2^31-1. */
function hash31(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 1 || 1;
}
