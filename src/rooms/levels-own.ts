import { toError } from '../base/index.js';
import type { BeforeHouse, Change, OwnLevel, PlayerRecord } from '../state/index.js';
import { ceilingNow, ECHO, type Levels } from './levels.js';
import type { RoomParts } from './parts.js';
import type { Turns } from './turns.js';

/** What the house turns players for. */
export type Layer = keyof BeforeHouse;

/** Who is back says within so long how loud it is. */
const SETTLE_US = 5e6;

/** Where a player was told to stand, and where it then stood: a big step takes a while. */
interface Told {
  readonly level: number;
  readonly stood: number;
}

/**
 * How loud players are by themselves while the house turns them for a clip or a fade: each gets exactly that back, and is muted again if it
 * was. Kept with the player, so it survives a restart; one that is away gets it when it is back. What a person turns meanwhile is its own
 * from then on.
 */
export class OwnLevels {
  /** Somebody has turned this player while it faded. */
  onChosen: (playerId: string) => void = () => undefined;
  readonly #parts: RoomParts;
  readonly #levels: Levels;
  readonly #turns: Turns;
  readonly #told = new Map<string, Told>();
  readonly #backUs = new Map<string, number>();
  readonly #unwatch: () => void;

  constructor(parts: RoomParts, levels: Levels, turns: Turns) {
    this.#parts = parts;
    this.#levels = levels;
    this.#turns = turns;
    this.#unwatch = parts.store.watch((change) => this.#changed(change));
  }

  close(): void {
    this.#unwatch();
  }

  /** From now on the house turns it. Who has not been given back its own from before still has that. */
  remember(player: PlayerRecord, layer: Layer): OwnLevel | undefined {
    const { kept, live } = player;
    const known = kept.before?.[layer];
    const room = this.#parts.store.state.rooms.get(kept.room_id);
    const alone = room?.kept.player_ids.length === 1;
    if (known || !room || (live.volume === undefined && !alone)) return known;
    const { volume, wanted } = this.#levels.standing(room, player);
    const own = { volume, wanted, muted: live.muted };
    this.#keep(kept.player_id, layer, own);
    return own;
  }

  /** The house has told it. */
  told(playerId: string, level: number): void {
    const stood = this.#parts.store.state.players.get(playerId)?.live.volume ?? level;
    this.#told.set(playerId, { level, stood });
  }

  /** Whether it has not gone where it was told last, or has left that by itself. */
  strays(playerId: string, level: number): boolean {
    const volume = this.#parts.store.state.players.get(playerId)?.live.volume;
    return this.#told.get(playerId)?.level !== level || Math.abs((volume ?? level) - level) > ECHO;
  }

