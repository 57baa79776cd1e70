import { AppError, toError } from '../base/index.js';
import type { Outcome, QueueItem } from '../protocol/index.js';
import { leaderOf, type RoomRecord } from '../state/index.js';
import { following, nextAsked } from './order.js';
import { mediaFor, requireOurs, roomOf, tellAll, type RoomParts } from './parts.js';

/** So many items in a row that cannot be played, and the room stops: the disk is gone, not the tracks. */
const FAILURES_IN_A_ROW = 10;

/** Puts items on players, and what follows them behind them. */
export class Starter {
  readonly #parts: RoomParts;
  /** The item each room's players were told to play next. */
  readonly #preloaded = new Map<string, string | undefined>();
  readonly #failures = new Map<string, number>();

  constructor(parts: RoomParts) {
    this.#parts = parts;
  }

  /** Starts an item. Rejects, and leaves the room stopped at it, when no player takes it. */
  async start(roomId: string, item: QueueItem, position: number, playing = true): Promise<Outcome[]> {
    const { store, clock } = this.#parts;
    const room = roomOf(this.#parts, roomId);
    requireOurs(this.#parts, room);
    const intent = playing ? 'playing' : 'paused';
    const at = { room_id: roomId, item_id: item.item_id, position_seconds: position };
    store.commit({ type: 'room/intent', ...at, intent, state: 'loading', at_us: clock.nowUs() });
    const next = this.#follower(room, item);
    this.#preloaded.set(roomId, next?.item_id);
    try {
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
      if (!next) return this.#end(roomId, undefined, undefined);
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

  /** What plays now plays well: earlier failures are forgiven. */
  playsWell(roomId: string): void {
    this.#failures.delete(roomId);
  }

  /** Whether the player goes on by itself when this item is over. */
  isFollowed(roomId: string, itemId: string): boolean {
    const next = this.#preloaded.get(roomId);
    return next !== undefined && next !== itemId;
  }

  /** The player took up what was preloaded: nothing is behind it now. */
  wentOn(roomId: string, itemId: string): void {
    if (this.#preloaded.get(roomId) === itemId) this.#preloaded.set(roomId, undefined);
  }

  /** Forgets what was told to players: they are new, or know better. */
  forget(roomId: string): void {
    this.#preloaded.delete(roomId);
  }

  /** Brings what follows the current item up to date after an edit of the queue. Must not disturb what plays. */
  async preload(roomId: string): Promise<void> {
    const room = this.#parts.store.state.rooms.get(roomId);
    const player = room && this.#parts.store.state.players.get(leaderOf(room) ?? '');
    const item = room?.queue.items.find(({ item_id }) => item_id === room.kept.item_id);
    if (!room || !item || player?.live.link !== 'online' || player.live.ref !== item.item_id) return;
    const next = this.#follower(room, item);
    if (this.#preloaded.has(roomId) && this.#preloaded.get(roomId) === next?.item_id) return;
    this.#preloaded.set(roomId, next?.item_id);
    try {
      await tellAll(this.#parts, room, (playerId) => ({
        type: 'preload',
        ...(next && { next: mediaFor(this.#parts, next, playerId) }),
      }));
    } catch (error) {
      this.#preloaded.delete(roomId);
      this.#parts.log.debug({ room_id: roomId, error: toError(error).message }, 'preload refused');
    }
  }

  /** What to preload: nothing behind a stream, nothing when an item repeats itself, nothing that cannot be opened. */
  #follower(room: RoomRecord, item: QueueItem): QueueItem | undefined {
    const next =
      item.duration_seconds === undefined
        ? undefined
        : following(room.queue.items, item.item_id, room.kept.repeat);
    if (!next || next.item_id === item.item_id) return undefined;
    try {
      for (const playerId of room.kept.player_ids) mediaFor(this.#parts, next, playerId);
      return next;
    } catch {
      return undefined;
    }
  }

  #end(roomId: string, itemId: string | undefined, problem: string | undefined): void {
    this.#failures.delete(roomId);
    this.#preloaded.delete(roomId);
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

/** Not the item's fault: when the player is back, or ours again, the room goes on. */
function waits(error: unknown): boolean {
  return (
    error instanceof AppError &&
    ['ERR_PLAYER_OFFLINE', 'ERR_PLAYER_TIMEOUT', 'ERR_CONTROLLED_ELSEWHERE'].includes(error.code)
  );
}
