import { deferred, type Deferred, type Timer } from '../base/index.js';
import type { Outcome } from '../protocol/index.js';
import { isShared } from '../state/index.js';
import type { RoomParts } from './parts.js';
import { hindrance } from './tell.js';
import type { Together } from './together.js';

/** A newcomer that takes longer to be let in is answered for as late. */
const ARRIVAL_MS = 2_000;

interface Waiting {
  readonly roomId: string;
  readonly playerId: string;
  readonly settled: Deferred<Outcome>;
  readonly timer: Timer;
}

/** What to answer for players that were brought into a room: that they are in, will be, or why not. */
export class Arrivals {
  readonly #parts: RoomParts;
  readonly #together: Together;
  readonly #waiting = new Set<Waiting>();

  constructor(parts: RoomParts, together: Together) {
    this.#parts = parts;
    this.#together = together;
  }

  /** Resolves when the player is let in, and at the latest when people have waited long enough. */
  async of(roomId: string, playerId: string): Promise<Outcome> {
    const now = this.#outcome(roomId, playerId);
    if (now) return now;
    const settled = deferred<Outcome>();
    const timer = this.#parts.clock.after(ARRIVAL_MS, () =>
      settled.resolve(this.#outcome(roomId, playerId) ?? late(playerId)),
    );
    const waiting = { roomId, playerId, settled, timer };
    this.#waiting.add(waiting);
    const outcome = await settled.promise;
    timer.cancel();
    this.#waiting.delete(waiting);
    return outcome;
  }

  /** Something has happened in this room. */
  look(roomId: string): void {
    for (const waiting of this.#waiting) {
      const outcome = waiting.roomId === roomId ? this.#outcome(roomId, waiting.playerId) : undefined;
      if (outcome) waiting.settled.resolve(outcome);
    }
  }

  close(): void {
    for (const { playerId, settled } of this.#waiting) settled.resolve(late(playerId));
  }

  #outcome(roomId: string, player_id: string): Outcome | undefined {
    const room = this.#parts.store.state.rooms.get(roomId);
    const player = this.#parts.store.state.players.get(player_id);
    if (!room || player?.kept.room_id !== roomId)
      return { player_id, outcome: 'failed', reason: 'it has left the room again' };
    const { sync_class } = player.live;
    const held = hindrance(player);
    if (held) return { ...held, sync_class };
    const { failed, pending, cued } = this.#together.standings.of(player_id);
    if (failed !== undefined) return { player_id, outcome: 'failed', reason: failed, sync_class };
    const waits = pending > 0 || (room.live.timeline.rate > 0 && !cued);
    if (isShared(room) && room.live.state !== 'stopped' && waits) return undefined;
    return { player_id, outcome: 'applied', sync_class };
  }
}

function late(player_id: string): Outcome {
  return { player_id, outcome: 'queued', reason: 'it is slow, and joins late' };
}
