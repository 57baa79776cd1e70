import type { State } from '../state/index.js';
import type { Ask } from './ask.js';
import { missingIn, namesOf } from './standing.js';

/** Who of a room cannot ring, and getting back those that are elsewhere. [AL4] */
export class Absent {
  /** Members that are not connected, as they were told last. */
  playerIds: readonly string[] = [];
  readonly #state: () => State;
  readonly #ask: Ask;
  readonly #roomId: string;

  constructor(parts: { readonly state: () => State; readonly ask: Ask; readonly roomId: string }) {
    this.#state = parts.state;
    this.#ask = parts.ask;
    this.#roomId = parts.roomId;
  }

  /** True when somebody came or went since it was told. */
  look(): boolean {
    const missing = missingIn(this.#state(), this.#roomId);
    if (missing.join() === this.playerIds.join()) return false;
    this.playerIds = missing;
    return true;
  }

  /** For people. */
  get names(): string {
    return namesOf(this.#state(), this.playerIds);
  }

  get isEverybody(): boolean {
    return missingIn(this.#state(), this.#roomId).length === this.#members.length;
  }

  /** Whether anybody is in the room. One whose players are all elsewhere gets those back that are at home in it. */
  async gathered(): Promise<boolean> {
    if (this.#members.length > 0) return true;
    const player_ids = [...this.#state().players.values()]
      .filter(({ kept }) => kept.home_room_id === this.#roomId)
      .map(({ kept }) => kept.player_id);
    if (player_ids.length > 0) await this.#ask('room:group', { room_id: this.#roomId, player_ids });
    return this.#members.length > 0;
  }

  get #members(): readonly string[] {
    return this.#state().rooms.get(this.#roomId)?.kept.player_ids ?? [];
  }
}
