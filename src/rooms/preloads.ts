import { toError } from '../base/index.js';
import type { QueueItem } from '../protocol/index.js';
import { leaderOf, type RoomRecord } from '../state/index.js';
import { following } from './order.js';
import { mediaFor, membersOf, type RoomParts } from './parts.js';
import { tellAll } from './tell.js';

/** What lies behind the current item on a room's players, so that they go on without a gap. */
export class Preloads {
  readonly #parts: RoomParts;
  /** The item each room's players were told to play next. */
  readonly #told = new Map<string, string | undefined>();
  /** Members that play something else just now, and have to be told when they are at the current item. */
  readonly #owed = new Map<string, Set<string>>();

  constructor(parts: RoomParts) {
    this.#parts = parts;
  }

  /** What the players will be told to play behind this item, with the item itself. */
  choose(room: RoomRecord, item: QueueItem): QueueItem | undefined {
    const next = this.#follower(room, item);
    this.#told.set(room.kept.room_id, next?.item_id);
    this.#owed.delete(room.kept.room_id);
    return next;
  }

  /** What the players were told, by id. */
  told(roomId: string): string | undefined {
    return this.#told.get(roomId);
  }

  /** Whether a player goes on by itself when this item is over. */
  isFollowed(roomId: string, itemId: string): boolean {
    const next = this.#told.get(roomId);
    return next !== undefined && next !== itemId;
  }

  /** The players took up what was preloaded: nothing is behind it now. */
  wentOn(roomId: string, itemId: string): void {
    if (this.#told.get(roomId) === itemId) this.#told.set(roomId, undefined);
  }

  /** Forgets what was told to players: they are new, or know better. */
  forget(roomId: string): void {
    this.#told.delete(roomId);
    this.#owed.delete(roomId);
  }

  /** A member was given the current item, and what follows with it. */
  given(roomId: string, playerId: string): void {
    this.#owed.get(roomId)?.delete(playerId);
  }

  /**
   * Brings what follows the current item up to date after an edit of the queue. Must not disturb what plays. A member that is not at the
   * current item yet still needs what it was told, and is told later.
   */
  async bring(roomId: string): Promise<void> {
    const { store, log } = this.#parts;
    const room = store.state.rooms.get(roomId);
    const player = room && store.state.players.get(leaderOf(store.state, room) ?? '');
    const item = room?.queue.items.find(({ item_id }) => item_id === room.kept.item_id);
    if (!room || !item || player?.live.link !== 'online' || player.live.ref !== item.item_id) return;
    const next = this.#follower(room, item);
    const isNews = !this.#told.has(roomId) || this.#told.get(roomId) !== next?.item_id;
    const owed = isNews ? new Set(room.kept.player_ids) : (this.#owed.get(roomId) ?? new Set());
    this.#told.set(roomId, next?.item_id);
    this.#owed.set(roomId, owed);
    const ready = membersOf(this.#parts, room).filter(
      ({ kept, live }) => owed.has(kept.player_id) && live.link === 'online' && live.ref === item.item_id,
    );
    const player_ids = ready.map(({ kept }) => kept.player_id);
    if (player_ids.length === 0) return;
    for (const id of player_ids) owed.delete(id);
    try {
      await tellAll(this.#parts, { ...room, kept: { ...room.kept, player_ids } }, (playerId) => ({
        type: 'preload',
        ...(next && { next: mediaFor(this.#parts, next, playerId) }),
      }));
    } catch (error) {
      if (isNews) this.#told.delete(roomId);
      log.debug({ room_id: roomId, error: toError(error).message }, 'preload refused');
    }
  }

  /** Tells one member at the current item how far into the next one it begins, ms. */
  async beginAt(room: RoomRecord, playerId: string, skip_ms: number): Promise<void> {
    const nextId = this.#told.get(room.kept.room_id);
    const next = room.queue.items.find(({ item_id }) => item_id === nextId);
    if (!next || this.#owed.get(room.kept.room_id)?.has(playerId)) return;
    const media = mediaFor(this.#parts, next, playerId);
    await this.#parts.players.execute(playerId, { type: 'preload', next: media, skip_ms });
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
}
