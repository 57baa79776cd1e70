import { AppError, minuteOfDay, systemOffset, toError } from '../base/index.js';
import type { Handlers, Outcome, Role } from '../protocol/index.js';
import { ceilingOf, type Level, type PlayerRecord, type RoomRecord } from '../state/index.js';
import { balanced, type Place, type Standing } from './levels-balance.js';
import type { Knobs, Pace } from './levels-knobs.js';
import { LimitsOfRoles } from './levels-roles.js';
import { isQuietAt } from './levels-quiet.js';
import { membersOf, roomOf, type RoomParts } from './parts.js';
import { requirePlayers } from './tell.js';
import type { Turns } from './turns.js';

type LevelCommand =
  `room:${'volume' | 'mute' | 'limits'}` | `player:${'volume' | 'mute' | 'limit'}` | 'house:limits';

/** A player that stands within this of what it was told has not been turned by anybody: mixers have steps. */
export const ECHO = 0.03;
/** A member that is to stand where it stands is not told. */
const SAME = 0.0005;

/** Whether a room's quiet hours are on now. */
export function isQuiet(parts: RoomParts, room: RoomRecord): boolean {
  if (parts.excused?.(room.kept.room_id) === true) return false;
  const { clock, localMinutes = (ms) => minuteOfDay(ms, systemOffset) } = parts;
  return isQuietAt(room.kept.quiet_hours, localMinutes(clock.wallMs()));
}

/** How loud a player may be in its room at this moment. */
export function ceilingNow(
  parts: RoomParts,
  room: RoomRecord,
  player: PlayerRecord,
): ReturnType<typeof ceilingOf> {
  return ceilingOf(player, room, isQuiet(parts, room));
}

/** The same for somebody who turns it: by role, and no lower than it stands already, so that it can be turned down. */
export function ceilingFor(
  parts: RoomParts,
  room: RoomRecord,
  player: PlayerRecord,
  role: Role | undefined,
): ReturnType<typeof ceilingOf> {
  const ceiling = ceilingNow(parts, room, player);
  const limit = role === undefined ? 1 : (parts.roleLimits?.of(role, isQuiet(parts, room)) ?? 1);
  const level = Math.max(limit, player.live.volume ?? 0);
  return level < ceiling.level ? { level, reason: 'the limit of who turns it' } : ceiling;
}

/** Whom levels tell that somebody has chosen how loud players are. */
interface Choices {
  chosen(playerIds: readonly string[]): void;
  mutedBy(playerIds: readonly string[], muted: boolean): void;
}

/** Volume, mute and limits of rooms and players. A room's knob keeps the balance of its members; nobody gets louder than it may be. */
export function levelHandlers(
  parts: RoomParts,
  levels: Levels,
  own: Choices,
  turns: Turns,
): Handlers<LevelCommand> {
  const { store } = parts;
  const turned = async (
    roomId: string,
    work: (room: RoomRecord) => Promise<Outcome[]>,
    accepted: (playerIds: readonly string[]) => void,
  ): Promise<{ outcomes: Outcome[] }> =>
    turns.takeKnob(roomOf(parts, roomId), async () => {
      const outcomes = await work(roomOf(parts, roomId));
      accepted(outcomes.flatMap(({ player_id, outcome }) => (outcome === 'applied' ? [player_id] : [])));
      await store.durable();
      return { outcomes };
    });
  const chosen = (playerIds: readonly string[]): void => own.chosen(playerIds);
  return {
    'room:volume': ({ room_id, volume }, { role }) =>
      turned(room_id, (room) => levels.turnRoom(room, volume, role), chosen),
    'room:mute': ({ room_id, muted }) =>
      turned(
        room_id,
        (room) => levels.mute(room, muted),
        (ids) => own.mutedBy(ids, muted),
      ),
    'player:volume': ({ player_id, volume }, { role }) =>
      turned(
        playerOf(parts, player_id).kept.room_id,
        (room) => levels.turnMember(room, playerOf(parts, player_id), volume, role),
        chosen,
      ),
    'player:mute': ({ player_id, muted }) =>
      turned(
        playerOf(parts, player_id).kept.room_id,
        (room) => levels.mute(room, muted, player_id),
        (ids) => own.mutedBy(ids, muted),
      ),
    'player:limit': async ({ player_id, volume_limit }) => {
      const { live } = playerOf(parts, player_id);
      store.commit({ type: 'player/limit', player_id, volume_limit });
      await store.durable();
      if (live.link === 'online') return { outcomes: [{ player_id, outcome: 'applied' }] };
      return { outcomes: [{ player_id, outcome: 'queued', reason: 'holds when it is connected' }] };
    },
    'house:limits': (change) => {
      const limits = (parts.roleLimits ?? new LimitsOfRoles()).set(change);
      store.commit({ type: 'system/limits', role_limits: limits });
      return { limits };
    },
    'room:limits': async ({ room_id, volume_limit, quiet_hours }) => {
      roomOf(parts, room_id);
      store.commit({ type: 'room/limits', room_id, volume_limit, quiet_hours });
      await store.durable();
      return {};
    },
  };
}

