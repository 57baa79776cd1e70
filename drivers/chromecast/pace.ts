import { toError, type Clock, type Logger, type Timer } from '../../src/base/index.js';
import type { Cue, Fact } from '../../src/players/index.js';
import { Nudge } from './nudge.js';

const DEFAULT_START_MS = 120;
const DEFAULT_SEEK_MS = 250;
const MAX_LATENCY_MS = 3000;
/** A start that is late by no more is a start; beyond, it is a late joiner and begins further on. */
const LATE_MS = 30;
/** Time to put a paused receiver to another place. */
const POSITION_MS = 200;
const SAME_PLACE_SECONDS = 0.02;
const TRIES = 3;
/** A timeline that moves by more went elsewhere; by less, it was measured better. */
const JUMP_SECONDS = 0.05;
/** A skew of so much is run off by speed where the receiver can; a larger one is jumped. */
const MAX_RATE_SKEW_MS = 500;
const RUN_OFF_MS = 5000;
const MIN_TRIM = 0.02;
const MAX_TRIM = 0.05;
const MIN_LEAD_MS = 500;
const LEAD_MARGIN_MS = 300;
/** Looks come faster while it is not known where a start has landed. */
const FRESH_US = 4_000_000;
const FRESH_LOOK_MS = 400;
const LOOK_MS = 1000;

/** What the pace may do to the player. */
export interface Reins {
  play(): Promise<void>;
  /** Jumps; `hold` = and waits there. */
  seek(positionSeconds: number, hold: boolean): Promise<void>;
  rate(rate: number): Promise<void>;
}

/** Where the player said it was, by a round trip. */
export interface Place {
  readonly ref: string;
  readonly position_seconds: number;
  readonly at_us: number;
  readonly error_us: number;
  readonly canRate: boolean;
}

export interface PaceParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly reins: Reins;
  readonly report: (fact: Fact) => void;
  /** A latency was learnt. */
  readonly learnt: () => void;
  readonly start_ms: number | undefined;
  readonly seek_ms: number | undefined;
}

/**
 * Keeps a player to a cue as well as one can that only says now and then where it is: starts it earlier by the latency learnt from its
 * starts before, reckons its skew, and corrects only what is worth it.
 */
export class Pace {
  #parts: PaceParts;
  #nudge = new Nudge();
  #cue: (Cue & { readonly ref: string }) | undefined;
  #nextCue: (Cue & { readonly ref: string }) | undefined;
  #start_ms: number | undefined;
  #seek_ms: number | undefined;
  /** Another command makes what was planned void. */
  #plan = 0;
  #timer: Timer | undefined;
  #runOff: Timer | undefined;
  #fresh_us = 0;
  /** What the next landing teaches. */
  #lesson: 'start' | 'seek' | undefined;

  constructor(parts: PaceParts) {
    this.#parts = parts;
    this.#start_ms = parts.start_ms;
    this.#seek_ms = parts.seek_ms;
  }

