import { AppError, toError, type Timer } from '../base/index.js';
import {
  currentItem,
  isShared,
  leaderOf,
  type Change,
  type PlayerRecord,
  type RoomRecord,
  type State,
} from '../state/index.js';
import { Company } from './company.js';
import { ceilingNow } from './levels.js';
import { membersOf, positionNow, type RoomParts } from './parts.js';
import type { OwnLevels } from './levels-own.js';
import type { Preloads } from './preloads.js';
import type { Starter } from './starter.js';
import type { Together } from './together.js';
import type { Turns } from './turns.js';

/** A player that was away longer does not start music by itself when it is back. */
const RESUME_WITHIN_US = 2 * 60e6;
/** A stream that broke off is opened again after so long, so many times in a row. */
const STREAM_RETRY_MS = 2_000;
const STREAM_RETRIES = 5;
/** A load that shows no effect for so long has failed. */
const LOADING_MS = 20_000;

type Knob = Pick<RoomRecord['kept'], 'volume' | 'muted'>;
type FactChange = Extract<Change, { type: 'player/fact' }>;

interface FollowParts extends RoomParts {
  readonly own: Pick<OwnLevels, 'look'>;
}

/** What a room does by itself when its players report: go on at the end of an item, resume after a loss, notice what others did. */
export class Follower {
  readonly company: Company;
  readonly #parts: FollowParts;
  readonly #starter: Starter;
  readonly #preloads: Preloads;
  readonly #turns: Turns;
  readonly #lostAtUs = new Map<string, number>();
  /** Players that remember nothing, with the knob of their room as it was before they said how loud they are. */
  readonly #fresh = new Map<string, Knob>();
  readonly #loading = new Map<string, { readonly itemId: string; readonly timer: Timer }>();
  readonly #streams = new Map<string, { readonly tries: number; readonly timer: Timer }>();
  readonly #unwatch: () => void;

