import type { Clock, Timer } from '../base/index.js';
import { EVENTS, type TopicEvent } from '../protocol/index.js';
import type { Feed, TopicNow } from '../state/index.js';
import { readSnapshot } from './asks.js';
import type { HouseLine } from './house-line.js';
import { readEvent, type ToGateways } from './messages.js';

const MAX_CACHED = 64;
const MAX_WAITING = 16_384;
/** Everything afresh for everybody costs much: no more often than this, whatever happens on the bus. */
const GAP_MS = 1_000;
const RETRY_MS = 1_000;

type Break = (kind: 'gap' | 'life') => void;

/**
 * The feed of a house that is another process. Answers and events come one way, in order: a snapshot is the topic as it is from the turn
 * in which it comes to the topic's next event, and nothing needs to be known of what events do to a topic.
 */
export class RemoteFeed implements Feed {
  epoch = '';
  readonly #line: Pick<HouseLine, 'home' | 'askThen' | 'drops'>;
  readonly #clock: Clock;
  readonly #listeners = new Set<(events: readonly TopicEvent[]) => void>();
  readonly #breaks = new Set<Break>();
  /** Topics that nothing has changed since they came. */
  readonly #current = new Map<string, TopicNow>();
  readonly #waiting = new Map<string, (() => void)[]>();
  readonly #asked = new Set<string>();
  #waiters = 0;
  #gapTimer: Timer | undefined;
  #gapDue = false;
  #retry: Timer | undefined;
  #gaps = 0;

  constructor(line: Pick<HouseLine, 'home' | 'askThen' | 'drops'>, clock: Clock) {
    this.#line = line;
    this.#clock = clock;
  }

  /** How often clients were told that something is missing. */
  get gaps(): number {
    return this.#gaps;
  }

  subscribe(listener: (events: readonly TopicEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  snapshot(topic: string): TopicNow | undefined {
    return this.#current.get(topic);
  }

  fetch(topic: string, ready: () => void): void {
    if (this.#line.home && this.#current.has(topic)) return ready();
    if (this.#waiters >= MAX_WAITING) this.#forgetOldest();
    const waiting = this.#waiting.get(topic);
    if (waiting) waiting.push(ready);
    else this.#waiting.set(topic, [ready]);
    this.#waiters++;
    this.#ask(topic);
  }

  onBreak(listener: Break): () => void {
    this.#breaks.add(listener);
    return () => void this.#breaks.delete(listener);
  }

  /** What the house told, in order. */
  told(events: (ToGateways & { kind: 'events' })['events']): void {
    const read = events.flatMap((event) => {
      const known = readEvent(event);
      if (!known) this.#broken(event.topic);
      else if (EVENTS[known.type].state) this.#current.delete(known.topic);
      return known ?? [];
    });
    if (read.length > 0) for (const listener of this.#listeners) listener(read);
  }

  /** The house is there, again or for the first time. */
  home(epoch: string, since: 'first' | 'nothing' | 'gap' | 'life'): void {
    this.epoch = epoch;
    if (since === 'gap') this.gap();
    if (since === 'life') {
      this.#current.clear();
      for (const listener of this.#breaks) listener('life');
    }
    this.#askAll();
  }

  /** Nothing is known to be current any more. */
  away(): void {
    this.#current.clear();
    this.#asked.clear();
  }

  gap(): void {
    this.#current.clear();
    if (this.#gapTimer) {
      this.#gapDue = true;
      return;
    }
    this.#gaps++;
    this.#gapTimer = this.#clock.after(GAP_MS, () => {
      this.#gapTimer = undefined;
      if (!this.#gapDue) return;
      this.#gapDue = false;
      this.gap();
    });
    for (const listener of this.#breaks) listener('gap');
  }

  close(): void {
    this.#gapTimer?.cancel();
    this.#retry?.cancel();
    this.#listeners.clear();
    this.#breaks.clear();
    this.#waiting.clear();
  }

  /** An event that cannot be read is an event that is missing. */
  #broken(topic: string): void {
    this.#line.drops.add('broken');
    this.#current.delete(topic);
    this.gap();
  }

  #ask(topic: string): void {
    if (!this.#line.home || this.#asked.has(topic)) return;
    this.#asked.add(topic);
    this.#line.askThen('topic', { topic }, (outcome) => {
      this.#asked.delete(topic);
      if (!outcome.ok) return this.#askLater();
      const data = outcome.reply === null ? undefined : readSnapshot(topic, outcome.reply.data);
      if (outcome.reply !== null && data === undefined) {
        this.#line.drops.add('broken');
        return this.#askLater();
      }
      if (outcome.reply !== null) this.#keep(topic, { ...outcome.reply, data });
      this.#tell(topic);
    });
  }

  #tell(topic: string): void {
    const waiting = this.#waiting.get(topic) ?? [];
    this.#waiting.delete(topic);
    this.#waiters -= waiting.length;
    for (const ready of waiting) ready();
  }

  #keep(topic: string, snapshot: TopicNow): void {
    this.#current.delete(topic);
    this.#current.set(topic, snapshot);
    const oldest = this.#current.keys().next();
    if (this.#current.size > MAX_CACHED && oldest.done === false) this.#current.delete(oldest.value);
  }

  #askAll(): void {
    for (const topic of this.#waiting.keys()) this.#ask(topic);
  }

  #askLater(): void {
    this.#retry ??= this.#clock.after(RETRY_MS, () => {
      this.#retry = undefined;
      this.#askAll();
    });
  }

  #forgetOldest(): void {
    const oldest = this.#waiting.entries().next();
    if (oldest.done !== false) return;
    const [topic, waiting] = oldest.value;
    this.#waiting.delete(topic);
    this.#waiters -= waiting.length;
  }
}