  get latencies(): { readonly start_ms: number | undefined; readonly seek_ms: number | undefined } {
    return { start_ms: this.#start_ms, seek_ms: this.#seek_ms };
  }

  /** So long before must a start be asked for. In steps, so that it is not news after every start. */
  get lead_ms(): number {
    const needed = (this.#start_ms ?? DEFAULT_START_MS) + LEAD_MARGIN_MS;
    return Math.max(MIN_LEAD_MS, Math.ceil(needed / 100) * 100);
  }

  /** How often it wants to know where the player is; undefined = it keeps to nothing. */
  get lookEvery_ms(): number | undefined {
    if (!this.#cue) return undefined;
    return this.#parts.clock.nowUs() - this.#fresh_us < FRESH_US ? FRESH_LOOK_MS : LOOK_MS;
  }

  /** A start is planned that has not begun. */
  get waiting(): boolean {
    return this.#timer !== undefined;
  }

  /**
   * From standing still at `place` (undefined = somewhere) to the cue. Resolves when the start is planned; whoever is late begins where
   * the music is by then.
   */
  async start(ref: string, cue: Cue, place: number | undefined): Promise<void> {
    this.let();
    const { clock, reins } = this.#parts;
    const plan = this.#plan;
    this.#cue = { ...cue, ref };
    const lead_us = (this.#start_ms ?? DEFAULT_START_MS) * 1000;
    let target = cue;
    let standing = place;
    for (let tries = 1; ; tries++) {
      const late_ms = (clock.nowUs() + lead_us - target.at_us) / 1000;
      if (late_ms > LATE_MS && tries < TRIES)
        target = later(cue, clock.nowUs() + lead_us + POSITION_MS * 1000);
      if (standing !== undefined && Math.abs(standing - target.position_seconds) <= SAME_PLACE_SECONDS) break;
      await reins.seek(target.position_seconds, true);
      if (plan !== this.#plan) return;
      standing = target.position_seconds;
    }
    const wait_ms = (target.at_us - lead_us - clock.nowUs()) / 1000;
    this.#disturbed(target.at_us, wait_ms >= -LATE_MS ? 'start' : undefined);
    this.#timer = clock.after(Math.max(0, wait_ms), () => {
      this.#timer = undefined;
      this.#try(reins.play());
    });
  }

  /** Keeps to this cue from now on, while `ref` plays. A jump of the timeline is followed as soon as the skew is sure. */
  follow(ref: string, cue: Cue): void {
    const before = this.#cue;
    this.#cue = { ...cue, ref };
    const now = this.#parts.clock.nowUs();
    const jumped = before?.ref !== ref || Math.abs(placeOn(before, now) - placeOn(cue, now)) > JUMP_SECONDS;
    if (!jumped || this.waiting) return;
    this.#nudge = new Nudge();
    this.#lesson = undefined;
    this.#fresh_us = now;
  }

  /** The same for what comes after what plays. */
  followNext(ref: string, cue: Cue): void {
    this.#nextCue = { ...cue, ref };
  }

  /** On its own again: nothing is planned, nothing is kept to, and nothing trims the speed. */
  let(): void {
    this.#plan += 1;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#cue = this.#nextCue = undefined;
    this.#lesson = undefined;
    if (!this.#runOff) return;
    this.#runOff.cancel();
    this.#runOff = undefined;
    this.#try(this.#parts.reins.rate(1));
  }

  /** The player went on by itself: so does the cue, unless it was told already. */
  advanced(from: string, to: string, fromDuration: number | undefined): void {
    const [cue, told] = [this.#cue, this.#nextCue];
    this.#nextCue = undefined;
    if (told?.ref === to) {
      this.#cue = told;
    } else {
      if (cue?.ref !== from) return;
      if (fromDuration === undefined) return this.let();
      const left = fromDuration - cue.position_seconds;
      this.#cue = { ref: to, position_seconds: 0, at_us: cue.at_us + left * 1e6 };
    }
    this.#disturbed(this.#parts.clock.nowUs(), undefined);
  }

  /** Sound was lost; what comes back is somewhere else. */
  stalled(): void {
    if (this.#cue && !this.waiting) this.#disturbed(this.#parts.clock.nowUs(), undefined);
  }

  observe(place: Place): void {
    const cue = this.#cue;
    if (cue?.ref !== place.ref || this.waiting || place.at_us < cue.at_us) return;
    const skew = (place.position_seconds - placeOn(cue, place.at_us)) * 1000;
    const { skew_ms, error_ms, landed_ms, correct_ms } = this.#nudge.take(skew, place.error_us, place.at_us);
    this.#report(skew_ms, error_ms, place.at_us);
    if (landed_ms !== undefined) this.#learn(landed_ms);
    if (correct_ms !== undefined && !this.#runOff) this.#correct(correct_ms, error_ms, place.canRate);
  }

  /** A speed that nobody asked for, left from a correction that was cut off. */
  straighten(rate: number): void {
    if (rate !== 1 && !this.#runOff) this.#try(this.#parts.reins.rate(1));
  }

  /** Before the link is closed: nothing is left running fast. */
  async release(): Promise<void> {
    if (!this.#runOff) return;
    this.#runOff.cancel();
    this.#runOff = undefined;
    await this.#parts.reins.rate(1);
  }

  close(): void {
    this.#plan += 1;
    this.#timer?.cancel();
    this.#runOff?.cancel();
  }

  #disturbed(at_us: number, lesson: 'start' | 'seek' | undefined): void {
    this.#fresh_us = at_us;
    this.#lesson = lesson;
    this.#nudge.disturbed(at_us);
  }

  /** The first start teaches all, later ones half: one of them may have met a full network. */
  #learn(landed_ms: number): void {
    const lesson = this.#lesson;
    this.#lesson = undefined;
    const learn = (known: number | undefined, assumed: number): number => {
      const value = (known ?? assumed) - landed_ms * (known === undefined ? 1 : 0.5);
      return Math.round(Math.min(Math.max(0, value), MAX_LATENCY_MS));
    };
    if (lesson === 'start') this.#start_ms = learn(this.#start_ms, DEFAULT_START_MS);
    if (lesson === 'seek') this.#seek_ms = learn(this.#seek_ms, DEFAULT_SEEK_MS);
    if (lesson !== undefined) this.#parts.learnt();
  }

  #correct(skew_ms: number, error_ms: number, canRate: boolean): void {
    const cue = this.#cue;
    if (!cue) return;
    const { clock, reins } = this.#parts;
    const now = clock.nowUs();
    const kind = canRate && Math.abs(skew_ms) <= MAX_RATE_SKEW_MS ? 'rate' : 'seek';
    if (kind === 'rate') {
      const trim = Math.min(Math.max(Math.abs(skew_ms) / RUN_OFF_MS, MIN_TRIM), MAX_TRIM);
      const run_ms = Math.abs(skew_ms) / trim;
      this.#nudge.corrected(skew_ms, now + run_ms * 1000);
      this.#try(reins.rate(1 - Math.sign(skew_ms) * trim));
      this.#runOff = clock.after(run_ms, () => {
        this.#runOff = undefined;
        this.#try(reins.rate(1));
      });
    } else {
      this.#nudge.corrected(skew_ms, now);
      this.#fresh_us = now;
      this.#lesson = 'seek';
      const lead_us = (this.#seek_ms ?? DEFAULT_SEEK_MS) * 1000;
      this.#try(reins.seek(later(cue, now + lead_us).position_seconds, false));
    }
    const reason = 'the reported position was too far off';
    const correction = { kind, skew_ms: tenth(skew_ms), reason, at_us: now } as const;
    this.#report(skew_ms, error_ms, now, correction);
  }

  #report(
    skew_ms: number,
    error_ms: number,
    at_us: number,
    correction?: NonNullable<Extract<Fact, { type: 'sync' }>['correction']>,
  ): void {
    this.#parts.report({
      type: 'sync',
      skew_ms: tenth(skew_ms),
      error_ms: tenth(error_ms),
      estimated: true,
      at_us,
      ...(correction && { correction }),
    });
  }

  /** What fails here shows in the next look, and a dead link ends by itself. */
  #try(done: Promise<void>): void {
    done.catch((error: unknown) =>
      this.#parts.log.debug({ reason: toError(error).message }, 'the chromecast would not be paced'),
    );
  }
}

/** The same line of time, at another moment. */
function later(cue: Cue, at_us: number): Cue {
  return { at_us, position_seconds: Math.max(0, placeOn(cue, at_us)) };
}

function placeOn(cue: Cue, at_us: number): number {
  return cue.position_seconds + (at_us - cue.at_us) / 1e6;
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
