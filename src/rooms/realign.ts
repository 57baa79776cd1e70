import type { Timer } from '../base/index.js';
import type { QueueItem } from '../protocol/index.js';
import { isShared, leaderOf, type Change, type PlayerRecord, type RoomRecord } from '../state/index.js';
import { membersOf, roomOf, type RoomParts } from './parts.js';
import { hindrance } from './tell.js';
import type { Together } from './together.js';
import { quantile, type SyncFact } from './truth-window.js';

/** At the start of a track, what is further apart is started anew. */
const WORTH_MS = 15;
/** Within a track a pause is heard more than an echo, up to here. */
const WORTH_WITHIN_MS = 60;
/** The start of a track lasts so long: by then all members have to be in it. */
const START_US = 3e6;
const FRESH_US = 30e6;
/** So many estimates count. */
const KEPT = 3;
/** What two estimates differ by although nothing has moved. */
const STEADY_MS = 3;
/** After a re-align that did not help the next one waits, twice as long each time. */
const AGAIN_US = 60e6;
const LONGEST_US = 30 * 60e6;
/** Whoever tunes a player by ear has found the place when nothing was changed for so long. */
const TUNED_MS = 1000;

/** What a room knows about its re-aligns. */
interface Case {
  /** The item it was done in last. */
  doneIn?: string;
  /** It shall be done at the start of this item. */
  due?: { readonly itemId: string; readonly untilUs: number; readonly far: number };
  /** How far off they were before the last one, until it is known whether it helped. */
  before?: number | undefined;
  waitUs: number;
  notBeforeUs: number;
}

/** What the last estimates of a nudged member say. */
export interface Mark {
  readonly player: PlayerRecord;
  /** The middle of them. */
  readonly skew_ms: number;
  readonly error_ms: number;
  readonly spread_ms: number;
  readonly count: number;
}

/**
 * Starts the nudged members of a room anew, all of them at one moment, when they have drifted apart: they can only start and jump, and one
 * that jumps alone lands anywhere. At the start of a track, once a track; within a track only when they are far off. Members that are
 * steered or locked hear nothing of it.
 */
export class Realigner {
  readonly #parts: RoomParts;
  readonly #together: Together;
  readonly #look: (roomId: string) => void;
  readonly #estimates = new Map<string, SyncFact[]>();
  /** The last word of each, also from before the room's timeline changed. */
  readonly #lastKnown = new Map<string, SyncFact>();
  readonly #cases = new Map<string, Case>();
  /** Players whose latency was changed: they shall be where it puts them, as soon as it is not changed any more. */
  readonly #tuned = new Map<string, { readonly timer: Timer; readonly settled: boolean }>();
  readonly #unwatch: () => void;

  /** `look` has the room looked after in its turn. */
  constructor(parts: RoomParts, together: Together, look: (roomId: string) => void) {
    this.#parts = parts;
    this.#together = together;
    this.#look = look;
    this.#unwatch = parts.store.watch((change) => this.#changed(change));
  }

