import type { Clock } from '../base/index.js';
import type { State } from '../state/index.js';

/** Who is back says within so long how loud it is. */
const SETTLE_US = 5e6;

/**
 * Who is in a room, and whether that has just changed: its knob then stands elsewhere, because it is the mean of who is there, without
 * anybody having turned it.
 */
export class Company {
  readonly #clock: Clock;
  readonly #state: () => State;
  readonly #roomId: string;
  #who: string | undefined;
  #changedUs = -Infinity;

  constructor(clock: Clock, state: () => State, roomId: string) {
    this.#clock = clock;
    this.#state = state;
    this.#roomId = roomId;
  }

  /** Whether somebody came or went within the last seconds; to be asked at each step. */
  hasChanged(): boolean {
    const { rooms, players } = this.#state();
    const ids = rooms.get(this.#roomId)?.kept.player_ids ?? [];
    const who = ids.map((id) => `${id}:${players.get(id)?.live.link ?? 'offline'}`).join();
    const now = this.#clock.nowUs();
    if (this.#who !== undefined && who !== this.#who) this.#changedUs = now;
    this.#who = who;
    return now - this.#changedUs < SETTLE_US;
  }
}
