import { AppError, toError } from '../base/index.js';
import type { Outcome, QueueItem, Timeline } from '../protocol/index.js';
import { isShared } from '../state/index.js';
import { following, isWish, nextAsked } from './order.js';
import { mediaFor, roomOf, type RoomParts } from './parts.js';
import type { Preloads } from './preloads.js';
import { requireOurs, tellAll } from './tell.js';
import type { Together } from './together.js';

/** So many items in a row that cannot be played, and the room stops: the disk is gone, not the tracks. */
const FAILURES_IN_A_ROW = 10;

/** Puts items on players, and what follows them behind them. */
export class Starter {
  readonly #parts: RoomParts;
  readonly #preloads: Preloads;
  readonly #together: Together;
  readonly #failures = new Map<string, number>();

  constructor(parts: RoomParts, preloads: Preloads, together: Together) {
    this.#parts = parts;
    this.#preloads = preloads;
    this.#together = together;
  }

  /**
   * Starts an item; with `line` its players come in on that timeline. Rejects, and leaves the room stopped at it, when no player takes it.
   */
  async start(
    roomId: string,
    item: QueueItem,
    position: number,
    playing = true,
    line?: Timeline,
  ): Promise<Outcome[]> {
    const { store, clock } = this.#parts;
    const room = roomOf(this.#parts, roomId);
    requireOurs(this.#parts, room);
    requireArrived(item);
    const intent = playing ? 'playing' : 'paused';
    const at = { room_id: roomId, item_id: item.item_id, position_seconds: position };
    store.commit({ type: 'room/intent', ...at, intent, state: 'loading', at_us: clock.nowUs() });
    const next = this.#preloads.choose(room, item);
    try {
      if (isShared(room) || line) return await this.#together.start(roomId, item, position, playing, line);
      return await tellAll(this.#parts, room, (playerId) => ({
        type: 'load',
        media: mediaFor(this.#parts, item, playerId),
        ...(next && { next: mediaFor(this.#parts, next, playerId) }),
        position_seconds: position,
        playing,
      }));
    } catch (error) {
      const problem = toError(error).message;
      store.commit({
        type: 'room/intent',
        ...at,
        intent: waits(error) ? intent : 'stopped',
        state: 'stopped',
        at_us: clock.nowUs(),
        problem,
      });
      if (!waits(error))
        store.commit({ type: 'queue/item-problem', room_id: roomId, item_id: item.item_id, problem });
      throw error;
    }
  }

  /** Goes on after an item that is over; past the end of the queue the room stops. Items that cannot be played are passed over. */
  async goOn(roomId: string, fromItemId: string, failed: boolean): Promise<void> {
    if (failed) this.#failures.set(roomId, (this.#failures.get(roomId) ?? 0) + 1);
    else this.#failures.delete(roomId);
    let from = fromItemId;
    let skip = failed;
    for (;;) {
      const { kept, queue } = roomOf(this.#parts, roomId);
      const next = (skip ? nextAsked : following)(queue.items, from, kept.repeat);
      if (!next) {
        const wish = wishBehind(queue.items, from);
        return this.#end(roomId, wish?.item_id, wish && 'what comes next has not arrived yet');
      }
      if ((this.#failures.get(roomId) ?? 0) >= Math.min(FAILURES_IN_A_ROW, queue.items.length)) {
        return this.#end(roomId, next.item_id, 'nothing in the queue could be played');
      }
      try {
        await this.start(roomId, next, 0);
        return;
      } catch (error) {
        if (waits(error)) return;
        this.#parts.log.warn(
          { room_id: roomId, item_id: next.item_id, error: toError(error).message },
          'item skipped',
        );
        this.#failures.set(roomId, (this.#failures.get(roomId) ?? 0) + 1);
        from = next.item_id;
        skip = true;
      }
    }
  }

  /** The room's players have fallen silent: nothing lies behind anything any more. */
  silent(roomId: string): void {
    this.#preloads.forget(roomId);
  }

  /** What plays now plays well: earlier failures are forgiven. */
  playsWell(roomId: string): void {
    this.#failures.delete(roomId);
  }

  #end(roomId: string, itemId: string | undefined, problem: string | undefined): void {
    this.#failures.delete(roomId);
    this.#preloads.forget(roomId);
    const { store, clock } = this.#parts;
    store.commit({
      type: 'room/intent',
      room_id: roomId,
      intent: 'stopped',
      state: 'stopped',
      item_id: itemId,
      position_seconds: 0,
      at_us: clock.nowUs(),
      problem,
    });
  }
}

/** Throws for a wish, and nothing has changed. */
export function requireArrived(item: QueueItem): void {
  if (isWish(item))
    throw new AppError('ERR_UNPLAYABLE', item.problem ?? 'this has not arrived yet', {
      params: { item_id: item.item_id },
    });
}

function wishBehind(items: readonly QueueItem[], itemId: string): QueueItem | undefined {
  const next = items[items.findIndex((item) => item.item_id === itemId) + 1];
  return next && isWish(next) ? next : undefined;
}

/** Not the item's fault: when the player is back, or ours again, the room goes on. */
function waits(error: unknown): boolean {
  return (
    error instanceof AppError &&
    ['ERR_PLAYER_OFFLINE', 'ERR_PLAYER_TIMEOUT', 'ERR_CONTROLLED_ELSEWHERE'].includes(error.code)
  );
}