  close(): void {
    this.#unwatch();
    for (const { timer } of this.#tuned.values()) timer.cancel();
  }

  forget(roomId: string): void {
    this.#cases.delete(roomId);
  }

  /** The room is about to go on to its next item without a gap. To be told before its timeline is that item's. */
  trackStarts(room: RoomRecord, itemId: string): void {
    const found = this.#case(room);
    const far = this.#farthest(room, 'start');
    delete found.due;
    if (far !== undefined && far > WORTH_MS)
      found.due = { itemId, untilUs: this.#parts.clock.nowUs() + START_US, far };
  }

  /** What is known of the nudged members; undefined while one of them has not said where it is. */
  marks(room: RoomRecord): Mark[] | undefined {
    const players = this.#nudged(room);
    const marks = players.flatMap((player) => this.#mark(player) ?? []);
    return marks.length < players.length ? undefined : marks;
  }

  /** Re-aligns if it is time. In the room's turn. */
  async look(room: RoomRecord, item: QueueItem): Promise<void> {
    await this.#retune(room, item);
    const far = this.#wanted(room, item);
    if (far === undefined) return;
    const players = this.#nudged(room).filter(({ live }) => live.capabilities.includes('seek'));
    const there = players.every(({ live }) => live.ref === item.item_id && live.status === 'playing');
    if (players.length === 0 || !there) return;
    const found = this.#case(room);
    if (found.before !== undefined) this.#waitLonger(found);
    found.doneIn = item.item_id;
    found.before = far;
    const when = found.due?.itemId === item.item_id ? 'at the start of a track' : 'far off within a track';
    const reason = `all players of its kind in the room started anew together, ${when}`;
    for (const player of players) this.#record(player, 'realign', reason);
    this.#parts.log.info({ room_id: room.kept.room_id, far_ms: far, when }, 'nudged players re-aligned');
    await this.#together.realign(
      room,
      players.map(({ kept }) => kept.player_id),
    );
  }

  /** Who was tuned by ear is heard where it belongs, alone: so it was asked for. */
  async #retune(room: RoomRecord, item: QueueItem): Promise<void> {
    const tuned = this.#nudged(room).filter(({ kept: { player_id }, live }) => {
      const ready = this.#tuned.get(player_id)?.settled === true;
      return ready && live.ref === item.item_id && live.status === 'playing';
    });
    for (const player of tuned) {
      this.#tuned.delete(player.kept.player_id);
      if (item.duration_seconds === undefined || room.live.timeline.rate === 0) continue;
      if (!player.live.capabilities.includes('seek')) continue;
      this.#record(player, 'restart', 'its latency was changed');
      await this.#together.realign(room, [player.kept.player_id]);
    }
  }

  /** A player that is steered follows at once, and one that can shift its sound itself was told. */
  #tune(playerId: string): void {
    this.#tuned.get(playerId)?.timer.cancel();
    this.#tuned.delete(playerId);
    const { store, clock } = this.#parts;
    const player = store.state.players.get(playerId);
    const room = store.state.rooms.get(player?.kept.room_id ?? '');
    if (!player || !room || !isShared(room) || room.live.timeline.rate === 0) return;
    if (player.live.sync_class !== 'nudged' || player.live.capabilities.includes('latency')) return;
    const timer = clock.after(TUNED_MS, () => {
      this.#tuned.set(playerId, { timer, settled: true });
      this.#look(room.kept.room_id);
    });
    this.#tuned.set(playerId, { timer, settled: false });
  }

  /** How far off they are, if that is worth a re-align now. */
  #wanted(room: RoomRecord, item: QueueItem): number | undefined {
    const found = this.#case(room);
    const now = this.#parts.clock.nowUs();
    if (item.duration_seconds === undefined || room.live.timeline.rate === 0) return undefined;
    if (found.doneIn === item.item_id || now < found.notBeforeUs) return undefined;
    const { due } = found;
    if (due?.itemId === item.item_id && now < due.untilUs) return due.far;
    const far = this.#farthest(room, 'within');
    return far !== undefined && far > WORTH_WITHIN_MS && this.#together.worthJoining(room) ? far : undefined;
  }

  /** The truth meter shows it with what is known of each. */
  #record({ kept: { player_id } }: PlayerRecord, kind: 'realign' | 'restart', reason: string): void {
    const at_us = this.#parts.clock.nowUs();
    const last = this.#lastKnown.get(player_id);
    if (!last) return;
    const { skew_ms, error_ms, estimated } = last;
    const correction = { kind, skew_ms, reason, at_us };
    this.#parts.store.commit({
      type: 'player/fact',
      player_id,
      fact: { type: 'sync', skew_ms, error_ms, estimated, at_us, correction },
    });
  }

  /**
   * By how much the farthest of them is off, beyond what its estimate can be wrong by, ms; undefined = nothing is known. At the start of a
   * track the timeline is set by the leader, so what counts is the distance from it. What two players of a kind that know equally much
   * are wrong by is taken for the same in both.
   */
  #farthest(room: RoomRecord, where: 'start' | 'within' | 'landing'): number | undefined {
    const marks = this.#nudged(room).flatMap((player) => this.#mark(player) ?? []);
    if (where === 'landing' && marks.length < this.#nudged(room).length) return undefined;
    const sure = marks.filter(({ count }) => where !== 'within' || count > 1);
    const leader = leaderOf(this.#parts.store.state, room);
    const moves = where === 'start' && marks.some(({ player }) => player.kept.player_id === leader);
    const off = moves ? [] : sure.map(({ skew_ms, error_ms }) => Math.abs(skew_ms) - error_ms);
    for (const [index, one] of sure.entries())
      for (const other of sure.slice(index + 1))
        off.push(Math.abs(one.skew_ms - other.skew_ms) - doubt(one, other));
    return off.length === 0 ? undefined : Math.max(...off);
  }

  #mark(player: PlayerRecord): Mark | undefined {
    const now = this.#parts.clock.nowUs();
    const facts = this.#estimates.get(player.kept.player_id)?.filter(({ at_us }) => now - at_us < FRESH_US);
    if (!facts || facts.length === 0) return undefined;
    const skews = facts.map(({ skew_ms }) => skew_ms);
    return {
      player,
      skew_ms: quantile(skews, 0.5),
      error_ms: Math.max(...facts.map(({ error_ms }) => error_ms)),
      spread_ms: Math.max(...skews) - Math.min(...skews),
      count: facts.length,
    };
  }

  /** Members that can only be nudged, and take part. */
  #nudged(room: RoomRecord): PlayerRecord[] {
    return membersOf(this.#parts, room).filter((player) => {
      if (player.live.sync_class !== 'nudged' || hindrance(player)) return false;
      const { cued, out, over, failed } = this.#together.standings.of(player.kept.player_id);
      return cued && out === undefined && !over && failed === undefined;
    });
  }

  #changed(change: Change): void {
    if (change.type === 'room/intent') {
      const room = this.#parts.store.state.rooms.get(change.room_id);
      for (const id of room?.kept.player_ids ?? []) this.#estimates.delete(id);
      return;
    }
    if (change.type !== 'player/fact') {
      if (FORGETS.has(change.type) && 'player_id' in change) this.#forgetPlayer(change.player_id);
      if (change.type === 'player/latency') this.#tune(change.player_id);
      return;
    }
    if (change.fact.type === 'sync') this.#said(change.player_id, change.fact);
  }

  #forgetPlayer(playerId: string): void {
    this.#estimates.delete(playerId);
    this.#lastKnown.delete(playerId);
    this.#tuned.get(playerId)?.timer.cancel();
    this.#tuned.delete(playerId);
  }

  #said(playerId: string, fact: SyncFact): void {
    const { store } = this.#parts;
    const player = store.state.players.get(playerId);
    if (player?.live.sync_class !== 'nudged') return;
    const room = roomOf(this.#parts, player.kept.room_id);
    if (!isShared(room)) return;
    this.#lastKnown.set(playerId, fact);
    if (fact.correction) return void this.#estimates.delete(playerId);
    if (fact.at_us < this.#together.standings.of(playerId).readyUs) return;
    const facts = [...(this.#estimates.get(playerId) ?? []), fact];
    this.#estimates.set(playerId, facts.slice(-KEPT));
    this.#judge(room);
    const item = room.queue.items.find(({ item_id }) => item_id === room.kept.item_id);
    if (item && this.#wanted(room, item) !== undefined) this.#look(room.kept.room_id);
  }

  /** Whether the last re-align helped, once all of them have said where they are since. */
  #judge(room: RoomRecord): void {
    const found = this.#case(room);
    if (found.before === undefined) return;
    const landed = this.#farthest(room, 'landing');
    if (landed === undefined) return;
    const helped = landed <= Math.max(found.before / 2, WORTH_MS);
    found.before = undefined;
    if (helped) found.waitUs = AGAIN_US;
    else this.#waitLonger(found);
  }

  #waitLonger(found: Case): void {
    found.notBeforeUs = this.#parts.clock.nowUs() + found.waitUs;
    found.waitUs = Math.min(LONGEST_US, found.waitUs * 2);
  }

  #case({ kept: { room_id } }: RoomRecord): Case {
    let found = this.#cases.get(room_id);
    if (!found) this.#cases.set(room_id, (found = { waitUs: AGAIN_US, notBeforeUs: 0 }));
    return found;
  }
}

/** After these a player's estimates say nothing about where it is now. */
const FORGETS: ReadonlySet<string> = new Set([
  'player/link',
  'player/moved',
  'player/removed',
  'player/latency',
]);

/** By how much the difference of two estimates can be wrong. */
function doubt(one: Mark, other: Mark): number {
  const all = one.error_ms + other.error_ms;
  const alike =
    one.player.kept.kind === other.player.kept.kind && Math.abs(one.error_ms - other.error_ms) < WORTH_MS;
  if (!alike || one.count < 2 || other.count < 2) return all;
  return Math.min(all, (one.spread_ms + other.spread_ms) / 2 + STEADY_MS);
}
