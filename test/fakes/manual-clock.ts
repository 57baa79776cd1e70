import type { Timer, WallClock, WallTurn } from '../../src/base/index.js';

interface Due {
  at: number;
  readonly every: number | undefined;
  readonly run: () => void;
}

/** A clock that moves only when told: `advance(ms)` fires what falls due, in order. */
export class ManualClock implements WallClock {
  #us = 1_000_000;
  #wallMs: number;
  #due = new Set<Due>();
  readonly #followers = new Set<(turn: WallTurn) => void>();
  #trusted = true;

  constructor(wallMs = Date.UTC(2026, 10, 20, 9, 0, 0)) {
    this.#wallMs = wallMs;
  }

  nowUs(): number {
    return this.#us;
  }

  wallMs(): number {
    return this.#wallMs;
  }

  after(ms: number, run: () => void): Timer {
    return this.#add({ at: this.#us + ms * 1000, every: undefined, run });
  }

  every(ms: number, run: () => void): Timer {
    return this.#add({ at: this.#us + ms * 1000, every: ms * 1000, run });
  }

  #add(due: Due): Timer {
    this.#due.add(due);
    return { cancel: () => void this.#due.delete(due) };
  }

  /** Timers still waiting: a leak check. */
  get pending(): number {
    return this.#due.size;
  }

  /** Sets the wall clock alone, as somebody does, or NTP. */
  set(wallMs: number): void {
    this.#wallMs = wallMs;
  }

  trusted(): boolean {
    return this.#trusted;
  }

  onTurn(listener: (turn: WallTurn) => void): () => void {
    this.#followers.add(listener);
    return () => void this.#followers.delete(listener);
  }

  /** From now on an hour of the day may be acted on, or not; and the wall clock leaps by so much. */
  turn(trusted: boolean, by_ms = 0): void {
    this.#trusted = trusted;
    this.#wallMs += by_ms;
    for (const follower of [...this.#followers]) follower({ by_ms, trusted });
  }

  /** Moves time and lets promises settle after each timer. */
  async advance(ms: number): Promise<void> {
    const end = this.#us + ms * 1000;
    for (;;) {
      await settle();
      const next = [...this.#due].filter((due) => due.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#move(next.at);
      if (next.every === undefined) this.#due.delete(next);
      else next.at += next.every;
      next.run();
    }
    this.#move(end);
    await settle();
  }

  #move(us: number): void {
    this.#wallMs += (us - this.#us) / 1000;
    this.#us = us;
  }
}

/** Lets everything that waits on already settled promises run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
