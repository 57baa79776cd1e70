import type { Playback, Player, Room, RoomState } from '../protocol/index.js';
import type { PlayerRecord, RoomRecord, State } from './model.js';
import { partySummary } from './party.js';

/** A room as the list of rooms shows it. */
export function roomView(room: RoomRecord): Room {
  const { room_id, name, player_ids, volume, muted, volume_limit, quiet_hours } = room.kept;
  const current = currentItem(room);
  const party = room.party?.kept.rules.public === true ? partySummary(room.party) : undefined;
  return {
    room_id,
    name,
    player_ids: [...player_ids],
    state: room.live.state,
    ...(current && { current }),
    volume,
    muted,
    volume_limit,
    ...(quiet_hours !== undefined && { quiet_hours }),
    ...(party && { party }),
  };
}

export function currentItem(room: RoomRecord): RoomRecord['queue']['items'][number] | undefined {
  const { item_id } = room.kept;
  return item_id === undefined ? undefined : room.queue.items.find((item) => item.item_id === item_id);
}

export function currentIndex(room: RoomRecord): number | undefined {
  const { item_id } = room.kept;
  if (item_id === undefined) return undefined;
  const index = room.queue.items.findIndex((item) => item.item_id === item_id);
  return index < 0 ? undefined : index;
}

export function playbackView(room: RoomRecord): Playback {
  const { kept, live, queue, edits } = room;
  const track = currentItem(room);
  const index = currentIndex(room);
  return {
    room_id: kept.room_id,
    state: live.state,
    ...(track && { track, item_id: track.item_id }),
    ...live.timeline,
    ...(live.duration_seconds !== undefined && { duration_seconds: live.duration_seconds }),
    ...(live.stream_title !== undefined && { stream_title: live.stream_title }),
    volume: kept.volume,
    muted: kept.muted,
    queue_length: queue.items.length,
    ...(index !== undefined && { current_index: index }),
    repeat: kept.repeat,
    shuffle: queue.unshuffled !== undefined,
    can_undo: edits.done.length > 0,
    can_redo: edits.undone.length > 0,
    ...(live.problem !== undefined && { problem: live.problem }),
  };
}

export function playerView(player: PlayerRecord): Player {
  const { player_id, kind, name, room_id, home_room_id, origin, address, latency_ms, volume_limit } =
    player.kept;
  const { link, problem, version, capabilities, sync_class, volume, muted, outputs, elsewhere, foreign } =
    player.live;
  return {
    player_id,
    kind,
    name,
    room_id,
    ...(home_room_id !== room_id && { home_room_id }),
    link,
    ...(problem !== undefined && { problem }),
    origin,
    address,
    ...(version !== undefined && { version }),
    capabilities: [...capabilities],
    sync_class,
    ...(volume !== undefined && { volume }),
    muted,
    latency_ms,
    volume_limit,
    outputs: [...outputs],
    controlled_elsewhere: elsewhere,
    ...(foreign !== undefined && { foreign }),
  };
}

export function roomStateView(state: State, room: RoomRecord): RoomState {
  const index = currentIndex(room);
  return {
    room: roomView(room),
    playback: playbackView(room),
    queue: { items: [...room.queue.items], ...(index !== undefined && { current_index: index }) },
    players: room.kept.player_ids.flatMap((id) => {
      const player = state.players.get(id);
      return player ? [playerView(player)] : [];
    }),
    ...(room.party && { party: partySummary(room.party) }),
  };
}
