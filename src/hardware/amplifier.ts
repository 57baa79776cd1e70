import type { Clock, Timer } from '../base/index.js';

/** On at once when there is music, off when there has been none for a while: relays and ears dislike more. */
export class Amplifier {
  readonly #clock: Clock;
  readonly #offAfterMs: number;
  readonly #set: (on: boolean) => void;
  #on: boolean | undefined;
  #off: Timer | undefined;

  constructor(clock: Clock, offAfterSeconds: number, set: (on: boolean) => void) {
    this.#clock = clock;
    this.#offAfterMs = offAfterSeconds * 1000;
    this.#set = set;
  }

  /** Nothing is switched at the first word but on: who restarts a server mid-song must not hear a relay. */
  follow(playing: boolean): void {
    if (playing) {
      this.#off?.cancel();
      this.#off = undefined;
      this.#turn(true);
    } else if (this.#on !== false)
      this.#off ??= this.#clock.after(this.#offAfterMs, () => {
        this.#off = undefined;
        this.#turn(false);
      });
  }

  close(): void {
    this.#off?.cancel();
  }

  #turn(on: boolean): void {
    if (on === this.#on) return;
    this.#on = on;
    this.#set(on);
  }
}
