import type { Clock } from '../../base/index.js';

/** How far back a client may have been away and still be told only what it missed. [SB4] */
export const MAX_CHANGES = 256;
export const MAX_AGE_MS = 120_000;
/** Characters of JSON, of one topic and of all together. */
const MAX_TOPIC_SIZE = 256 * 1024;
const MAX_SIZE = 4 * 1024 * 1024;
/** Of all topics, where every one is kept. */
const MAX_TOPICS = 1_024;
/** Answers kept for others who were away as long: a household of phones comes back in one second. */
const MAX_ANSWERS = 8;

interface Change {
  readonly revision: number;
  readonly atUs: number;
  /** A later change with the same key takes its place. */
  readonly key: string | undefined;
  readonly json: string;
}

interface Ring {
  readonly changes: Change[];
  readonly answers: Map<number, Buffer>;
  size: number;
  /** When somebody last wanted the topic and had it no more; undefined while somebody has it. */
  leftUs: number | undefined;
}

/**
 * The last changes of every topic that somebody has, or had a moment ago: what is missed by who comes back soon. What is here is
 * without a hole: revisions rise by one from the first to the last.
 */
export class Rings {
  readonly #clock: Clock;
  readonly #all: boolean;
  readonly #rings = new Map<string, Ring>();
  #size = 0;

  /** `all`: also topics that nobody had here, for who comes from another process and had them there. [GW3] */
  constructor(clock: Clock, all = false) {
    this.#clock = clock;
    this.#all = all;
  }

  /** Characters kept, of all topics. */
  get size(): number {
    return this.#size;
  }

  /** Somebody has the topic from now on. */
  wanted(topic: string): void {
    const ring = this.#rings.get(topic);
    if (ring) ring.leftUs = undefined;
    else this.#rings.set(topic, { changes: [], answers: new Map(), size: 0, leftUs: undefined });
  }

  /** The last one who had the topic has left, or asked for it without keeping it. */
  left(topic: string): void {
    this.wanted(topic);
    this.#rings.get(topic)!.leftUs = this.#clock.nowUs();
  }

  /** Whether anybody could ask for what was missed of this topic. When not, it is forgotten. */
  keeps(topic: string): boolean {
    const ring = this.#rings.get(topic);
    if (this.#all) {
      if (!ring) this.#begin(topic);
      return true;
    }
    if (!ring) return false;
    if (ring.leftUs === undefined || this.#clock.nowUs() - ring.leftUs <= MAX_AGE_MS * 1000) return true;
    this.#empty(ring);
    this.#rings.delete(topic);
    return false;
  }

  /** A change of a topic, in the turn in which it is told. */
  add(topic: string, revision: number, key: string | undefined, json: string): void {
    const ring = this.#rings.get(topic);
    if (!ring) return;
    const last = ring.changes.at(-1);
    if (last && last.revision + 1 !== revision) this.#empty(ring);
    const atUs = this.#clock.nowUs();
    ring.answers.clear();
    ring.changes.push({ revision, atUs, key, json });
    this.#count(ring, json.length);
    while (
      ring.changes.length > MAX_CHANGES ||
      ring.size > MAX_TOPIC_SIZE ||
      atUs - ring.changes[0]!.atUs > MAX_AGE_MS * 1000
    )
      this.#count(ring, -ring.changes.shift()!.json.length);
    // The topic that changed last is the last to lose what it has.
    this.#rings.delete(topic);
    this.#rings.set(topic, ring);
    for (const other of this.#rings.values()) {
      if (this.#size <= MAX_SIZE) return;
      this.#empty(other);
    }
  }

  /**
   * What who has revision `from` misses to be at `now`, as a JSON list, oldest first; of changes that replace each other only the last.
   * Undefined when this does not reach back far enough.
   */
  since(topic: string, from: number, now: number): Buffer | undefined {
    if (from === now) return Buffer.from('[]');
    const ring = this.#rings.get(topic);
    const { revision: first, atUs } = ring?.changes[0] ?? {};
    if (!ring || first === undefined || atUs === undefined) return undefined;
    if (from < first - 1 || from > now || ring.changes.at(-1)!.revision !== now) return undefined;
    const missed = ring.changes.slice(from + 1 - first);
    if (this.#clock.nowUs() - missed[0]!.atUs > MAX_AGE_MS * 1000) return undefined;
    const known = ring.answers.get(from);
    if (known) return known;
    const answer = Buffer.from(`[${newest(missed).join(',')}]`);
    if (ring.answers.size < MAX_ANSWERS) ring.answers.set(from, answer);
    return answer;
  }

  /** Revisions mean nothing any more, or some were never heard. Who has what is still known. */
  clear(): void {
    for (const ring of this.#rings.values()) this.#empty(ring);
  }

  /** The topic that changed longest ago makes room; who has it is not forgotten for long: with its next change it is here again. */
  #begin(topic: string): void {
    const oldest = this.#rings.entries().next();
    if (this.#rings.size >= MAX_TOPICS && oldest.done === false) {
      this.#empty(oldest.value[1]);
      this.#rings.delete(oldest.value[0]);
    }
    this.left(topic);
  }

  #empty(ring: Ring): void {
    this.#count(ring, -ring.size);
    ring.changes.length = 0;
    ring.answers.clear();
  }

  #count(ring: Ring, size: number): void {
    ring.size += size;
    this.#size += size;
  }
}

/** Of changes with one key only the last, where it came. [BP2] */
function newest(changes: readonly Change[]): string[] {
  const seen = new Set<string>();
  const kept: string[] = [];
  for (let at = changes.length - 1; at >= 0; at--) {
    const { key, json } = changes[at]!;
    if (key !== undefined && seen.has(key)) continue;
    if (key !== undefined) seen.add(key);
    kept.push(json);
  }
  return kept.reverse();
}
