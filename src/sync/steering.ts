/** A place of the music at a moment of the clock; it moves on at rate 1, and did so before. */
export interface Moment {
  readonly position_seconds: number;
  readonly at_us: number;
}

/** What the player said is heard at the middle of a round trip. */
export interface Heard extends Moment {
  readonly rtt_us: number;
}

export interface SteeringOptions {
  /** How long a change of speed takes to be heard: all that is buffered behind the place where it takes effect. */
  readonly buffered_seconds: number;
  /** Of this output's clock, as learnt before. */
  readonly drift_ppm?: number;
  /** Whether this output says where it is in steps of some ms, as learnt before. */
  readonly coarse?: boolean;
}

/** What to do after a look. */
export type Steer =
  /** Nothing was learnt: ask again. */
  | { readonly kind: 'look-again' }
  | { readonly kind: 'speed'; readonly speed: number }
  /** Too far off for a speed that nobody hears. */
  | { readonly kind: 'rejoin' };

interface Kept {
  readonly at: number;
  /** Where it was by itself: the position less the time, and less what our speeds have done. It moves only with the output's drift. */
  readonly place: number;
}

const LIMIT = 0.005;
const REJOIN_SECONDS = 0.02;
/** A jump of the position by itself; nothing that steering does. */
const JUMP_SECONDS = 0.005;
const GOOD_ROUND_TRIP_US = 3000;
/** On a machine so busy that there are none of those for ten looks, a worse one is better than none. */
const BAD_ROUND_TRIP_US = 20_000;
const PATIENCE = 10;
const FINE_SECONDS = 0.5;
const COARSE_SECONDS = 2;
/** A pointer that moves in steps spreads what is read by the size of a step. */
const COARSE_SPREAD = 0.0012;
const FINE_SPREAD = 0.0007;
const SPREAD_COUNT = 12;
/** Looks at a coarse pointer until the foremost of them is worth something. */
const CARRY_COUNT = 24;
/** What the foremost of some looks says moves by itself by tenths of a ms. */
const COARSE_GAIN = 0.5;
/** Crystals are within 100e-6; a sound server's stand-in for a card was measured 250e-6 off. */
const MAX_DRIFT = 1000e-6;
/** The drift is read from what is left when all else has settled: so little, for so long. */
const SETTLED_SECONDS = 0.00025;
const SETTLED_FOR = 1;
/** More than that, when it stands still for longer: a large drift that nobody has learnt yet leaves more, and always the same. */
const STUCK_FOR = 3;
const USUAL_SECONDS = 1;
/** From so far off on it turns twice as hard. */
const FAR_SECONDS = 0.001;
/** A drift nobody has learnt yet is found faster in the first seconds. */
const EAGER_SECONDS = 8;
const EAGER = 4;

/**
 * Keeps a player on a cue by tiny changes of its speed: proportional and integral, with a Smith predictor for the buffers between a change
 * and the ear. It reckons in seconds and is told the time.
 *
 * A player such as mpv takes all that is buffered to be played at the speed of now; what is heard differs from what it says by what the
 * speeds of the last `buffered_seconds` were different. Both are accounted for here.
 */
export class Steering {
  readonly #buffered: number;
  readonly #gain: number;
  readonly #integralGain: number;
  /** The speed, less 1, that keeps pace with the clock: the opposite of the drift. */
  #pace: number;
  #learnt: boolean;
  #now = 0;
  #settled = 0;
  #stuck = 0;
  /** What was left of late. */
  #usual = 0;
  #watched = 0;
  #off: number;
  /** What `#off` was before the first change in `#path`. */
  #first: number;
  /** The integral of `#off`, at the times of its changes; the last one is the present. */
  #path: { at: number; sum: number; off: number }[] = [];
  #kept: Kept[] = [];
  /** Places in the next item, until they are enough to carry the cue over. */
  #next: Kept[] = [];
  #coarse: boolean;
  /** Its pointer is known to be fine: a first look can be believed. */
  #fine: boolean;
  #strikes = 0;
  #starved = 0;
  #skew: number | undefined;
  #error = 0;