  constructor(parts: FollowParts, starter: Starter, preloads: Preloads, together: Together, turns: Turns) {
    this.#parts = parts;
    this.#starter = starter;
    this.#preloads = preloads;
    this.#turns = turns;
    const inTurn = (roomId: string, work: () => Promise<void>): void => {
      const room = parts.store.state.rooms.get(roomId);
      if (room)
        this.#inTurn(room, async () => {
          for (const id of room.kept.player_ids) await this.#refresh(id);
          await work();
        });
    };
    this.company = new Company({ ...parts, starter, preloads, together, inTurn });
    this.#unwatch = parts.store.watch((change, before, after) => this.#follow(change, before, after));
  }

  close(): void {
    this.#unwatch();
    this.company.close();
    for (const { timer } of [...this.#loading.values(), ...this.#streams.values()]) timer.cancel();
  }

  #follow(change: Change, before: State, after: State): void {
    if (change.type === 'player/removed') this.#playerGone(change.player_id, before, after);
    if (change.type === 'player/link') this.#linkChanged(change, before, after);
    if (change.type === 'player/fact') this.#factCame(change, before, after);
    if (before.rooms !== after.rooms)
      for (const [roomId, room] of after.rooms) this.#roomChanged(roomId, before.rooms.get(roomId), room);
    if (before.rooms.size > after.rooms.size)
      for (const roomId of before.rooms.keys()) if (!after.rooms.has(roomId)) this.#roomGone(roomId);
  }

  #roomGone(roomId: string): void {
    this.#watchLoading(roomId, undefined);
    this.#forgetStream(roomId);
    this.#preloads.forget(roomId);
    this.company.forget(roomId);
    this.#turns.drop(roomId);
  }

  /** The others of its room play on; the last of them is on its own again. */
  #playerGone(playerId: string, before: State, after: State): void {
    const room = after.rooms.get(before.players.get(playerId)?.kept.room_id ?? '');
    this.#lostAtUs.delete(playerId);
    this.#fresh.delete(playerId);
    if (room) this.#inTurn(room, () => this.company.regroup(room.kept.room_id));
  }

  #linkChanged(change: Extract<Change, { type: 'player/link' }>, before: State, after: State): void {
    const player = after.players.get(change.player_id);
    const room = player && after.rooms.get(player.kept.room_id);
    if (!room) return;
    if (isShared(room)) return this.#memberLinked(room, change);
    const was = before.players.get(change.player_id)?.live.link;
    if (change.link === 'online')
      return this.#inTurn(room, () => this.#backOnline(room.kept.room_id, change.player_id));
    this.#preloads.forget(room.kept.room_id);
    if (was === 'online') this.#lostAtUs.set(change.player_id, change.at_us);
  }

  /** A member came or went: the others play on, and who is back comes in with them. */
  #memberLinked(room: RoomRecord, { player_id, link }: Extract<Change, { type: 'player/link' }>): void {
    const { room_id } = room.kept;
    if (link === 'online')
      this.#inTurn(room, async () => {
        await this.#giveVolume(player_id);
        await this.company.cameBack(room_id, player_id);
      });
    else this.company.lost(room_id, player_id);
  }

  /** What the player plays is adopted by the facts it sent; here only what is missing is put right. */
  async #backOnline(roomId: string, playerId: string): Promise<void> {
    const { store, clock } = this.#parts;
    const room = store.state.rooms.get(roomId);
    const player = store.state.players.get(playerId);
    if (!room || player?.live.link !== 'online') return;
    if (player.live.elsewhere) return this.#parts.own.look(playerId);
    await this.#giveVolume(playerId);
    const lostAt = this.#lostAtUs.get(playerId);
    this.#lostAtUs.delete(playerId);
    const item = currentItem(room);
    if (item && player.live.ref === item.item_id) return this.#preloads.bring(roomId);
    const long = lostAt !== undefined && clock.nowUs() - lostAt > RESUME_WITHIN_US;
    const position = item?.duration_seconds === undefined ? 0 : positionNow(this.#parts, room);
    if (item && room.kept.intent === 'playing' && !long) {
      await this.#starter.start(roomId, item, position);
      return;
    }
    if (player.live.ref !== undefined) await this.#parts.players.execute(playerId, { type: 'stop' });
    if (room.kept.intent !== 'stopped' || room.live.state !== 'stopped') {
      const intent = item && room.kept.intent !== 'stopped' ? 'paused' : 'stopped';
      store.commit({
        type: 'room/intent',
        room_id: roomId,
        intent,
        state: intent,
        item_id: item?.item_id,
        position_seconds: position,
        at_us: clock.nowUs(),
      });
    }
  }

  #factCame({ player_id, fact }: FactChange, before: State, after: State): void {
    const player = after.players.get(player_id);
    const room = player && after.rooms.get(player.kept.room_id);
    if (!room) return;
    const roomId = room.kept.room_id;
    if (fact.type === 'info' && fact.fresh) {
      if (!this.#fresh.has(player_id))
        this.#fresh.set(player_id, knobOf(room, before.players.get(player_id)));
      if (player.live.link === 'online') this.#inTurn(room, () => this.#refresh(player_id));
    }
    if (isShared(room)) return this.#memberSaid(room, player_id, fact, after);
    if (fact.type === 'ended')
      this.#inTurn(room, () => this.#ended(roomId, fact.ref, fact.reason === 'failed', fact.message));
    if (fact.type !== 'playback') return;
    if (fact.ref === undefined) {
      const was = before.players.get(player_id)?.live.ref;
      if (was !== undefined) this.#inTurn(room, () => this.#silenced(roomId, player_id));
      return;
    }
    this.#preloads.wentOn(roomId, fact.ref);
    if (fact.status === 'playing' && fact.position_seconds > 2) {
      this.#starter.playsWell(roomId);
      this.#forgetStream(roomId);
    }
  }

  #memberSaid(room: RoomRecord, playerId: string, fact: FactChange['fact'], after: State): void {
    const { room_id } = room.kept;
    if (fact.type === 'ended')
      this.company.ended(
        playerId,
        fact.ref,
        fact.reason === 'failed' ? (fact.message ?? 'it cannot be played') : undefined,
      );
    if (fact.type !== 'ended' && fact.type !== 'playback' && fact.type !== 'control') return;
    this.company.look(room_id);
    const leads = leaderOf(after, room) === playerId;
    if (leads && fact.type === 'playback' && fact.status === 'playing' && fact.position_seconds > 2)
      this.#starter.playsWell(room_id);
  }

  /** Who is back gets the volume that is due to it before it gets music. */
  async #giveVolume(playerId: string): Promise<void> {
    await this.#refresh(playerId);
    await this.#parts.own.look(playerId);
  }

  /** A player that was started just now is as loud as it likes: it gets the room's volume. */
  async #refresh(playerId: string): Promise<void> {
    const knob = this.#fresh.get(playerId);
    const { players, rooms } = this.#parts.store.state;
    const player = players.get(playerId);
    const room = rooms.get(player?.kept.room_id ?? '');
    if (!knob || !room || player?.live.link !== 'online') return;
    this.#fresh.delete(playerId);
    const volume = Math.min(knob.volume, ceilingNow(this.#parts, room, player).level);
    try {
      await this.#parts.players.execute(playerId, { type: 'volume', volume });
      await this.#parts.players.execute(playerId, { type: 'mute', muted: knob.muted });
    } catch (error) {
      const fields = { player_id: playerId, error: toError(error).message };
      this.#parts.log.warn(fields, 'a player that was started anew did not take its volume');
    }
  }

  async #ended(roomId: string, ref: string, failed: boolean, message: string | undefined): Promise<void> {
    const { store } = this.#parts;
    const room = store.state.rooms.get(roomId);
    if (!room) return;
    if (failed)
      store.commit({
        type: 'queue/item-problem',
        room_id: roomId,
        item_id: ref,
        problem: message ?? 'it cannot be played',
      });
    const wanted = room.kept.item_id === ref && room.kept.intent !== 'stopped';
    if (!wanted || this.#preloads.isFollowed(roomId, ref)) return;
    if (currentItem(room)?.duration_seconds === undefined && this.#retryStream(roomId, ref)) return;
    await this.#starter.goOn(roomId, ref, failed);
  }

  /** A stream has no end: when one that played breaks off, it is opened again. False when that has not helped. */
  #retryStream(roomId: string, itemId: string): boolean {
    const { store, clock } = this.#parts;
    const tries = (this.#streams.get(roomId)?.tries ?? 0) + 1;
    const wasHeard = store.state.rooms.get(roomId)?.live.state === 'playing' || tries > 1;
    this.#forgetStream(roomId);
    if (!wasHeard || tries > STREAM_RETRIES) return false;
    const at = { item_id: itemId, position_seconds: 0, at_us: clock.nowUs() };
    store.commit({
      type: 'room/intent',
      room_id: roomId,
      intent: 'playing',
      state: 'loading',
      ...at,
      problem: 'the stream broke off; trying again',
    });
    const timer = clock.after(STREAM_RETRY_MS, () => {
      const room = store.state.rooms.get(roomId);
      const item = room && currentItem(room);
      if (room && item?.item_id === itemId && room.kept.intent === 'playing')
        this.#inTurn(room, async () => void (await this.#starter.start(roomId, item, 0)));
    });
    this.#streams.set(roomId, { tries, timer });
    return true;
  }

  #forgetStream(roomId: string): void {
    this.#streams.get(roomId)?.timer.cancel();
    this.#streams.delete(roomId);
  }

  /** Nothing of ours is on the player any more, and it was not the end of an item: somebody stopped it, or plays something else. */
  async #silenced(roomId: string, playerId: string): Promise<void> {
    const { store, clock } = this.#parts;
    const room = store.state.rooms.get(roomId);
    const player = store.state.players.get(playerId);
    if (!room || isShared(room) || player?.kept.room_id !== roomId) return;
    if (player.live.link !== 'online' || player.live.ref !== undefined) return;
    if (room.live.state !== 'playing' && room.live.state !== 'paused') return;
    const at = {
      item_id: room.kept.item_id,
      position_seconds: positionNow(this.#parts, room),
      at_us: clock.nowUs(),
    };
    store.commit({ type: 'room/intent', room_id: roomId, intent: 'stopped', state: 'stopped', ...at });
    this.#preloads.forget(roomId);
    return Promise.resolve();
  }

  #roomChanged(roomId: string, before: RoomRecord | undefined, room: RoomRecord): void {
    if (before === room) return;
    this.#watchLoading(roomId, room.live.state === 'loading' ? room.kept.item_id : undefined);
    const queueMoved =
      before?.queue !== room.queue ||
      before.kept.item_id !== room.kept.item_id ||
      before.kept.repeat !== room.kept.repeat;
    const loaded = room.live.state === 'playing' || room.live.state === 'paused';
    if (loaded && (queueMoved || before.live.state !== room.live.state))
      this.#inTurn(room, () => this.#preloads.bring(roomId));
  }

  #watchLoading(roomId: string, itemId: string | undefined): void {
    const watched = this.#loading.get(roomId);
    if (watched?.itemId === itemId) return;
    watched?.timer.cancel();
    this.#loading.delete(roomId);
    if (itemId === undefined) return;
    const timer = this.#parts.clock.after(LOADING_MS, () => {
      this.#loading.delete(roomId);
      const room = this.#parts.store.state.rooms.get(roomId);
      const online = room && membersOf(this.#parts, room).some((player) => player.live.link === 'online');
      if (online && room.live.state === 'loading' && room.kept.item_id === itemId) {
        this.#inTurn(room, () => this.#ended(roomId, itemId, true, 'it did not start within 20 seconds'));
      }
    });
    this.#loading.set(roomId, { itemId, timer });
  }

  #inTurn(room: RoomRecord, work: () => Promise<void>): void {
    const { room_id } = room.kept;
    const unlessHeld = async (): Promise<void> => (this.#turns.isHeld(room_id) ? undefined : work());
    this.#turns.take(room, unlessHeld).catch((error: unknown) => {
      const expected = error instanceof AppError;
      const fields = { room_id, error: toError(error).message };
      if (expected) this.#parts.log.warn(fields, 'a room could not go on by itself');
      else
        this.#parts.log.error({ ...fields, stack: toError(error).stack }, 'a room could not go on by itself');
    });
  }
}

/**
 * How loud a player that remembers nothing was before: in a shared room each has a knob of its own, in the state while the server runs, and
 * in the balance of its room after a restart.
 */
function knobOf({ kept }: RoomRecord, player: PlayerRecord | undefined): Knob {
  if (kept.player_ids.length < 2 || !player) return kept;
  const { volume, muted } = player.live;
  const told = kept.balance?.[player.kept.player_id]?.told;
  return { volume: volume ?? told ?? kept.volume, muted: volume === undefined ? kept.muted : muted };
}
