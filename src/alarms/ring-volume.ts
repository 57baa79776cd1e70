import type { Clock } from '../base/index.js';
import type { Role } from '../protocol/index.js';
import { levelAt, type Fades, type RoomFade, type Way } from './fade.js';

export interface RingVolumeParts {
  readonly clock: Clock;
  readonly fades: Fades;
  readonly roomId: string;
  readonly role: Role;
  readonly way: Way;
  /** Players that somebody has turned, from before a restart. */
  readonly turned: readonly string[];
  onTurned(this: void): void;
}

/** Steps that nobody hears are not told. */
const FINEST = 0.004;

/**
 * How loud a room is while an alarm rings in it: from quiet to what was chosen, and afterwards as before. Whoever turns a player meanwhile
 * has the last word about it.
 */
export class RingVolume {
  readonly #parts: RingVolumeParts;
  #room: RoomFade;
  #begunUs: number | undefined;
  #level: number;

  constructor(parts: RingVolumeParts) {
    this.#parts = parts;
    this.#level = parts.way.from;
    this.#room = this.#begun(parts.turned);
  }

  get turned(): readonly string[] {
    return this.#room.turned;
  }

  /** Before the music begins: not muted, and as quiet as the fade begins. */
  async prepare(): Promise<void> {
    this.#begunUs = undefined;
    this.#level = levelAt(this.#parts.way, 0);
    await this.#room.raise(this.#level);
  }

  /** Once a second while it is heard. */
  async step(): Promise<void> {
    const { clock, way } = this.#parts;
    this.#begunUs ??= clock.nowUs();
    const level = levelAt(way, (clock.nowUs() - this.#begunUs) / 1e6);
    if (Math.abs(level - this.#level) >= FINEST || level === way.to) this.#level = level;
    await this.#room.raise(this.#level);
  }

  /** After a snooze. */
  again(): void {
    this.#room = this.#begun(this.#room.turned);
  }

  giveBack(): void {
    this.#room.giveBack();
  }

  leave(): void {
    this.#room.leave();
  }

  #begun(turned: readonly string[]): RoomFade {
    const { fades, roomId, role, onTurned } = this.#parts;
    return fades.begin(roomId, { role, turned, onTurned });
  }
}