function playerOf(parts: RoomParts, playerId: string): PlayerRecord {
  const player = parts.store.state.players.get(playerId);
  if (!player)
    throw new AppError('ERR_PLAYER_NOT_FOUND', 'no player has this id', { params: { player_id: playerId } });
  return player;
}

/** The decisions behind the handlers. To be asked for in the turn of the room's knob. */
export class Levels {
  readonly #parts: RoomParts;
  readonly #knobs: Knobs;

  constructor(parts: RoomParts, knobs: Knobs) {
    this.#parts = parts;
    this.#knobs = knobs;
  }

  async turnRoom(room: RoomRecord, volume: number, role?: Role): Promise<Outcome[]> {
    requirePlayers(room);
    const members = membersOf(this.#parts, room);
    if (members.length === 1 && members[0]) return this.#turnAlone(room, members[0], volume, role);
    const able = members.filter((player) => refusal(player, 'volume') === undefined);
    if (able.length === 0) throw nobodyCan(members, 'volume');
    const standings = able.map((player) => this.standing(room, player, role));
    const places = balanced(standings, volume).map((place, index) => {
      const ceiling = standings[index]?.ceiling ?? 1;
      return { ...place, held: place.wanted > ceiling + 0.001 };
    });
    return this.#tellMembers(room, members, places, role);
  }

  /** What it was told last does not count any more. */
  forget(playerId: string): void {
    this.#knobs.forget(playerId);
  }

  /** Puts players of a room somewhere, each with the place in the balance that it is to have. Throws when none could be told. */
  async put(room: RoomRecord, places: readonly Place[], role?: Role): Promise<Outcome[]> {
    const { players } = this.#parts.store.state;
    const members = places.flatMap(({ player_id }) => players.get(player_id) ?? []);
    const [first] = places;
    if (room.kept.player_ids.length < 2 && members[0] && first)
      return this.#turnAlone(room, members[0], first.volume, role);
    const within = places.map((place) => {
      const player = players.get(place.player_id);
      const level = player ? ceilingFor(this.#parts, room, player, role).level : 1;
      return { ...place, volume: Math.min(place.volume, level), held: false };
    });
    return this.#tellMembers(room, members, within, role);
  }

  async turnMember(room: RoomRecord, player: PlayerRecord, volume: number, role?: Role): Promise<Outcome[]> {
    if (room.kept.player_ids.length < 2) return this.#turnAlone(room, player, volume, role);
    if (refusal(player, 'volume') !== undefined) throw nobodyCan([player], 'volume');
    const { level } = ceilingFor(this.#parts, room, player, role);
    const told = Math.min(level, volume);
    const { player_id } = player.kept;
    return this.#tellMembers(
      room,
      [player],
      [{ player_id, volume: told, wanted: told, held: told < volume }],
      role,
    );
  }

  /** One player, or all members: as one command to each. */
  async mute(room: RoomRecord, muted: boolean, playerId?: string): Promise<Outcome[]> {
    requirePlayers(room);
    const members = membersOf(this.#parts, room).filter(
      ({ kept }) => playerId === undefined || kept.player_id === playerId,
    );
    const alone = room.kept.player_ids.length < 2;
    if (members.every((player) => refusal(player, 'mute', alone) !== undefined))
      throw nobodyCan(members, 'mute');
    const outcomes = await each(members, async (player) => {
      const refused = refusal(player, 'mute', alone);
      if (refused) return refused;
      await this.#parts.players.execute(player.kept.player_id, { type: 'mute', muted });
      return { outcome: 'applied' };
    });
    const accepted = outcomes.filter(({ outcome }) => outcome === 'applied');
    if (alone) this.#parts.store.commit({ type: 'room/volume', room_id: room.kept.room_id, muted });
    else
      this.#commit(
        room,
        accepted.map(({ player_id }) => ({ player_id, muted })),
      );
    return outcomes;
  }

  async #turnAlone(
    room: RoomRecord,
    player: PlayerRecord,
    volume: number,
    role: Role | undefined,
  ): Promise<Outcome[]> {
    const refused = refusal(player, 'volume', true);
    if (refused) throw nobodyCan([player], 'volume');
    const { player_id } = player.kept;
    const ceiling = ceilingFor(this.#parts, room, player, role);
    const target = Math.min(volume, ceiling.level);
    const from = player.live.volume ?? room.kept.volume;
    const told = await this.#knobs.turn(player_id, from, target, paceIn(room));
    this.#parts.store.commit({ type: 'room/volume', room_id: room.kept.room_id, volume: told });
    return [{ player_id, outcome: 'applied', ...(target < volume && { reason: held(ceiling) }) }];
  }

  async #tellMembers(
    room: RoomRecord,
    members: readonly PlayerRecord[],
    places: readonly (Place & { readonly held: boolean })[],
    role: Role | undefined,
  ): Promise<Outcome[]> {
    const levels: Level[] = [];
    const outcomes = await each(members, async (player) => {
      const { player_id } = player.kept;
      const place = places.find((one) => one.player_id === player_id);
      const refused = refusal(player, 'volume');
      if (refused || !place) return refused ?? { outcome: 'ignored' };
      const before = player.live.volume;
      const ceiling = ceilingFor(this.#parts, room, player, role);
      const stands =
        this.#knobs.target(player_id) === undefined && Math.abs((before ?? -1) - place.volume) < SAME;
      const told = stands
        ? place.volume
        : await this.#knobs.turn(player_id, before, place.volume, paceIn(room));
      const said = this.#parts.store.state.players.get(player_id)?.live.volume;
      const balance = { told: place.volume, wanted: place.wanted };
      levels.push({ player_id, balance, ...(said === before && { volume: told }) });
      return {
        outcome: 'applied',
        ...(place.held && { reason: held(ceiling) }),
      };
    });
    this.#commit(room, levels);
    return outcomes;
  }

  /** Where a member stands; its place in the balance counts as long as nobody turned it by itself. */
  standing(room: RoomRecord, player: PlayerRecord, role?: Role): Standing {
    const { player_id } = player.kept;
    const volume = this.#knobs.recent(player_id) ?? player.live.volume ?? room.kept.volume;
    const place = room.kept.balance?.[player_id];
    const wanted = place && Math.abs(volume - place.told) <= ECHO ? place.wanted : volume;
    return { player_id, volume, wanted, ceiling: ceilingFor(this.#parts, room, player, role).level };
  }

  #commit(room: RoomRecord, levels: readonly Level[]): void {
    if (levels.length > 0)
      this.#parts.store.commit({ type: 'room/levels', room_id: room.kept.room_id, levels });
  }
}

/** While music plays a big step up is taken with care; in silence a knob may stand anywhere at once. */
function paceIn(room: RoomRecord): Pace {
  return room.live.state === 'playing' ? 'careful' : 'at-once';
}

type Answer = Omit<Outcome, 'player_id'>;

/** Why a player cannot be turned or muted, if so. One that is alone in its room is tried in any case, for its own error. */
function refusal({ live }: PlayerRecord, what: 'volume' | 'mute', alone = false): Answer | undefined {
  const able = live.capabilities.includes(what) && (alone || what === 'mute' || live.volume !== undefined);
  if (live.link !== 'online' && !alone) return { outcome: 'failed', reason: 'it is not connected' };
  return able ? undefined : { outcome: 'ignored', reason: `it has no ${what} control` };
}

function nobodyCan(members: readonly PlayerRecord[], what: string): AppError {
  const able = members.some(({ live }) => live.capabilities.includes(what === 'mute' ? 'mute' : 'volume'));
  if (able) return new AppError('ERR_PLAYER_OFFLINE', 'no player that could do it is connected');
  return new AppError('ERR_NOT_SUPPORTED', `no player here has a ${what} control`);
}

function held({ level, reason }: { readonly level: number; readonly reason: string }): string {
  return `held at ${Math.round(level * 100)} % by ${reason}`;
}

/** Asks all members at once. Throws when every one that was asked failed. */
async function each(
  members: readonly PlayerRecord[],
  ask: (player: PlayerRecord) => Promise<Answer>,
): Promise<Outcome[]> {
  let failure: Error | undefined;
  const outcomes = await Promise.all(
    members.map(async (player): Promise<Outcome> => {
      const { player_id } = player.kept;
      try {
        return { player_id, ...(await ask(player)) };
      } catch (error) {
        failure ??= toError(error);
        return { player_id, outcome: 'failed', reason: toError(error).message };
      }
    }),
  );
  if (failure !== undefined && !outcomes.some(({ outcome }) => outcome === 'applied')) throw failure;
  return outcomes;
}
