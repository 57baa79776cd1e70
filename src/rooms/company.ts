import { toError, type Timer } from '../base/index.js';
import type { Outcome, QueueItem } from '../protocol/index.js';
import {
  currentItem,
  isShared,
  leaderOf,
  plays,
  type PlayerRecord,
  type RoomRecord,
} from '../state/index.js';
import { Arrivals } from './arrivals.js';
import { Beginnings } from './beginnings.js';
import { Guide, isStream, SETTLE_US } from './guide.js';
import { membersOf, positionNow, roomOf, type RoomParts } from './parts.js';
import type { Preloads } from './preloads.js';
import { Realigner } from './realign.js';
import type { Starter } from './starter.js';
import type { Standing } from './standings.js';
import { hindrance, silence } from './tell.js';
import type { Together } from './together.js';

/** Members that have played the item to its end wait so long for those that still play it. */
const WAIT_AT_END_US = 1.5e6;
/** After a start of the server players connect one after the other: so long nobody begins while others may still play. */
const GATHER_US = 2e6;
/** Music that was silent for longer does not start by itself. */
const RESUME_WITHIN_US = 2 * 60e6;

export interface CompanyParts extends RoomParts {
  readonly starter: Starter;
  readonly together: Together;
  readonly preloads: Preloads;
  /** Runs work in the room's turn; errors are logged. */
  readonly inTurn: (roomId: string, work: () => Promise<void>) => void;
}

/**
 * Keeps the members of shared rooms together: looks at what each of them does, compares it with what the room plays, and puts right what
 * differs. Everything is decided from the state as it is, in the room's turn, so it does not matter which report came first.
 */
export class Company {
  readonly arrivals: Arrivals;
  readonly #parts: CompanyParts;
  readonly #checks = new Map<string, { readonly atUs: number; readonly timer: Timer }>();
  readonly #guide: Guide;
  readonly #realigner: Realigner;
  readonly #beginnings: Beginnings;
  readonly #gathering = new Map<string, number>();

  constructor(parts: CompanyParts) {
    this.#parts = parts;
    this.arrivals = new Arrivals(parts, parts.together);
    this.#guide = new Guide(parts, parts.together, (roomId, atUs) => this.#checkAt(roomId, atUs));
    const look = (roomId: string): void => this.look(roomId);
    this.#realigner = new Realigner(parts, parts.together, look);
    this.#beginnings = new Beginnings(parts, parts.preloads, this.#realigner, look);
    parts.together.onReady = (playerId) => {
      const player = parts.store.state.players.get(playerId);
      if (player) this.look(player.kept.room_id);
    };
  }

  close(): void {
    for (const { timer } of this.#checks.values()) timer.cancel();
    this.arrivals.close();
    this.#realigner.close();
    this.#beginnings.close();
  }

  forget(roomId: string): void {
    this.#parts.together.forget(roomId);
    this.#realigner.forget(roomId);
    this.#beginnings.forget(roomId);
    this.#checks.get(roomId)?.timer.cancel();
    this.#checks.delete(roomId);
    this.#gathering.delete(roomId);
  }

  /** Looks after the room as soon as its turn comes. */
  look(roomId: string): void {
    this.#parts.inTurn(roomId, () => this.tend(roomId));
  }

  /** A member's item is over: played to its end, or it could not be played. */
  ended(playerId: string, ref: string, failed: string | undefined): void {
    const { store } = this.#parts;
    const room = store.state.rooms.get(store.state.players.get(playerId)?.kept.room_id ?? '');
    this.#guide.ended(room && currentItem(room), playerId, ref, failed);
  }

  /** People asked the room for music: whoever was left alone takes part again. */
  welcome(room: RoomRecord): void {
    for (const id of room.kept.player_ids) this.#parts.together.standings.of(id).out = undefined;
  }

  /** Makes members ours that somebody else drives; they come in where the others are. */
  async takeOver(room: RoomRecord): Promise<Outcome[]> {
    const { store, together } = this.#parts;
    const outcomes = membersOf(this.#parts, room).map(async ({ kept, live }): Promise<Outcome> => {
      const { player_id } = kept;
      if (!live.elsewhere) return { player_id, outcome: 'ignored', reason: 'it is ours' };
      try {
        await together.tell(player_id, { type: 'take-over' });
      } catch (error) {
        return { player_id, outcome: 'failed', reason: toError(error).message };
      }
      together.standings.forget(player_id);
      store.commit({ type: 'player/fact', player_id, fact: { type: 'control', elsewhere: false } });
      return { player_id, outcome: 'applied' };
    });
    const all = await Promise.all(outcomes);
    await this.tend(room.kept.room_id);
    return all;
  }

