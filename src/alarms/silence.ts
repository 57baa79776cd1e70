import type { Clock } from '../base/index.js';

/** While nothing is heard it is tried again so often. */
const AGAIN_US = 10e6;
const LONGEST_TALK_US = 30e6;

/** How long nothing has been heard of an alarm, and what was done about it. */
export class Silence {
  readonly #clock: Clock;
  readonly #longUs: number;
  #sinceUs: number;
  #triedUs = 0;
  /** Something else is heard since then. */
  #talkUs: number | undefined;

  /** `longSeconds`: so much is long. */
  constructor(clock: Clock, longSeconds: number) {
    this.#clock = clock;
    this.#longUs = longSeconds * 1e6;
    this.#sinceUs = clock.nowUs();
  }

  get #us(): number {
    return this.#clock.nowUs() - this.#sinceUs;
  }

  get isLong(): boolean {
    return this.#us >= this.#longUs;
  }

  /** Shorter than an announcement may be. */
  get isShort(): boolean {
    return this.#us < LONGEST_TALK_US;
  }

  get wasJustTried(): boolean {
    return this.#clock.nowUs() - this.#triedUs < AGAIN_US;
  }

  heard(): void {
    this.#sinceUs = this.#clock.nowUs();
  }

  tried(): void {
    this.#triedUs = this.#clock.nowUs();
  }

  /** An announcement is no silence, as long as one may be: then false. */
  talked(): boolean {
    this.#talkUs ??= this.#clock.nowUs();
    if (this.#clock.nowUs() - this.#talkUs >= LONGEST_TALK_US) return false;
    this.heard();
    return true;
  }

  talkIsOver(): void {
    this.#talkUs = undefined;
  }
}
