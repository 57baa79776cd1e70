import type { Timeline } from '../../src/protocol/room.js';
import { OutputClock } from './output-clock.js';
import { Run, type Piece } from './run.js';
import type { Tape } from './tape.js';

/** The browser's sound output. Frames and seconds are of its own clock. */
export interface Sound {
  readonly rate: number;
  /** The next frame that can still be given. */
  readonly frame: number;
  /** What was due at `context` seconds was heard at `local` milliseconds of the page's clock. */
  heard(): { readonly context: number; readonly local: number } | undefined;
  begin(at: number): void;
  play(piece: Piece, samples: Int16Array, rate: number): void;
  /** Nothing that was given is heard after this frame. */
  cut(at: number): void;
}

export interface Wanted {
  readonly item_id: string;
  readonly timeline: Timeline;
}

/** The room as it is known here. */
export interface Ear {
  /** Undefined while nothing plays. */
  wanted(): Wanted | undefined;
  following(itemId: string): string | undefined;
  /** The server's clock minus the page's, microseconds. */
  offsetUs(): number;
  /** It is heard so much later than the browser believes. */
  trimMs(): number;
  nowMs(): number;
}

export type Playing = 'waiting' | 'silent' | 'playing';

const PIECE_SECONDS = 0.25;
/** Given so far ahead that a page in the background, which wakes once a second, is not late. Seconds. */
const HORIZON = 2.5;
/** What is decided now is heard from then on. Seconds. */
const LEAD = 0.08;
/** Further off than this is jumped over. Seconds. */
const JUMP = 0.03;
/** Readings in what is told of the skew: one alone may be 10 ms off. */
const READINGS = 200;
const FEWEST_READINGS = 20;

/** Plays the music of a room at the moments its timeline says, and goes wherever that goes. `tick()` twenty times a second. */
export class PlayAlong {
  readonly #clock = new OutputClock();
  readonly #sound: Sound;
  readonly #tape: Tape;
  readonly #ear: Ear;
  #run: Run | undefined;
  #offsetUs = Number.NaN;
  #skews: number[] = [];

  constructor(sound: Sound, tape: Tape, ear: Ear) {
    this.#sound = sound;
    this.#tape = tape;
    this.#ear = ear;
  }

  /** Milliseconds ahead of the room, by what the browser says it has output; undefined before that is known. */
  get skewMs(): number | undefined {
    if (this.#skews.length < FEWEST_READINGS) return undefined;
    return this.#skews.reduce((sum, skew) => sum + skew, 0) / this.#skews.length;
  }

  tick(): Playing {
    this.#offsetUs = this.#ear.offsetUs();
    const heard = this.#sound.heard();
    if (heard) this.#clock.add(heard.context, heard.local / 1000);
    if (!this.#clock.ready || Number.isNaN(this.#offsetUs)) return 'waiting';
    const wanted = this.#ear.wanted();
    if (!wanted) {
      this.#cut(this.#soon());
      this.#tape.clear();
      return 'silent';
    }
    if (heard) this.#measure(wanted, heard);
    this.#correct(wanted);
    if (!this.#run) this.#begin(wanted);
    this.#extend(wanted);
    return this.#run ? 'playing' : 'waiting';
  }

  close(): void {
    this.#cut(this.#soon());
    this.#tape.clear();
  }

  #soon(): number {
    return Math.ceil(this.#sound.frame + LEAD * this.#sound.rate);
  }

  /** Where in its item the music is to be when a frame of the output is heard; seconds. */
  #secondsAt({ timeline }: Wanted, serverUs: number): number {
    const { position_seconds, at_us, rate } = timeline;
    return position_seconds + (rate * Math.max(0, serverUs - at_us)) / 1e6;
  }

  #serverUs(localSeconds: number): number {
    return localSeconds * 1e6 + this.#offsetUs + this.#ear.trimMs() * 1000;
  }

  #serverUsAt(frame: number): number {
    return this.#serverUs(this.#clock.localAt(frame / this.#sound.rate));
  }

  /** The frame of the tape that is to be heard at a moment of the server's clock; undefined when its item is not on the tape. */
  #placeOf(wanted: Wanted, serverUs: number): number | undefined {
    const frames = this.#secondsAt(wanted, serverUs) * this.#tape.rate;
    const start = this.#tape.startOf(wanted.item_id, (this.#run?.next ?? 0) - frames);
    return start === undefined ? undefined : start + frames;
  }

  /** By the browser's own report, not by the line through all of them. */
  #measure(wanted: Wanted, { context, local }: { context: number; local: number }): void {
    const place = this.#run?.placeAt(context * this.#sound.rate);
    const right = this.#placeOf(wanted, this.#serverUs(local / 1000));
    if (place === undefined || right === undefined) return;
    this.#skews.push(((place - right) / this.#tape.rate) * 1000);
    if (this.#skews.length > READINGS) this.#skews.shift();
  }

  /** Takes back what was given when it is not what will be wanted, or when it has run dry. */
  #correct(wanted: Wanted): void {
    if (!this.#run) return;
    const at = Math.max(this.#soon(), this.#run.begins);
    const place = this.#run.placeAt(at);
    const right = this.#placeOf(wanted, this.#serverUsAt(at));
    const fits =
      place !== undefined && right !== undefined && Math.abs(place - right) <= JUMP * this.#tape.rate;
    if (!fits) this.#cut(at);
  }

  #cut(at: number): void {
    if (this.#run) this.#sound.cut(Math.max(at, this.#run.begins));
    this.#run = undefined;
    this.#skews = [];
  }

  #begin(wanted: Wanted): void {
    const { rate } = this.#sound;
    const { timeline } = wanted;
    const localOfStart = (timeline.at_us - this.#offsetUs - this.#ear.trimMs() * 1000) / 1e6;
    const at = Math.max(this.#soon(), Math.ceil(this.#clock.contextAt(localOfStart) * rate));
    const seconds = this.#secondsAt(wanted, this.#serverUsAt(at));
    this.#tape.cue(wanted.item_id, Math.round(seconds * this.#tape.rate), this.#ear.nowMs() / 1000);
    const place = this.#placeOf(wanted, this.#serverUsAt(at));
    if (place === undefined || at > this.#sound.frame + HORIZON * rate) return;
    const from = Math.round(place);
    if (!this.#tape.read(from, Math.round(PIECE_SECONDS * this.#tape.rate))) {
      this.#feed(from);
      return;
    }
    this.#run = new Run({ music: this.#tape.rate, output: rate }, at, from);
    this.#sound.begin(at);
  }

  #extend(wanted: Wanted): void {
    const run = this.#run;
    if (!run) return;
    const { rate } = this.#sound;
    const frames = Math.round(PIECE_SECONDS * this.#tape.rate);
    while (run.end < this.#sound.frame + HORIZON * rate) {
      const samples = this.#tape.read(run.next, frames);
      if (!samples) break;
      const right = this.#placeOf(wanted, this.#serverUsAt(run.end)) ?? run.next;
      const ahead = ((run.next - right) * rate) / this.#tape.rate;
      this.#sound.play(run.add(samples.length / 2, ahead), samples, this.#tape.rate);
    }
    this.#feed(run.next);
  }

  #feed(at: number): void {
    this.#tape.feed(at, (itemId) => this.#ear.following(itemId), this.#ear.nowMs() / 1000);
  }
}