  /** Players came to a room or left it. What plays goes on; a timeline that several follow is the authority from now on. */
  async regroup(roomId: string): Promise<void> {
    const { store, together, preloads } = this.#parts;
    const room = store.state.rooms.get(roomId);
    if (!room) return;
    if (isShared(room)) return this.tend(roomId);
    this.forget(roomId);
    const [player] = membersOf(this.#parts, room);
    if (!player) return preloads.forget(roomId);
    together.standings.forget(player.kept.player_id);
    if (!hindrance(player) && player.live.ref !== undefined)
      await together.tell(player.kept.player_id, { type: 'follow' }).catch(() => undefined);
  }

  /** A member is gone; what it was told is forgotten. */
  lost(roomId: string, playerId: string): void {
    this.#parts.together.standings.forget(playerId);
    this.look(roomId);
  }

  /** A member is connected again. It may have played on meanwhile, or remember nothing. */
  async cameBack(roomId: string, playerId: string): Promise<void> {
    const { store } = this.#parts;
    const room = store.state.rooms.get(roomId);
    const player = store.state.players.get(playerId);
    if (!room || !isShared(room) || !player || hindrance(player)) return;
    const sinceStart = room.live.timeline.at_us > 0;
    if (room.kept.intent !== 'playing' && plays(player)) {
      if (sinceStart || !this.#adopt(room, player)) await silence(this.#parts, player);
    }
    await this.tend(roomId);
  }

  /** Puts right what differs between the room and its members. In the room's turn. */
  async tend(roomId: string): Promise<void> {
    const room = this.#parts.store.state.rooms.get(roomId);
    if (!room || !isShared(room)) return;
    const item = currentItem(room);
    if (item && room.kept.intent === 'paused') this.#makeReady(room, item);
    if (item && room.kept.intent === 'playing') {
      if (room.live.timeline.rate === 0) await this.#revive(room, item);
      else if (this.#strayed(room, item)) await this.#parts.starter.goOn(roomId, item.item_id, false);
      else await this.#keepTogether(this.#goneOn(room, item));
    }
    this.arrivals.look(roomId);
  }

  async #keepTogether(roomId: string): Promise<void> {
    const room = roomOf(this.#parts, roomId);
    const item = currentItem(room);
    if (!item) return;
    await Promise.all(membersOf(this.#parts, room).map((player) => this.#guide.look(room, item, player)));
    await this.#parts.preloads.bring(roomId);
    await this.#realigner.look(roomOf(this.#parts, roomId), item);
    await this.#beginnings.look(roomOf(this.#parts, roomId), item);
    await this.#judge(roomId, item);
  }

  /** The leader has gone on to what was preloaded, and in the same moment somebody took that out of the queue. */
  #strayed({ kept: { room_id }, queue }: RoomRecord, item: QueueItem): boolean {
    const { store, preloads } = this.#parts;
    const ref = preloads.told(room_id);
    if (ref === undefined || ref === item.item_id || queue.items.some(({ item_id }) => item_id === ref))
      return false;
    return (
      store.state.players.get(leaderOf(store.state, roomOf(this.#parts, room_id)) ?? '')?.live.ref === ref
    );
  }

  /** The leader has gone on to what was preloaded: the room is there now, and so is everybody who does the same. */
  #goneOn(room: RoomRecord, item: QueueItem): string {
    const { store, preloads, together, clock } = this.#parts;
    const { room_id } = room.kept;
    const leader = store.state.players.get(leaderOf(store.state, room) ?? '')?.live;
    const ref = preloads.told(room_id);
    if (!leader?.heard || leader.ref === item.item_id || ref === undefined || leader.ref !== ref)
      return room_id;
    const { position_seconds, at_us } = leader.heard;
    this.#realigner.trackStarts(room, ref);
    preloads.wentOn(room_id, ref);
    for (const { kept, live } of membersOf(this.#parts, room)) {
      const was = together.standings.of(kept.player_id);
      const moves = was.cued && !was.over && was.failed === undefined && live.status === 'playing';
      const standing = together.standings.begin(kept.player_id, ref);
      Object.assign(standing, { loaded: moves, cued: moves, toldUs: clock.nowUs() });
    }
    store.commit({
      type: 'room/intent',
      room_id,
      intent: 'playing',
      state: 'playing',
      item_id: ref,
      position_seconds,
      at_us,
      rate: 1,
    });
    const now = roomOf(this.#parts, room_id);
    const next = currentItem(now);
    if (next)
      for (const { kept } of membersOf(this.#parts, now))
        if (together.standings.of(kept.player_id).cued) this.#guide.point(now, next, kept.player_id);
    return room_id;
  }

  /** Nobody knows where the music is: whoever plays on by itself knows; else it begins again where it was. */
  async #revive(room: RoomRecord, item: QueueItem): Promise<void> {
    const { store, starter, clock } = this.#parts;
    const { room_id } = room.kept;
    const members = membersOf(this.#parts, room);
    const able = members.filter((player) => !hindrance(player) && this.#standing(player).out === undefined);
    if (able.length === 0) return;
    if (able.every((player) => this.#standing(player).failed !== undefined))
      return this.#judge(room_id, item);
    const leader = store.state.players.get(leaderOf(store.state, room) ?? '');
    if (plays(leader) && this.#adopt(room, leader)) return this.#keepTogether(room_id);
    if (able.some((player) => player.live.status === 'loading' || this.#standing(player).pending > 0))
      return this.#checkAt(room_id, clock.nowUs() + SETTLE_US);
    const since = this.#gathering.get(room_id) ?? clock.nowUs();
    this.#gathering.set(room_id, since);
    const coming = members.some(({ live }) => live.link === 'connecting');
    if (coming && clock.nowUs() < since + GATHER_US) return this.#checkAt(room_id, since + GATHER_US);
    this.#gathering.delete(room_id);
    const { at_us, position_seconds } = room.live.timeline;
    const long = at_us > 0 && clock.nowUs() - at_us > RESUME_WITHIN_US;
    const position = item.duration_seconds === undefined ? 0 : position_seconds;
    if (long) return this.#pause(room, position);
    await starter.start(room_id, item, position);
  }

  /** The room is where this player is. False when that is nowhere in its queue. */
  #adopt(room: RoomRecord, player: PlayerRecord | undefined): boolean {
    const { ref, heard } = player?.live ?? {};
    if (!heard || !room.queue.items.some(({ item_id }) => item_id === ref)) return false;
    const { room_id } = room.kept;
    const { position_seconds, at_us } = heard;
    this.#parts.store.commit({
      type: 'room/intent',
      room_id,
      intent: 'playing',
      state: 'playing',
      item_id: ref,
      position_seconds,
      at_us,
      rate: 1,
    });
    this.#gathering.delete(room_id);
    return true;
  }

  /** A paused room has its music loaded everywhere, so that it starts at once. */
  #makeReady(room: RoomRecord, item: QueueItem): void {
    for (const player of membersOf(this.#parts, room)) {
      const { player_id } = player.kept;
      if (hindrance(player) || player.live.ref === item.item_id) continue;
      const standing = this.#standing(player);
      const tried = standing.itemId === item.item_id && (standing.pending > 0 || standing.tries > 0);
      if (!tried && standing.out === undefined) this.#parts.together.bring(room, item, player_id);
    }
  }

  /** Whether the item is over for the room, and whether anybody is left who listens. */
  async #judge(roomId: string, item: QueueItem): Promise<void> {
    const { store, starter, clock } = this.#parts;
    const room = roomOf(this.#parts, roomId);
    if (room.kept.item_id !== item.item_id || room.kept.intent !== 'playing') return;
    const able = membersOf(this.#parts, room).filter((player) => !hindrance(player));
    const taking = able.filter((player) => this.#standing(player).out === undefined);
    if (able.length > 0 && taking.length === 0) return this.#pause(room, positionNow(this.#parts, room));
    const over = isStream(item) ? [] : taking.filter((player) => this.#standing(player).over);
    const failed = taking.filter((player) => this.#standing(player).failed !== undefined);
    const done = new Set([...over, ...failed]);
    if (done.size === 0) return void this.#gathering.delete(roomId);
    if (done.size < taking.length) {
      if (over.length === 0) return;
      const since = this.#gathering.get(roomId) ?? clock.nowUs();
      this.#gathering.set(roomId, since);
      if (clock.nowUs() < since + WAIT_AT_END_US) return this.#checkAt(roomId, since + WAIT_AT_END_US);
    }
    this.#gathering.delete(roomId);
    const problem = over.length > 0 ? undefined : this.#standing(failed[0]!).failed;
    if (problem !== undefined)
      store.commit({ type: 'queue/item-problem', room_id: roomId, item_id: item.item_id, problem });
    await starter.goOn(roomId, item.item_id, problem !== undefined);
  }

  #pause(room: RoomRecord, position_seconds: number): void {
    const { room_id, item_id } = room.kept;
    const at = { item_id, position_seconds, at_us: this.#parts.clock.nowUs() };
    this.#parts.store.commit({ type: 'room/intent', room_id, intent: 'paused', state: 'paused', ...at });
  }

  #standing(player: PlayerRecord): Standing {
    return this.#parts.together.standings.of(player.kept.player_id);
  }

  #checkAt(roomId: string, atUs: number): void {
    const check = this.#checks.get(roomId);
    if (check && check.atUs <= atUs) return;
    check?.timer.cancel();
    const timer = this.#parts.clock.after(Math.max(0, (atUs - this.#parts.clock.nowUs()) / 1000) + 1, () => {
      this.#checks.delete(roomId);
      this.look(roomId);
    });
    this.#checks.set(roomId, { atUs, timer });
  }
}
