import { toError } from '../base/index.js';
import type { Role } from '../protocol/index.js';
import { roundLevel, type PlayerRecord, type RoomRecord } from '../state/index.js';
import { inProportion, type Place } from './levels-balance.js';
import type { Levels } from './levels.js';
import type { OwnLevels } from './levels-own.js';
import { membersOf, type RoomParts } from './parts.js';
import type { Turns } from './turns.js';

/** Nobody goes on from a smaller share than this: it would be a step as long as all the others. */
const LEAST_SHARE = 0.02;

export interface FadeOptions {
  /** Whose limits hold; absent: those of nobody. */
  readonly role?: Role;
  /** Players that somebody has turned already. */
  readonly turned?: readonly string[];
  /** Somebody has turned one more. */
  onTurned?(this: void): void;
}

interface RoomFadeParts {
  readonly parts: RoomParts;
  readonly levels: Levels;
  readonly own: OwnLevels;
  readonly turns: Turns;
  readonly roomId: string;
  readonly role: Role | undefined;
  readonly turned: Set<string>;
  readonly onTurned: FadeOptions['onTurned'];
  isNewest(this: void): boolean;
  over(this: void): void;
  giveBack(this: void): void;
}

/** One room that fades. A newer fade of the same room takes its place: then nothing of this one has an effect. */
export class RoomFade {
  readonly #parts: RoomFadeParts;
  /** Members that are not muted any more. */
  readonly #unmuted = new Set<string>();
  /** Where members that grow quieter come from. */
  readonly #from = new Map<string, number>();

  constructor(parts: RoomFadeParts) {
    this.#parts = parts;
  }

  /** Players that somebody has turned: they are left alone when it grows louder. */
  get turned(): string[] {
    return [...this.#parts.turned];
  }

  chosen(playerId: string): void {
    const player = this.#parts.parts.store.state.players.get(playerId);
    if (player?.kept.room_id !== this.#parts.roomId) return;
    this.#parts.turned.add(playerId);
    this.#from.delete(playerId);
    this.#parts.onTurned?.();
  }

  /** So loud is the room, each player in proportion to how loud it is by itself, and not muted. */
  async raise(level: number): Promise<void> {
    const { levels, own, turned, role } = this.#parts;
    await this.#turn(async (room, members) => {
      const open = members.filter(({ kept }) => !turned.has(kept.player_id));
      const standings = turnable(room, open).map((player) => {
        const { volume: stands, player_id, ceiling } = levels.standing(room, player, role);
        const { volume, wanted = volume } = own.remember(player, 'fade') ?? { volume: stands };
        return { player_id, volume, wanted, ceiling };
      });
      await this.#unmute(room, open);
      const volumes = inProportion(standings, level);
      await this.#put(
        room,
        standings.map(({ player_id, wanted }, index) => ({
          player_id,
          wanted,
          volume: volumes[index] ?? level,
        })),
      );
    });
  }

  /** Each player has this share of its volume left, 1..0. Who is turned, or joins, goes on from there. */
  async lower(share: number): Promise<void> {
    const { levels, own } = this.#parts;
    await this.#turn(async (room, members) => {
      const places = turnable(room, members).map((player) => {
        const { player_id } = player.kept;
        const { volume: stands, ceiling } = levels.standing(room, player);
        const { wanted = stands } = own.remember(player, 'fade') ?? {};
        const from = this.#from.get(player_id) ?? stands / Math.max(LEAST_SHARE, share);
        this.#from.set(player_id, from);
        return { player_id, volume: roundLevel(Math.min(ceiling, from * share)), wanted };
      });
      await this.#put(room, places);
    });
  }

  /** It is over: all get their own volume back, once nothing is heard any more. */
  giveBack(): void {
    if (!this.#parts.isNewest()) return;
    this.#parts.over();
    this.#parts.giveBack();
  }

  /** It is over: the room stays as loud as it is. */
  leave(): void {
    const { parts, own, roomId, isNewest, over } = this.#parts;
    if (!isNewest()) return;
    over();
    for (const id of parts.store.state.rooms.get(roomId)?.kept.player_ids ?? []) own.forget(id, 'fade');
  }

  /** In the turn of the knob. An announcement has its own volume: nothing fades under it. */
  async #turn(work: (room: RoomRecord, members: readonly PlayerRecord[]) => Promise<void>): Promise<void> {
    const { parts, own, turns, roomId, isNewest } = this.#parts;
    const room = parts.store.state.rooms.get(roomId);
    if (!room) return;
    try {
      await turns.takeKnob(room, async () => {
        const now = parts.store.state.rooms.get(roomId);
        if (!now || !isNewest()) return;
        const present = (): PlayerRecord[] =>
          membersOf(parts, now).filter(({ live }) => live.link === 'online');
        if (present().some(({ kept }) => kept.before?.clip)) return;
        for (const player of present()) own.notice(player);
        await work(now, present());
      });
    } catch (error) {
      parts.log.debug({ room_id: roomId, error: toError(error).message }, 'a room does not fade');
    }
  }

  async #put(room: RoomRecord, places: readonly Place[]): Promise<void> {
    const { levels, own, role } = this.#parts;
    const news = places.filter(({ player_id, volume }) => own.strays(player_id, volume));
    if (news.length === 0) return;
    for (const { player_id, outcome } of await levels.put(room, news, role)) {
      const place = news.find((one) => one.player_id === player_id);
      if (place && outcome === 'applied') own.told(player_id, place.volume);
    }
  }

  async #unmute(room: RoomRecord, members: readonly PlayerRecord[]): Promise<void> {
    for (const { kept, live } of members) {
      const isNew = !this.#unmuted.has(kept.player_id);
      this.#unmuted.add(kept.player_id);
      if (!isNew || !live.muted) continue;
      try {
        await this.#parts.levels.mute(room, false, kept.player_id);
      } catch (error) {
        const fields = { player_id: kept.player_id, error: toError(error).message };
        this.#parts.parts.log.warn(fields, 'a player that is to be heard stays muted');
      }
    }
  }
}

function turnable(room: RoomRecord, members: readonly PlayerRecord[]): PlayerRecord[] {
  const alone = room.kept.player_ids.length === 1;
  return members.filter(
    ({ live }) => live.capabilities.includes('volume') && (alone || live.volume !== undefined),
  );
}
