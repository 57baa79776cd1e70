import { deferred, toError, type Deferred, type Timer } from '../base/index.js';
import { positionAt, type Outcome, type QueueItem } from '../protocol/index.js';
import {
  currentItem,
  isShared,
  leaderOf,
  plays,
  type PlayerRecord,
  type RoomRecord,
} from '../state/index.js';
import { membersOf, positionNow, roomOf, type RoomParts } from './parts.js';
import type { Preloads } from './preloads.js';
import type { Starter } from './starter.js';
import type { Standing } from './standings.js';
import { hindrance } from './tell.js';
import type { Together } from './together.js';

/** So long after it was told something, a member has to be heard doing it. */
const SETTLE_US = 1e6;
/** A member that says it is loading gets longer. */
const LOADING_US = 10e6;
/** So often a member is brought into one item. */
const TRIES = 3;
/** A stream that broke off is opened again so often in a row, about once a second. */
const STREAM_TRIES = 6;
/** What has played for so long plays well. */
const WELL_US = 10e6;
/** Members that have played the item to its end wait so long for those that still play it. */
const WAIT_AT_END_US = 1.5e6;
/** After a start of the server players connect one after the other: so long nobody begins while others may still play. */
const GATHER_US = 2e6;
/** Music that was silent for longer does not start by itself. */
const RESUME_WITHIN_US = 2 * 60e6;
/** Further off than this a member was moved by somebody, or has lost its way. */
const ASTRAY_SECONDS = 2;
/** A newcomer that takes longer to be let in is answered for as late. */
const ARRIVAL_MS = 2_000;

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
  readonly #parts: CompanyParts;
  readonly #checks = new Map<string, { readonly atUs: number; readonly timer: Timer }>();
  readonly #arrivals = new Map<string, { readonly settled: Deferred<Outcome>; readonly timer: Timer }>();
  readonly #gathering = new Map<string, number>();

  constructor(parts: CompanyParts) {
    this.#parts = parts;
    parts.together.onReady = (playerId) => {
      const player = parts.store.state.players.get(playerId);
      if (player) this.look(player.kept.room_id);
    };
  }

  close(): void {
    for (const { timer } of this.#checks.values()) timer.cancel();
    for (const [playerId, { timer, settled }] of this.#arrivals) {
      timer.cancel();
      settled.resolve({ player_id: playerId, outcome: 'queued', reason: 'the server is closing' });
    }
  }

  forget(roomId: string): void {
    this.#parts.together.forget(roomId);
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
    const standing = this.#parts.together.standings.of(playerId);
    if (standing.itemId !== ref) return;
    const room = this.#parts.store.state.rooms.get(
      this.#parts.store.state.players.get(playerId)?.kept.room_id ?? '',
    );
    const stream = room !== undefined && isStream(currentItem(room));
    standing.toldUs = this.#parts.clock.nowUs();
    const again = stream && (standing.heard || standing.tries > 0) && standing.tries < STREAM_TRIES;
    if (failed === undefined || again) standing.over = true;
    else standing.failed = failed;
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

  /** Before it changes rooms a player falls silent; what somebody else plays on it is left alone. */
  async silence({ kept: { player_id }, live }: PlayerRecord): Promise<void> {
    if (live.link !== 'online' || live.elsewhere || live.ref === undefined) return;
    try {
      await this.#parts.players.execute(player_id, { type: 'stop' });
    } catch (error) {
      this.#parts.log.warn({ player_id, error: toError(error).message }, 'a player did not stop to move');
    }
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

  /** What became of a player that was brought into a room; resolves when it is in, or will be later. */
  async arrival(roomId: string, playerId: string): Promise<Outcome> {
    const now = this.#arrived(roomId, playerId);
    if (now) return now;
    this.#arrivals.get(playerId)?.timer.cancel();
    const settled = deferred<Outcome>();
    const timer = this.#parts.clock.after(ARRIVAL_MS, () => {
      const late = { player_id: playerId, outcome: 'queued', reason: 'it is slow, and joins late' } as const;
      settled.resolve(this.#arrived(roomId, playerId) ?? late);
    });
    this.#arrivals.set(playerId, { settled, timer });
    const outcome = await settled.promise;
    timer.cancel();
    return outcome;
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
      if (sinceStart || !this.#adopt(room, player)) await this.silence(player);
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
      else await this.#keepTogether(this.#goneOn(room, item));
    }
    for (const [playerId, { settled }] of this.#arrivals) {
      const outcome = this.#arrived(roomId, playerId);
      if (!outcome) continue;
      this.#arrivals.delete(playerId);
      settled.resolve(outcome);
    }
  }

  async #keepTogether(roomId: string): Promise<void> {
    const room = roomOf(this.#parts, roomId);
    const item = currentItem(room);
    if (!item) return;
    await Promise.all(membersOf(this.#parts, room).map((player) => this.#guide(room, item, player)));
    await this.#judge(roomId, item);
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
        if (together.standings.of(kept.player_id).cued) this.#point(now, next, kept.player_id);
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

  /** One member, and what it needs to be with the others. */
  async #guide(room: RoomRecord, item: QueueItem, player: PlayerRecord): Promise<void> {
    const { together, clock } = this.#parts;
    const { player_id } = player.kept;
    if (hindrance(player)) return together.standings.forget(player_id);
    if (this.#standing(player).itemId !== item.item_id) together.standings.begin(player_id, item.item_id);
    const standing = this.#standing(player);
    const here = player.live.ref === item.item_id;
    if (here && player.live.status === 'playing') return this.#withOthers(room, item, player, standing);
    if (standing.failed !== undefined) {
      if (player.live.status === 'playing' && standing.pending === 0) await this.silence(player);
      return;
    }
    if (standing.out !== undefined || standing.pending > 0) return;
    if (!standing.cued) {
      if (standing.loaded) await together.letIn(room, player).catch(() => undefined);
      else if (together.worthJoining(room)) together.bring(room, item, player_id);
      return;
    }
    const patience = player.live.status === 'loading' ? LOADING_US : SETTLE_US;
    const due = Math.max(room.live.timeline.at_us, standing.toldUs, standing.readyUs) + patience;
    if (clock.nowUs() < due) return this.#checkAt(room.kept.room_id, due);
    this.#missing(room, item, player, standing);
  }

  /** It was told where to be, has had its time, and is not there. */
  #missing(room: RoomRecord, item: QueueItem, { kept, live }: PlayerRecord, standing: Standing): void {
    const { together } = this.#parts;
    const stream = isStream(item);
    if (standing.over && !stream) return;
    if (standing.heard && !standing.over && live.status === 'paused') standing.out = 'somebody paused it';
    else if (standing.heard && !standing.over && live.ref === undefined) standing.out = 'somebody stopped it';
    else if (standing.tries >= (stream ? STREAM_TRIES : TRIES)) standing.failed = 'it does not play this';
    else if (together.worthJoining(room)) together.bring(room, item, kept.player_id);
    if (standing.out !== undefined)
      this.#parts.log.info(
        { player_id: kept.player_id, reason: standing.out },
        'a player left the music of its room',
      );
  }

  /** It plays what the room plays. */
  async #withOthers(
    room: RoomRecord,
    item: QueueItem,
    player: PlayerRecord,
    standing: Standing,
  ): Promise<void> {
    const { together, clock } = this.#parts;
    Object.assign(standing, { loaded: true, heard: true, over: false, failed: undefined, out: undefined });
    if (!standing.cued) return this.#point(room, item, player.kept.player_id);
    const { timeline, duration_seconds } = room.live;
    const { heard, capabilities } = player.live;
    const now = clock.nowUs();
    if (now > standing.toldUs + WELL_US) standing.tries = 0;
    const settled = now > Math.max(timeline.at_us, standing.toldUs) + SETTLE_US && standing.pending === 0;
    if (!settled || !heard || item.duration_seconds === undefined || !capabilities.includes('seek')) return;
    const apart = positionAt(heard, now, duration_seconds) - positionAt(timeline, now, duration_seconds);
    if (Math.abs(apart) > ASTRAY_SECONDS) await together.callBack(room, player).catch(() => undefined);
  }

  #point(room: RoomRecord, item: QueueItem, playerId: string): void {
    this.#parts.together.follow(room, item, playerId).catch((error: unknown) => {
      this.#parts.log.debug(
        { player_id: playerId, error: toError(error).message },
        'a player will not follow',
      );
    });
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
    if (done.size === 0) return;
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

  #arrived(roomId: string, playerId: string): Outcome | undefined {
    const room = this.#parts.store.state.rooms.get(roomId);
    const player = this.#parts.store.state.players.get(playerId);
    if (!room || player?.kept.room_id !== roomId)
      return { player_id: playerId, outcome: 'failed', reason: 'it has left the room again' };
    const { sync_class } = player.live;
    const held = hindrance(player);
    if (held) return { ...held, sync_class };
    const standing = this.#standing(player);
    if (standing.failed !== undefined)
      return { player_id: playerId, outcome: 'failed', reason: standing.failed, sync_class };
    const waits =
      isShared(room) &&
      room.live.state !== 'stopped' &&
      (standing.pending > 0 || (room.live.timeline.rate > 0 && !standing.cued));
    return waits ? undefined : { player_id: playerId, outcome: 'applied', sync_class };
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

function isStream(item: QueueItem | undefined): boolean {
  return item !== undefined && item.duration_seconds === undefined;
}
