import type { Timer } from '../base/index.js';
import { balanced } from './levels-balance.js';
import { RoomFade, type FadeOptions } from './levels-fade.js';
import type { Levels } from './levels.js';
import type { OwnLevels } from './levels-own.js';
import type { RoomParts } from './parts.js';
import type { Turns } from './turns.js';

/** After a pause, players may still be heard for so long. */
const SILENT_MS = 1_500;

/** Rooms that grow louder or quieter by themselves, for an alarm or a sleep timer. One fade in a room: the newest. */
export class Fades {
  readonly #parts: RoomParts;
  readonly #levels: Levels;
  readonly #own: OwnLevels;
  readonly #turns: Turns;
  readonly #newest = new Map<string, RoomFade>();
  readonly #later = new Set<Timer>();

  constructor(parts: RoomParts, levels: Levels, own: OwnLevels, turns: Turns) {
    this.#parts = parts;
    this.#levels = levels;
    this.#own = own;
    this.#turns = turns;
    own.onChosen = (playerId) => {
      for (const fade of this.#newest.values()) fade.chosen(playerId);
    };
  }

  close(): void {
    for (const timer of this.#later) timer.cancel();
  }

  begin(roomId: string, { role, turned = [], onTurned }: FadeOptions = {}): RoomFade {
    const fade: RoomFade = new RoomFade({
      parts: this.#parts,
      levels: this.#levels,
      own: this.#own,
      turns: this.#turns,
      roomId,
      role,
      turned: new Set(turned),
      onTurned,
      isNewest: () => this.#newest.get(roomId) === fade,
      over: () => this.#newest.delete(roomId),
      giveBack: () => this.giveBack(roomId),
    });
    this.#newest.set(roomId, fade);
    return fade;
  }

  /** Older versions kept how loud a room was: its players stand to that as they stand to each other. */
  adopt(roomId: string, volume: number): void {
    const room = this.#parts.store.state.rooms.get(roomId);
    if (!room) return;
    const { player_ids, balance, volume: stands } = room.kept;
    const standings = player_ids.map((player_id) => {
      const { told, wanted } = balance?.[player_id] ?? { told: stands, wanted: stands };
      return { player_id, volume: told, wanted, ceiling: 1 };
    });
    for (const { player_id, ...place } of balanced(standings, volume))
      this.#own.adopt(player_id, { ...place, muted: false });
  }

  /** Gives the players of a room their own volume back once it is silent, unless something fades there by then. */
  giveBack(roomId: string): void {
    const give = (): void => {
      const room = this.#parts.store.state.rooms.get(roomId);
      for (const id of room?.kept.player_ids ?? []) void this.#own.look(id);
    };
    if (this.#parts.store.state.rooms.get(roomId)?.live.state === 'playing') give();
    else this.#after(SILENT_MS, give);
  }

  #after(ms: number, run: () => void): void {
    const timer = this.#parts.clock.after(ms, () => {
      this.#later.delete(timer);
      run();
    });
    this.#later.add(timer);
  }
}
