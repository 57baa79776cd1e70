import type { Clock } from '../base/index.js';
import type { AlarmRing } from '../protocol/index.js';
import type { RingKept } from './kept.js';

const LONGEST_SNOOZE_MS = 60 * 60_000;

interface Snooze {
  readonly ms: number;
  readonly untilUs: number;
  untilMs: number;
}

/** Since when one alarm rings, how long it may, and until when it sleeps. What is kept goes by the wall clock, all else does not. */
export class RingTimes {
  readonly #clock: Clock;
  readonly #mostMs: number;
  #sinceMs: number;
  /** When it began to ring the last time. */
  #rangMs = 0;
  #endsUs = 0;
  #snooze: Snooze | undefined;

  /** `mostMs`: it rings by itself so long. */
  constructor(clock: Clock, mostMs: number, kept: RingKept | undefined) {
    this.#clock = clock;
    this.#mostMs = mostMs;
    this.#sinceMs = kept?.since_ms ?? clock.wallMs();
    this.ring(kept ? Math.max(0, clock.wallMs() - (kept.rang_ms ?? kept.since_ms)) : 0);
  }

  get kept(): Pick<RingKept, 'since_ms' | 'rang_ms' | 'until_ms' | 'snooze_ms'> {
    return {
      since_ms: this.#sinceMs,
      rang_ms: this.#rangMs,
      ...(this.#snooze && { until_ms: this.#snooze.untilMs, snooze_ms: this.#snooze.ms }),
    };
  }

  get view(): Pick<AlarmRing, 'since' | 'snoozed_until_us'> {
    return {
      since: new Date(this.#sinceMs).toISOString(),
      ...(this.#snooze && { snoozed_until_us: this.#snooze.untilUs }),
    };
  }

  get isOver(): boolean {
    return this.#clock.nowUs() >= this.#endsUs;
  }

  /** From now on, or from so long ago. */
  ring(elapsedMs = 0): void {
    this.#snooze = undefined;
    this.#rangMs = this.#clock.wallMs() - elapsedMs;
    this.#endsUs = this.#clock.nowUs() + (this.#mostMs - elapsedMs) * 1000;
  }

  /** `leftMs`: so much of it is left. */
  snooze(ms: number, leftMs = ms): void {
    const untilUs = this.#clock.nowUs() + leftMs * 1000;
    this.#snooze = { ms, untilUs, untilMs: this.#clock.wallMs() + leftMs };
  }

  /** Goes on with the snooze that was kept, which a clock that was set does not make longer. Gives what is left of it, in ms. */
  snoozeOn({ until_ms = 0, snooze_ms = LONGEST_SNOOZE_MS }: RingKept): number {
    const leftMs = Math.min(snooze_ms, Math.max(0, until_ms - this.#clock.wallMs()));
    this.snooze(snooze_ms, leftMs);
    return leftMs;
  }

  /** The wall clock was set. */
  clockSet(byMs: number): void {
    this.#sinceMs += byMs;
    this.#rangMs += byMs;
    if (this.#snooze) this.#snooze.untilMs += byMs;
  }
}
