import type { Frame } from './frames.js';
import type { WaitingRule } from './waiting-rule.js';

/** An event as bytes, the same object for every client it goes to. */
export interface OutgoingEvent {
  /** The one frame, in a list that is shared too. */
  readonly frames: readonly [Frame];
  readonly topic: string;
  readonly rule: WaitingRule;
}

export const MAX_ONCE = 32;
export const MAX_DELTAS = 32;
/** Bytes of events; more than this waiting means that the deltas among them are given up for a snapshot. */
export const MAX_EVENT_BYTES = 256 * 1024;
/** The same while a client does not read: what waits then waits for long. */
export const MAX_UNREAD_BYTES = 64 * 1024;
/** Replies and snapshots are never dropped; a client that lets this much wait is closed. */
export const MAX_REPLIES = 1024;
export const MAX_REPLY_BYTES = 16 * 1024 * 1024;

const REPLY = { kind: 'reply' } as const;

interface Entry {
  readonly frames: readonly [Frame];
  readonly topic: string;
  readonly rule: WaitingRule | typeof REPLY;
}

/**
 * What one client has yet to be sent, in order. Bounded: newest state per key, the last 32 told-once events, deltas until they cost
 * more than a fresh snapshot would. Replies always stay. [BP2] [BP3]
 * Nearly always one event waits for the end of the tick: it has a place of its own, which costs a client no allocation.
 */
export class Outbox {
  #only: OutgoingEvent | undefined;
  /** Something may be in the lists below. Looking into those of a thousand clients costs more than their event does. */
  #listed = false;
  readonly #entries = new Map<string | number, Entry>();
  readonly #resync = new Set<string>();
  readonly #maxOnce: number;
  #serial = 0;
  #given = 0;
  #once = 0;
  #deltas = 0;
  #replies = 0;
  #eventBytes = 0;
  #replyBytes = 0;

  /** `maxOnce`: told-once events that may wait. */
  constructor(maxOnce = MAX_ONCE) {
    this.#maxOnce = maxOnce;
  }

  /** Events that were given up since the start: told-once ones for newer ones, deltas for a snapshot. */
  get dropped(): number {
    return this.#given;
  }

  get empty(): boolean {
    return this.messages === 0;
  }

  get messages(): number {
    if (this.#only) return 1;
    return this.#listed ? this.#entries.size + this.#resync.size : 0;
  }

  /** Those of them that are no answers. */
  get updates(): number {
    return this.messages - this.#replies;
  }

  get bytes(): number {
    return (this.#only?.frames[0].size ?? 0) + this.#eventBytes + this.#replyBytes;
  }

  /** More replies wait than any honest client leaves unread. */
  get overfull(): boolean {
    return this.#replies > MAX_REPLIES || this.#replyBytes > MAX_REPLY_BYTES;
  }

  reply(frame: Frame): void {
    this.#spill();
    this.#add(this.#serial++, { frames: [frame], topic: '', rule: REPLY });
  }

  event(event: OutgoingEvent): void {
    if (this.empty) {
      this.#only = event;
      return;
    }
    this.#spill();
    this.#enter(event);
  }

  /** A snapshot of the topic is on its way, so what waits of its state is of no use. */
  superseded(topic: string): void {
    this.#spill();
    this.#resync.delete(topic);
    for (const [key, { topic: about, rule }] of this.#entries)
      if (about === topic && (rule.kind === 'latest' || rule.kind === 'delta')) this.#drop(key);
  }

  /** The topic has to come afresh: nothing of its state is sent before a snapshot is. */
  restart(topic: string): void {
    this.superseded(topic);
    this.#listed = true;
    this.#resync.add(topic);
  }

  /** The client does not read: what waits for it is kept small. The newest of the told-once events stay, of the deltas all or none. */
  unread(): void {
    if (this.#eventBytes <= MAX_UNREAD_BYTES) return;
    if (this.#deltas > 0) this.#giveUpDeltas();
    while (this.#once > 0 && this.#eventBytes > MAX_UNREAD_BYTES) this.#dropOldestOnce();
  }

  /** A snapshot of this topic is waited for. */
  restarts(topic: string): boolean {
    return this.#resync.has(topic);
  }

  /**
   * Everything that waits, in order, with a snapshot for each topic whose deltas were given up. What has no snapshot yet goes on waiting
   * for it; else the outbox is empty afterwards.
   */
  take(snapshot: (topic: string) => Frame | undefined): readonly Frame[] {
    const only = this.#only;
    this.#only = undefined;
    if (only) return only.frames;
    const frames: Frame[] = [];
    for (const entry of this.#entries.values()) frames.push(entry.frames[0]);
    this.#entries.clear();
    for (const topic of [...this.#resync]) {
      const frame = snapshot(topic);
      if (!frame) continue;
      frames.push(frame);
      this.#resync.delete(topic);
    }
    this.#listed = this.#resync.size > 0;
    this.#once = this.#deltas = this.#replies = this.#eventBytes = this.#replyBytes = 0;
    return frames;
  }

  /** From its own place to the others. */
  #spill(): void {
    const only = this.#only;
    this.#only = undefined;
    if (only) this.#enter(only);
  }

  #enter(event: OutgoingEvent): void {
    const { rule } = event;
    if (rule.kind === 'once') {
      this.#add(this.#serial++, event);
      if (this.#once > this.#maxOnce) this.#dropOldestOnce();
      return;
    }
    if (this.#resync.has(event.topic)) return;
    if (rule.kind === 'latest') {
      this.#drop(rule.key);
      this.#add(rule.key, event);
    } else {
      this.#add(this.#serial++, event);
    }
    if (this.#deltas > 0 && (this.#deltas > MAX_DELTAS || this.#eventBytes > MAX_EVENT_BYTES))
      this.#giveUpDeltas();
  }

  #add(key: string | number, entry: Entry): void {
    this.#listed = true;
    this.#entries.set(key, entry);
    this.#count(entry, 1);
  }

  #drop(key: string | number): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#count(entry, -1);
  }

  #count({ rule, frames: [frame] }: Entry, sign: 1 | -1): void {
    if (rule.kind === 'reply') {
      this.#replies += sign;
      this.#replyBytes += sign * frame.size;
      return;
    }
    this.#eventBytes += sign * frame.size;
    if (rule.kind === 'once') this.#once += sign;
    if (rule.kind === 'delta') this.#deltas += sign;
  }

  #dropOldestOnce(): void {
    for (const [key, entry] of this.#entries)
      if (entry.rule.kind === 'once') {
        this.#drop(key);
        this.#given += 1;
        return;
      }
  }

  #giveUpDeltas(): void {
    this.#given += this.#deltas;
    const topics = new Set<string>();
    for (const entry of this.#entries.values()) if (entry.rule.kind === 'delta') topics.add(entry.topic);
    for (const topic of topics) this.restart(topic);
  }
}
