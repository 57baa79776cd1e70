import { toError } from '../base/index.js';
import type { BeforeClip, Change, PlayerRecord } from '../state/index.js';
import { ceilingNow } from './levels.js';
import type { Knobs } from './levels-knobs.js';
import type { RoomParts } from './parts.js';

/** A player further from what it was told for the clip has been turned by somebody: that holds. */
const TOUCHED = 0.03;

/**
 * How loud players were before a clip that is to be louder or quieter. Kept with the room: a server that was restarted during the clip
 * gives the players their volume back when they are connected again.
 */
export class AnnounceVolumes {
  readonly #parts: RoomParts;
  readonly #knobs: Knobs;
  readonly #announcing: (roomId: string) => boolean;
  readonly #told = new Map<string, number>();
  readonly #unwatch: () => void;

  constructor(parts: RoomParts, knobs: Knobs, announcing: (roomId: string) => boolean) {
    this.#parts = parts;
    this.#knobs = knobs;
    this.#announcing = announcing;
    this.#unwatch = parts.store.watch((change) => this.#changed(change));
  }

  close(): void {
    this.#unwatch();
  }

  /** Turns players to the volume of the clip, and unmutes them. Limits hold. */
  async turn(roomIds: readonly string[], players: readonly PlayerRecord[], volume: number): Promise<void> {
    for (const roomId of roomIds) {
      const before: Record<string, BeforeClip> = {};
      for (const { kept, live } of players)
        if (kept.room_id === roomId && live.volume !== undefined)
          before[kept.player_id] = { volume: live.volume, muted: live.muted };
      // Who has not been given back the volume of before the last clip still has that of the clip.
      const left = this.#parts.store.state.rooms.get(roomId)?.kept.before_clip;
      this.#parts.store.commit({ type: 'room/announcing', room_id: roomId, before: { ...before, ...left } });
    }
    await Promise.all(
      players.map(async (player) => {
        const { player_id, room_id } = player.kept;
        const room = this.#parts.store.state.rooms.get(room_id);
        if (!room || player.live.volume === undefined) return;
        const target = Math.min(volume, ceilingNow(this.#parts, room, player).level);
        this.#told.set(player_id, target);
        await this.#tell(player_id, player.live.volume, target, player.live.muted ? false : undefined);
      }),
    );
  }

  /** Gives the players of a room back what they had, but for those somebody has turned meanwhile; those that are away, when they are back. */
  async turnBack(roomId: string): Promise<void> {
    const { rooms, players } = this.#parts.store.state;
    const before = Object.entries(rooms.get(roomId)?.kept.before_clip ?? {});
    if (before.length === 0) return;
    const isAway = (playerId: string): boolean => (players.get(playerId)?.live.link ?? 'online') !== 'online';
    const away = before.filter(([playerId]) => isAway(playerId));
    const here = before.filter(([playerId]) => !isAway(playerId));
    for (const [playerId] of away) this.#told.delete(playerId);
    await Promise.all(here.map(([playerId, one]) => this.#turnBack(playerId, one)));
    this.#keep(roomId, Object.fromEntries(away));
  }

  async #turnBack(playerId: string, before: BeforeClip | undefined): Promise<void> {
    const live = this.#parts.store.state.players.get(playerId)?.live;
    const told = this.#told.get(playerId);
    this.#told.delete(playerId);
    if (!before || live?.link !== 'online') return;
    const touched =
      told !== undefined &&
      (Math.abs((live.volume ?? told) - told) > TOUCHED || (before.muted && live.muted));
    if (!touched) await this.#tell(playerId, live.volume, before.volume, before.muted || undefined);
  }

  async #tell(
    playerId: string,
    from: number | undefined,
    to: number,
    muted: boolean | undefined,
  ): Promise<void> {
    try {
      await this.#knobs.turn(playerId, from, to, 'at-once');
      if (muted !== undefined) await this.#parts.players.execute(playerId, { type: 'mute', muted });
    } catch (error) {
      this.#parts.log.warn(
        { player_id: playerId, error: toError(error).message },
        'a player did not take the volume of an announcement, or its own again',
      );
    }
  }

  /** It was away when the clip was over, or the server was: nobody announces anything, and yet a player still has the volume of a clip. */
  #changed(change: Change): void {
    if (change.type !== 'player/link' || change.link !== 'online') return;
    const player = this.#parts.store.state.players.get(change.player_id);
    const room = player && this.#parts.store.state.rooms.get(player.kept.room_id);
    const before = room?.kept.before_clip?.[change.player_id];
    if (!room || !before || this.#announcing(room.kept.room_id)) return;
    const { [change.player_id]: _done, ...rest } = room.kept.before_clip ?? {};
    void this.#turnBack(change.player_id, before).then(() => this.#keep(room.kept.room_id, rest));
  }

  #keep(room_id: string, before: Readonly<Record<string, BeforeClip>>): void {
    const some = Object.keys(before).length > 0;
    this.#parts.store.commit({ type: 'room/announcing', room_id, ...(some && { before }) });
  }
}
