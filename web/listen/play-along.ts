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
  /** The pieces that begin at this frame or later are not heard; those before it are, to their ends. */
  takeBack(at: number): void;
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
/** Further off than this is jumped over: more where the output's own word is not so good. Seconds. */
const JUMP = 0.012;
const MOST_JUMP = 0.03;
/** Where the music should be has moved by more than this since a piece was laid: it is laid anew, and not only what comes behind it. Seconds. */
const MOVED = 0.002;
/** Readings in what is told of the skew, as many as the output's word asks for: one alone may be 10 ms off. */
const READINGS = 200;
const FEWEST_READINGS = 20;
const TOLD_SECONDS = 0.0005;

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
    const serverUs = this.#serverUs(local / 1000);
    const right = this.#placeOf(wanted, serverUs);
    // What was heard before the room's last word began is no matter of it.
    if (place === undefined || right === undefined || serverUs < wanted.timeline.at_us) return;
    this.#skews.push(((place - right) / this.#tape.rate) * 1000);
    const enough = Math.min(READINGS, (this.#clock.noise / TOLD_SECONDS) ** 2);
    while (this.#skews.length > Math.max(FEWEST_READINGS, enough)) this.#skews.shift();
  }

  /** Takes back what was given when it is not what will be wanted, or when it has run dry; nearly right is laid anew without a break. */
  #correct(wanted: Wanted): void {
    const run = this.#run;
    if (!run) return;
    const { rate } = this.#sound;
    const at = Math.max(this.#soon(), run.begins);
    const ahead = this.#aheadAt(run.placeAt(at), at, wanted);
    const jump = Math.min(MOST_JUMP, JUMP + 4 * this.#clock.noise) * rate;
    if (ahead === undefined || Math.abs(ahead) > jump) {
      this.#cut(at);
      return;
    }
    const piece = run.pieceFrom(at);
    const now = piece && this.#aheadAt(piece.from, piece.at, wanted);
    if (!piece || now === undefined || Math.abs(now - piece.ahead) <= MOVED * rate) return;
    run.takeBack(piece);
    this.#sound.takeBack(piece.at);
  }

  /** How far a place of the tape is too far for a frame of the output; frames of the output. */
  #aheadAt(place: number | undefined, frame: number, wanted: Wanted): number | undefined {
    const right = this.#placeOf(wanted, this.#serverUsAt(frame));
    if (place === undefined || right === undefined) return undefined;
    return ((place - right) * this.#sound.rate) / this.#tape.rate;
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
      const ahead = this.#aheadAt(run.next, run.end, wanted) ?? 0;
      this.#sound.play(run.add(samples.length / 2, ahead), samples, this.#tape.rate);
    }
    this.#feed(run.next);
  }

  #feed(at: number): void {
    this.#tape.feed(at, (itemId) => this.#ear.following(itemId), this.#ear.nowMs() / 1000);
  }
}
