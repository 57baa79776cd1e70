import { toError, type Timer } from '../base/index.js';
import type { Change, PlayerRecord, RoomRecord, State } from '../state/index.js';
import { ceilingNow } from './levels.js';
import type { Knobs, Pace } from './levels-knobs.js';
import type { RoomParts } from './parts.js';
import type { Turns } from './turns.js';

/** Mixers have steps: so much above the limit is not above it. */
const TOLERANCE = 0.02;
/** Quiet hours are looked at so often, so that a clock that was set is noticed. */
const LOOK_MS = 10_000;
/** A player that is above its limit again is turned back after so long, twice as long each time, up to the longest. */
const AGAIN_MS = 250;
const LONGEST_MS = 30_000;
/** So many times in a row, and somebody insists. */
const INSISTS = 4;
/** After so long within its limit all is forgotten. */
const CALM_US = 10e6;

/** Changes after which one player may be louder than it may. */
const MAY_EXCEED: ReadonlySet<string> = new Set(['player/link', 'player/limit', 'player/moved']);

interface Dispute {
  tries: number;
  lastUs: number;
  timer?: Timer;
}

interface Excess {
  readonly player: PlayerRecord;
  readonly room: RoomRecord;
  readonly level: number;
  readonly reason: string;
}

/**
 * Holds limits and quiet hours whoever turns the knob: a player that gets louder than it may be is turned back at once; one that insists
 * is turned back less and less often, and says so. When quiet hours begin loud players go down slowly; at their end nothing goes up.
 */
export class LevelKeeper {
  readonly #parts: RoomParts;
  readonly #knobs: Knobs;
  readonly #turns: Turns;
  readonly #disputes = new Map<string, Dispute>();
  readonly #timer: Timer;
  readonly #unwatch: () => void;

  constructor(parts: RoomParts, knobs: Knobs, turns: Turns) {
    this.#parts = parts;
    this.#knobs = knobs;
    this.#turns = turns;
    this.#unwatch = parts.store.watch((change, _before, after) => this.#changed(change, after));
    this.#timer = parts.clock.every(LOOK_MS, () => this.#look());
  }

  close(): void {
    this.#unwatch();
    this.#timer.cancel();
    for (const { timer } of this.#disputes.values()) timer?.cancel();
  }

  #changed(change: Change, state: State): void {
    if (change.type === 'player/removed') this.#forget(change.player_id);
    else if (change.type === 'player/fact') {
      if (change.fact.type !== 'volume') return;
      if (change.fact.volume !== undefined) this.#knobs.heard(change.player_id, change.fact.volume);
      this.#check(change.player_id, 'at-once');
    } else if ('player_id' in change && MAY_EXCEED.has(change.type)) this.#check(change.player_id, 'at-once');
    else if (change.type === 'room/limits')
      for (const playerId of state.rooms.get(change.room_id)?.kept.player_ids ?? [])
        this.#check(playerId, 'at-once');
  }

  #forget(playerId: string): void {
    this.#disputes.get(playerId)?.timer?.cancel();
    this.#disputes.delete(playerId);
    this.#knobs.forget(playerId);
  }

  #look(): void {
    for (const { kept } of this.#parts.store.state.rooms.values())
      if (kept.quiet_hours) for (const playerId of kept.player_ids) this.#check(playerId, 'slow');
    for (const [playerId, dispute] of this.#disputes)
      if (dispute.timer === undefined) this.#check(playerId, 'at-once');
    for (const [playerId, dispute] of this.#disputes) this.#forgive(playerId, dispute);
  }

  #excess(playerId: string): Excess | undefined {
    const { players, rooms } = this.#parts.store.state;
    const player = players.get(playerId);
    const room = player && rooms.get(player.kept.room_id);
    if (!room || player.live.volume === undefined || player.live.link !== 'online') return undefined;
    if (!player.live.capabilities.includes('volume')) return undefined;
    const { level, reason } = ceilingNow(this.#parts, room, player);
    return player.live.volume > level + TOLERANCE ? { player, room, level, reason } : undefined;
  }

  #check(playerId: string, pace: Pace): void {
    const excess = this.#excess(playerId);
    if (!excess) return;
    if ((this.#knobs.target(playerId) ?? Infinity) <= excess.level) return;
    const dispute = this.#disputes.get(playerId) ?? { tries: 0, lastUs: 0 };
    if (dispute.timer) return;
    this.#disputes.set(playerId, dispute);
    dispute.lastUs = this.#parts.clock.nowUs();
    dispute.tries++;
    dispute.timer = this.#parts.clock.after(Math.min(LONGEST_MS, AGAIN_MS * 2 ** dispute.tries), () => {
      delete dispute.timer;
      this.#check(playerId, 'at-once');
    });
    const problem = dispute.tries >= INSISTS ? insists(excess) : undefined;
    this.#turns
      .takeKnob(excess.room, () => this.#turnBack(playerId, pace, problem))
      .catch((error: unknown) =>
        this.#parts.log.debug(
          { player_id: playerId, error: toError(error).message },
          'a player was not turned down',
        ),
      );
  }

  async #turnBack(playerId: string, pace: Pace, problem: string | undefined): Promise<void> {
    const { store } = this.#parts;
    if (problem !== undefined) this.#say(playerId, problem);
    const excess = this.#excess(playerId);
    if (!excess) return;
    const { player, room, level } = excess;
    await this.#knobs.turn(playerId, player.live.volume, level, pace);
    if (pace !== 'slow' || room.kept.player_ids.length < 2) return;
    const wanted = room.kept.balance?.[playerId]?.wanted ?? player.live.volume ?? level;
    const balance = { told: level, wanted };
    store.commit({
      type: 'room/levels',
      room_id: room.kept.room_id,
      levels: [{ player_id: playerId, balance }],
    });
  }

  #forgive(playerId: string, dispute: Dispute): void {
    const calm = this.#parts.clock.nowUs() - dispute.lastUs > CALM_US;
    if (!calm || dispute.timer || this.#excess(playerId)) return;
    this.#disputes.delete(playerId);
    if (this.#parts.store.state.players.get(playerId)?.live.problem?.startsWith(INSISTENCE))
      this.#say(playerId, undefined);
  }

  #say(playerId: string, message: string | undefined): void {
    if (this.#parts.store.state.players.get(playerId)?.live.problem === message) return;
    const fact = { type: 'problem' as const, ...(message !== undefined && { message }) };
    this.#parts.store.commit({ type: 'player/fact', player_id: playerId, fact });
  }
}

const INSISTENCE = 'it is turned louder than it may be, again and again';

function insists({ level, reason }: Excess): string {
  return `${INSISTENCE}: ${Math.round(level * 100)} % by ${reason}`;
}
