const CALM_US = 20_000_000;
const TRIES = 3;
const FIRST_PAUSE_US = 5_000_000;
const LONGEST_PAUSE_US = 60_000_000;

/** Keeps a player from being restarted again and again: after three within 20 s it pauses, longer each time, until 20 s went by in calm. */
export class RestartGuard {
  #tries: number[] = [];
  #pause = 0;
  #suspectUntil = -Infinity;

  /** How long another one must wait at this moment. */
  waitUs(nowUs: number): number {
    if (!this.suspicious(nowUs)) this.#pause = 0;
    this.#tries = this.#tries.filter((at) => at > nowUs - CALM_US);
    return Math.max(0, (this.#tries.at(-1) ?? -Infinity) + this.#pause - nowUs);
  }

  /** One was made. Returns how long the next one must wait, 0 while nothing is suspicious. */
  made(nowUs: number): number {
    this.#tries.push(nowUs);
    if (this.#tries.length >= TRIES || this.#pause > 0) {
      this.#pause = Math.min(LONGEST_PAUSE_US, this.#pause === 0 ? FIRST_PAUSE_US : 2 * this.#pause);
      this.#suspectUntil = nowUs + this.#pause + CALM_US;
    }
    return this.#pause;
  }

  /** There were too many, and no calm since. */
  suspicious(nowUs: number): boolean {
    return nowUs < this.#suspectUntil;
  }

  clear(): void {
    this.#tries = [];
    this.#pause = 0;
    this.#suspectUntil = -Infinity;
  }
}