  constructor({ buffered_seconds, drift_ppm, coarse }: SteeringOptions) {
    this.#buffered = buffered_seconds;
    this.#gain = Math.min(1.6, 0.5 / buffered_seconds);
    this.#integralGain = 0.15 * Math.min(1, 0.3 / buffered_seconds) ** 2;
    this.#learnt = drift_ppm !== undefined;
    this.#coarse = coarse === true;
    this.#fine = coarse === false;
    this.#pace = -clamp((drift_ppm ?? 0) * 1e-6, MAX_DRIFT);
    this.#off = this.#first = this.#pace;
  }

  /** The speed to play at now. */
  get speed(): number {
    return 1 + this.#off;
  }

  /** How far ahead of the cue it was heard at the last look, ms; undefined when nothing good was seen since the last `restart`. */
  get skew_ms(): number | undefined {
    return this.#skew === undefined ? undefined : this.#skew * 1e3;
  }

  /** `skew_ms` is wrong by no more than about this. */
  get error_ms(): number {
    return this.#error * 1e3;
  }

  /** How much faster than the clock the output plays. */
  get drift_ppm(): number {
    return -this.#pace * 1e6;
  }

  /** Whether it says where it is in steps. */
  get coarse(): boolean {
    return this.#coarse;
  }

  /** Whether the drift is more than a first guess. */
  get learnt(): boolean {
    return this.#learnt;
  }

  /** Its buffers were emptied and filled anew at the present speed: what was seen before proves nothing. */
  restart(): void {
    this.#path = [];
    this.#kept = [];
    this.#next = [];
    this.#strikes = 0;
    this.#settled = 0;
    this.#stuck = 0;
    this.#usual = 0;
    this.#skew = undefined;
    this.#off = this.#first = this.#pace;
  }

