import { toError, type Clock, type Logger, type Timer } from '../base/index.js';
import type { State } from '../state/index.js';
import { isAway, type Ask } from './ask.js';

const AGAIN_MS = 1_000;

/** Pauses rooms. One whose players are away would play on when they are back: it is told again until it can be told, or plays anything else. */
export class Hush {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #state: () => State;
  readonly #waiting = new Map<string, Timer>();

  constructor(parts: { readonly clock: Clock; readonly log: Logger; readonly state: () => State }) {
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#state = parts.state;
  }

  /** Whether a room is still to fall silent. */
  waits(roomId: string): boolean {
    return this.#waiting.has(roomId);
  }

  /** Resolves also when the room has to wait for its players; rejects when it is refused. */
  async room(roomId: string, ask: Ask): Promise<void> {
    this.callOff(roomId);
    const { intent, item_id } = this.#state().rooms.get(roomId)?.kept ?? {};
    if (intent !== 'playing') return;
    try {
      await ask('room:pause', { room_id: roomId });
    } catch (error) {
      if (!isAway(error)) throw error;
      const timer = this.#clock.after(AGAIN_MS, () => this.#again(roomId, item_id, ask));
      this.#waiting.set(roomId, timer);
    }
  }

  callOff(roomId: string): void {
    this.#waiting.get(roomId)?.cancel();
    this.#waiting.delete(roomId);
  }

  close(): void {
    for (const roomId of [...this.#waiting.keys()]) this.callOff(roomId);
  }

  #again(roomId: string, itemId: string | undefined, ask: Ask): void {
    if (this.#state().rooms.get(roomId)?.kept.item_id !== itemId) return this.callOff(roomId);
    this.room(roomId, ask).catch((error: unknown) =>
      this.#log.warn({ room_id: roomId, error: toError(error).message }, 'a room did not fall silent'),
    );
  }
}
