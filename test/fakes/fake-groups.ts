import { AppError } from '../../src/base/index.js';
import { RoleLimits, type Outcome, type Player, type SyncReport } from '../../src/protocol/index.js';
import type { FakeHandlers } from './fake-commands.js';
import type { FakeHouse, FakeRoom } from './fake-house.js';

/** Who plays with whom, and how loud: enough of the real rules for the page to be exercised. */
export function groupHandlers(house: FakeHouse): FakeHandlers {
  const get = (roomId: string): FakeRoom => {
    const state = house.room(roomId);
    if (!state) throw new AppError('ERR_ROOM_NOT_FOUND', 'no such room');
    return state;
  };
  const player = (playerId: string): Player => {
    const found = house.player(playerId);
    if (!found) throw new AppError('ERR_PLAYER_NOT_FOUND', 'no such player');
    return found;
  };
  return {
    'room:group': ({ room_id, player_ids }) => {
      get(room_id);
      return { outcomes: player_ids.map((id) => join(house, player(id), room_id)) };
    },
    'room:ungroup': ({ room_id, player_ids }) => {
      get(room_id);
      return { outcomes: player_ids.map((id) => leave(house, player(id), room_id)) };
    },
    'room:transfer': ({ room_id, to_room_id }) => {
      const { playback, queue } = get(room_id);
      const { state, rate, item_id } = playback;
      const target = get(to_room_id);
      house.edit(to_room_id, () => [...queue.items]);
      const { position_seconds, at_us } = house.anchor(playback);
      const moved = { state, rate, position_seconds, at_us, ...(item_id === undefined ? {} : { item_id }) };
      house.change(to_room_id, (now) => ({ ...now, playback: { ...now.playback, ...moved } }));
      house.change(room_id, (now) => {
        const { item_id: _item, ...rest } = now.playback;
        return { ...now, playback: { ...rest, state: 'stopped', rate: 0 }, queue: { items: [] } };
      });
      return { outcomes: target.players.map(reached) };
    },
    'room:limits': ({ room_id, volume_limit, quiet_hours }) => {
      get(room_id);
      house.change(room_id, (now) => {
        const { quiet_hours: before, ...room } = now.room;
        const quiet = quiet_hours === undefined ? before : (quiet_hours ?? undefined);
        const limit = volume_limit ?? room.volume_limit;
        return { ...now, room: { ...room, volume_limit: limit, ...(quiet ? { quiet_hours: quiet } : {}) } };
      });
      return {};
    },
    'house:limits': (change) => {
      const none = { user: 1, device: 1, user_quiet: 1, device_quiet: 1 };
      const limits = RoleLimits.parse({ ...none, ...house.system.role_limits, ...change });
      house.limitRoles(limits);
      return { limits };
    },
    'room:remove': ({ room_id }) => {
      if (get(room_id).players.length > 0)
        throw new AppError('ERR_CONFLICT', 'there are players in this room');
      house.removeRoom(room_id);
      return {};
    },
    'room:announce': ({ room_ids }) => ({ outcomes: room_ids.flatMap((id) => get(id).players.map(reached)) }),
  };
}

function reached({ player_id, link }: Player): Outcome {
  if (link === 'online') return { player_id, outcome: 'applied' };
  return { player_id, outcome: 'failed', reason: 'it is not connected' };
}

function join(house: FakeHouse, player: Player, roomId: string): Outcome {
  const { player_id, sync_class } = player;
  const refused = house.refusals.get(player_id);
  if (refused !== undefined) return { player_id, outcome: 'failed', reason: refused };
  if (player.room_id === roomId)
    return { player_id, outcome: 'ignored', reason: 'it is in this room already' };
  if (player.controlled_elsewhere)
    return { player_id, outcome: 'ignored', reason: 'somebody else plays on it' };
  move(house, player, roomId);
  if (player.link === 'online') return { player_id, outcome: 'applied', sync_class };
  const reason = 'it is not connected, and joins when it is back';
  return { player_id, outcome: 'queued', reason, sync_class };
}

function leave(house: FakeHouse, player: Player, roomId: string): Outcome {
  const { player_id, home_room_id } = player;
  if (player.room_id !== roomId) return { player_id, outcome: 'ignored', reason: 'it is not in this room' };
  if (home_room_id === undefined) return { player_id, outcome: 'ignored', reason: 'the room is its own' };
  move(house, player, home_room_id);
  return { player_id, outcome: 'applied' };
}

function move(house: FakeHouse, player: Player, roomId: string): void {
  const { home_room_id, ...rest } = player;
  const home = home_room_id ?? player.room_id;
  const moved: Player = { ...rest, room_id: roomId, ...(home === roomId ? {} : { home_room_id: home }) };
  house.change(player.room_id, (now) => ({
    ...now,
    players: now.players.filter(({ player_id }) => player_id !== player.player_id),
  }));
  house.change(roomId, (now) => ({ ...now, players: [...now.players, moved] }));
  for (const id of [player.room_id, roomId])
    house.change(id, (now) => {
      const volume = roomVolume(now.players) ?? now.playback.volume;
      return { ...now, playback: { ...now.playback, volume } };
    });
}

/** The members' volumes for a room volume: each moves by as much, and what one cannot take the others do. */
export function balanced(players: readonly Player[], volume: number, limit: number): number[] {
  const levels = players.map((player) => player.volume ?? 0);
  const ceilings = players.map((player) => Math.min(limit, player.volume_limit));
  if (levels.length === 1) return [Math.min(ceilings[0]!, volume)];
  let rest = volume * levels.length - levels.reduce((sum, level) => sum + level, 0);
  while (Math.abs(rest) > 1e-6) {
    const free = levels.flatMap((level, at) => ((rest > 0 ? level < ceilings[at]! : level > 0) ? [at] : []));
    if (free.length === 0) break;
    const step = rest / free.length;
    for (const at of free) {
      const next = Math.max(0, Math.min(ceilings[at]!, levels[at]! + step));
      rest -= next - levels[at]!;
      levels[at] = next;
    }
  }
  return levels.map((level) => Math.round(level * 1000) / 1000);
}

export function roomVolume(players: readonly Player[]): number | undefined {
  const levels = players.flatMap((player) => player.volume ?? []);
  if (levels.length === 0) return undefined;
  return Math.round((levels.reduce((sum, level) => sum + level, 0) / levels.length) * 1000) / 1000;
}

const WOBBLE_MS = { locked: 0.04, steered: 0.3, nudged: 9, loose: 0 } as const;

/** What a player's driver would say about its sync after so many seconds; `house.reports` says otherwise. */
export function fakeReport({ reports }: FakeHouse, player: Player, second: number): SyncReport {
  const said = reports.get(player.player_id);
  if (said) return said;
  const { player_id, sync_class } = player;
  if (sync_class === 'loose' || player.link !== 'online')
    return { player_id, sync_class, state: 'unmeasured', estimated: false };
  const reach = WOBBLE_MS[sync_class];
  const now = reach * Math.sin(second / 2.3 + player_id.length);
  const estimated = sync_class === 'nudged';
  return {
    player_id,
    sync_class,
    state: 'in-sync',
    estimated,
    skew_ms: { now, p50: reach * 0.1, p95: reach * 0.95 },
    error_ms: estimated ? 12 : reach / 6,
    trend_ms_per_minute: 0,
  };
}