  /**
   * The player went on to another item without a break: the cue of the new one, so that nothing changes. `heard` are places in the new item.
   * Undefined while there is not enough to tell it by.
   */
  carry(heard: readonly Heard[], cue: Moment): Moment | undefined {
    this.#next.push(...this.#places(heard));
    const last = this.#next.at(-1);
    const enough = this.#coarse ? CARRY_COUNT : 1;
    if (!last || this.#kept.length === 0 || this.#next.length < enough) return undefined;
    const places = this.#next.map((kept) => kept.place - this.#pace * (last.at - kept.at));
    const moved = (this.#coarse ? foremost(places) : median(places)) - this.#placeAt(last.at);
    const before = this.#kept.map(({ at, place }) => ({ at, place: place + moved }));
    this.#kept = [...before, ...this.#next];
    this.#next = [];
    return { position_seconds: cue.position_seconds + moved, at_us: cue.at_us };
  }

  /** Three quick looks, ten times a second. */
  take(heard: readonly Heard[], cue: Moment, nowUs: number): Steer {
    const good = heard.some(({ rtt_us }) => rtt_us <= GOOD_ROUND_TRIP_US);
    this.#starved = good ? 0 : this.#starved + 1;
    const fresh = this.#places(heard);
    if (fresh.length === 0) return { kind: 'look-again' };
    const now = nowUs / 1e6;
    const step = clamp(now - this.#now, 0.3);
    this.#now = now;
    const jumped = this.#kept.length > 0 && this.#jumped(fresh);
    if (jumped) this.#kept = [];
    this.#keep(fresh, now);
    const origin = cue.position_seconds - cue.at_us / 1e6;
    const place = this.#placeAt(now);
    const ahead = place - origin + this.#sumAt(now - this.#buffered);
    this.#skew = ahead;
    this.#error = this.#doubt(heard);
    if (Math.abs(ahead) > REJOIN_SECONDS) {
      this.#strikes++;
      return this.#strikes > 1 ? { kind: 'rejoin' } : { kind: 'look-again' };
    }
    this.#strikes = 0;
    if (!this.#fine && this.#kept.length < SPREAD_COUNT) return { kind: 'look-again' };
    this.#steer(place - origin + this.#sumAt(now) - this.#pace * this.#buffered, step);
    return { kind: 'speed', speed: this.speed };
  }

  /** `due`: how far ahead it will be once all that is buffered has been heard. */
  #steer(due: number, step: number): void {
    const harder = 1 + Math.min(1, Math.abs(due) / FAR_SECONDS);
    const softer = this.#coarse ? COARSE_GAIN : 1;
    const wanted = this.#pace - this.#gain * harder * softer * due;
    this.#setOff(clamp(wanted, LIMIT));
    this.#settled = Math.abs(due) > SETTLED_SECONDS ? 0 : this.#settled + step;
    this.#stuck = Math.abs(due - this.#usual) > SETTLED_SECONDS ? 0 : this.#stuck + step;
    this.#usual += (due - this.#usual) * Math.min(1, step / USUAL_SECONDS);
    if (this.#settled < SETTLED_FOR && this.#stuck < STUCK_FOR) return;
    this.#watched += step;
    const eager = !this.#learnt && this.#watched < EAGER_SECONDS ? EAGER : 1;
    this.#pace = clamp(this.#pace - this.#integralGain * eager * softer ** 2 * due * step, MAX_DRIFT);
    if (this.#watched >= EAGER_SECONDS) this.#learnt = true;
  }

  #setOff(off: number): void {
    const now = this.#now;
    this.#path.push({ at: now, sum: this.#sumAt(now), off });
    this.#off = off;
    const first = this.#path.findIndex(({ at }) => at > now - COARSE_SECONDS - this.#buffered);
    if (first > 1) this.#path.splice(0, first - 1);
  }

  /** The integral of the speeds less 1 up to a moment; before the first change it was always the same. */
  #sumAt(at: number): number {
    const last = this.#path.findLast((point) => point.at <= at) ?? this.#path[0];
    if (!last) return this.#off * at;
    const off = last.at <= at ? last.off : this.#first;
    return last.sum + off * (at - last.at);
  }

  #offAt(at: number): number {
    if (this.#path.length === 0) return this.#off;
    return this.#path.findLast((point) => point.at <= at)?.off ?? this.#first;
  }

  #places(heard: readonly Heard[]): Kept[] {
    const limit = this.#starved < PATIENCE ? GOOD_ROUND_TRIP_US : BAD_ROUND_TRIP_US;
    return heard
      .filter(({ rtt_us }) => rtt_us <= limit)
      .map(({ position_seconds, at_us }) => {
        const at = at_us / 1e6;
        return { at, place: position_seconds - at + this.#buffered * this.#offAt(at) - this.#sumAt(at) };
      });
  }

  #jumped(fresh: readonly Kept[]): boolean {
    const room = this.#coarse ? 3 * JUMP_SECONDS : JUMP_SECONDS;
    return Math.abs(median(fresh.map(({ at, place }) => place - this.#placeAt(at)))) > room;
  }

  #keep(fresh: readonly Kept[], now: number): void {
    this.#kept.push(...fresh);
    this.#kept = this.#kept.filter(({ at }) => at > now - COARSE_SECONDS);
    const places = this.#projected(now).sort((a, b) => a - b);
    if (places.length < SPREAD_COUNT) return;
    const spread = quantile(places, 0.9) - quantile(places, 0.1);
    this.#coarse = spread > (this.#coarse ? FINE_SPREAD : COARSE_SPREAD);
    this.#fine = !this.#coarse;
  }

  #projected(at: number): number[] {
    return this.#kept.map((kept) => kept.place - this.#pace * (at - kept.at));
  }

  /** A pointer in steps is right just after a step, and behind otherwise: then the foremost counts. */
  #placeAt(at: number): number {
    if (this.#coarse) return foremost(this.#projected(at));
    const recent = this.#kept.filter((kept) => kept.at > at - FINE_SECONDS);
    const kept = recent.length > 0 ? recent : this.#kept.slice(-3);
    return median(kept.map((one) => one.place - this.#pace * (at - one.at)));
  }

  #doubt(heard: readonly Heard[]): number {
    const quickest = Math.min(...heard.map(({ rtt_us }) => rtt_us)) / 2e6;
    const places = this.#projected(this.#now);
    const spread = quantile(places, 0.9) - quantile(places, 0.1);
    return quickest + (this.#coarse ? (4 * spread) / Math.max(4, places.length) : spread / 2);
  }
}

function clamp(value: number, limit: number): number {
  return Math.min(limit, Math.max(-limit, value));
}

/** Where looks of random lag begin: a little before the foremost of them. */
function foremost(places: readonly number[]): number {
  const spread = quantile(places, 0.9) - quantile(places, 0.1);
  return quantile(places, 0.97) + (2 * spread) / places.length;
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const [low, high] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0];
  return low + (high - low) * (at - Math.floor(at));
}