  /** Notices a hand at the knob of a player that the house has turned: that holds. */
  notice(player: PlayerRecord): void {
    if (!this.#isTurned(player)) return;
    this.#levels.forget(player.kept.player_id);
    this.chosen([player.kept.player_id]);
  }

  /** As loud as they are they are by themselves. */
  chosen(playerIds: readonly string[]): void {
    for (const playerId of playerIds) {
      const before = this.#parts.store.state.players.get(playerId)?.kept.before;
      this.#told.delete(playerId);
      if (before) this.#parts.store.commit({ type: 'player/before', player_id: playerId, before: undefined });
      if (before?.fade) this.onChosen(playerId);
    }
  }

  mutedBy(playerIds: readonly string[], muted: boolean): void {
    for (const playerId of playerIds) {
      const { clip, fade } = this.#parts.store.state.players.get(playerId)?.kept.before ?? {};
      if (clip) this.#keep(playerId, 'clip', { ...clip, muted });
      if (fade) this.#keep(playerId, 'fade', { ...fade, muted });
    }
  }

  /** Nothing is given back. */
  forget(playerId: string, layer: Layer): void {
    if (this.#parts.store.state.players.get(playerId)?.kept.before?.[layer])
      this.#keep(playerId, layer, undefined);
  }

  /** Of an older version, which kept less. */
  adopt(playerId: string, own: OwnLevel): void {
    if (!this.#parts.store.state.players.get(playerId)?.kept.before?.fade) this.#keep(playerId, 'fade', own);
  }

  /** Gives the players of a room back what they had before a clip; those that are away, when they are back. */
  async clipOver(roomId: string): Promise<void> {
    const room = this.#parts.store.state.rooms.get(roomId);
    await Promise.all(
      (room?.kept.player_ids ?? []).map(async (playerId) => {
        await this.#give(playerId, 'clip');
        await this.look(playerId);
      }),
    );
  }

  /** Gives a player back what the house does no more, but not over what somebody has turned meanwhile; one that is away, when it is back. */
  async look(playerId: string): Promise<void> {
    const player = this.#parts.store.state.players.get(playerId);
    if (!player?.kept.before) return;
    const { room_id, before } = player.kept;
    if (before.clip && !this.#turns.isHeld(room_id)) await this.#give(playerId, 'clip');
    if (before.fade && this.#parts.fades?.(room_id) !== true) await this.#give(playerId, 'fade');
  }

  async #give(playerId: string, layer: Layer): Promise<void> {
    const { store, log } = this.#parts;
    const room = store.state.rooms.get(store.state.players.get(playerId)?.kept.room_id ?? '');
    if (!room) return;
    try {
      await this.#turns.takeKnob(room, () => this.#giveNow(playerId, layer));
    } catch (error) {
      log.warn(
        { player_id: playerId, error: toError(error).message },
        'a player has not its own volume back yet',
      );
    }
  }

  async #giveNow(playerId: string, layer: Layer): Promise<void> {
    const { rooms, players } = this.#parts.store.state;
    const player = players.get(playerId);
    const room = rooms.get(player?.kept.room_id ?? '');
    const own = player?.kept.before?.[layer];
    if (!player || !room || !own) return;
    if (layer === 'fade' && player.kept.before?.clip) {
      this.#keep(playerId, 'fade', undefined);
      return this.#keep(playerId, 'clip', own);
    }
    if (player.live.link !== 'online') return;
    if (this.#isTurned(player)) return this.chosen([playerId]);
    const { volume, wanted = volume } = own;
    await this.#levels.put(room, [{ player_id: playerId, volume, wanted }]);
    if (own.muted && !player.live.muted) await this.#levels.mute(room, true, playerId);
    this.told(playerId, volume);
    this.#keep(playerId, layer, undefined);
  }

  #keep(playerId: string, layer: Layer, own: OwnLevel | undefined): void {
    const { store } = this.#parts;
    const { [layer]: _old, ...others } = store.state.players.get(playerId)?.kept.before ?? {};
    const before = own ? { ...others, [layer]: own } : others;
    const some = Object.keys(before).length > 0;
    store.commit({ type: 'player/before', player_id: playerId, before: some ? before : undefined });
  }

  /** Limits turn it too, and who is back is as loud as it likes for a moment. */
  #isTurned(player: PlayerRecord): boolean {
    const { player_id, room_id } = player.kept;
    const { volume, link } = player.live;
    const told = this.#told.get(player_id);
    const room = this.#parts.store.state.rooms.get(room_id);
    if (!told || !room || volume === undefined || link !== 'online') return false;
    if (this.#parts.clock.nowUs() - (this.#backUs.get(player_id) ?? -Infinity) < SETTLE_US) return false;
    const ceiling = ceilingNow(this.#parts, room, player).level;
    const low = Math.min(told.level, told.stood, ceiling);
    return volume < low - ECHO || volume > Math.max(told.level, told.stood) + ECHO;
  }

  #changed(change: Change): void {
    if (change.type === 'player/moved') return void this.look(change.player_id);
    if (change.type === 'player/removed') this.#lost(change.player_id);
    if (change.type === 'player/link') {
      this.#lost(change.player_id);
      if (change.link === 'online') this.#backUs.set(change.player_id, this.#parts.clock.nowUs());
    }
    if (change.type !== 'player/fact' || change.fact.type !== 'volume') return;
    const level = this.#told.get(change.player_id)?.level;
    if (level !== undefined && Math.abs((change.fact.volume ?? Infinity) - level) <= ECHO)
      this.#told.set(change.player_id, { level, stood: level });
  }

  #lost(playerId: string): void {
    this.#told.delete(playerId);
    this.#backUs.delete(playerId);
  }
}
