import { applyQueuePatch, diffQueue } from '../protocol/index.js';
import type { Change } from './changes.js';
import { updateRoom } from './entries.js';
import { levelled } from './levels.js';
import { removedRoom } from './membership.js';
import { MAX_EDITS, type Balance, type Edit, type RoomRecord, type State } from './model.js';

type RoomChange = Extract<Change, { type: `room/${string}` | `queue/${string}` }>;
type LevelsChange = Extract<Change, { type: 'room/levels' }>;
/** What happens inside one room. */
type InsideChange = Exclude<RoomChange, { type: 'room/levels' | 'room/removed' }>;

export function reduceRoom(state: State, change: RoomChange): State {
  if (change.type === 'room/levels') return turnedTo(state, change);
  if (change.type === 'room/removed') return removedRoom(state, change.room_id);
  return updateRoom(state, change.room_id, (room) => changed(room, change));
}

function changed(room: RoomRecord, change: InsideChange): RoomRecord {
  const kept = (fields: Partial<RoomRecord['kept']>): RoomRecord => ({
    ...room,
    kept: { ...room.kept, ...fields },
  });
  switch (change.type) {
    case 'room/renamed':
      return kept({ name: change.name });
    case 'room/intent':
      return intended(room, change);
    case 'room/volume':
      return turned(room, change.volume ?? room.kept.volume, change.muted ?? room.kept.muted);
    case 'room/limits': {
      const { volume_limit = room.kept.volume_limit, quiet_hours = room.kept.quiet_hours } = change;
      return kept({ volume_limit, quiet_hours: quiet_hours ?? undefined });
    }
    case 'room/repeat':
      return kept({ repeat: change.repeat });
    case 'queue/edited':
      return edited(room, change);
    case 'queue/undone':
      return undone(room);
    case 'queue/redone':
      return redone(room);
    case 'queue/item-problem':
      return itemProblem(room, change.item_id, change.problem);
    default:
      return change satisfies never;
  }
}

function turnedTo(state: State, { room_id, levels }: LevelsChange): State {
  const players = new Map(state.players);
  const balance: Record<string, Balance> = {};
  for (const { player_id, volume, muted, balance: place } of levels) {
    const player = players.get(player_id);
    if (!player) continue;
    const live = { ...player.live, volume: volume ?? player.live.volume, muted: muted ?? player.live.muted };
    players.set(player_id, { ...player, live });
    if (place) balance[player_id] = place;
  }
  const next = updateRoom({ ...state, players }, room_id, (room) =>
    Object.keys(balance).length === 0
      ? room
      : { ...room, kept: { ...room.kept, balance: placed(room, balance) } },
  );
  return levelled(next, room_id);
}

/** The balance with new places in it, and without players that are members no more. */
function placed(room: RoomRecord, places: Readonly<Record<string, Balance>>): Record<string, Balance> {
  const all = { ...room.kept.balance, ...places };
  return Object.fromEntries(
    Object.entries(all).filter(([playerId]) => room.kept.player_ids.includes(playerId)),
  );
}

/** A knob that stands where it is wanted, because the player's own word came first, is no change and is not written again. */
function turned(room: RoomRecord, volume: number, muted: boolean): RoomRecord {
  if (volume === room.kept.volume && muted === room.kept.muted) return room;
  return { ...room, kept: { ...room.kept, volume, muted } };
}

function intended(room: RoomRecord, change: Extract<Change, { type: 'room/intent' }>): RoomRecord {
  const sameItem = change.item_id === room.kept.item_id;
  const item = room.queue.items.find((candidate) => candidate.item_id === change.item_id);
  return {
    ...room,
    kept: {
      ...room.kept,
      intent: change.intent,
      item_id: change.item_id,
      position_seconds: change.position_seconds,
    },
    live: {
      state: change.state,
      timeline: { position_seconds: change.position_seconds, at_us: change.at_us, rate: change.rate ?? 0 },
      duration_seconds: sameItem
        ? (room.live.duration_seconds ?? item?.duration_seconds)
        : item?.duration_seconds,
      stream_title: sameItem ? room.live.stream_title : undefined,
      problem: change.problem,
    },
  };
}

function edited(room: RoomRecord, change: Extract<Change, { type: 'queue/edited' }>): RoomRecord {
  const before = room.queue;
  const items = applyQueuePatch(before.items, change.patch);
  const unshuffled = change.unshuffled === undefined ? before.unshuffled : (change.unshuffled ?? undefined);
  const undo = diffQueue(items, before.items);
  const redo = diffQueue(before.items, items);
  if (!undo || !redo)
    return unshuffled === before.unshuffled ? room : { ...room, queue: { items: before.items, unshuffled } };
  const last = room.edits.done.at(-1)?.seq ?? 0;
  const highest = room.edits.undone.reduce((most, edit) => Math.max(most, edit.seq), last);
  const edit: Edit = {
    seq: highest + 1,
    label: change.label,
    undo,
    redo,
    unshuffled_before: before.unshuffled,
    unshuffled_after: unshuffled,
  };
  return {
    ...room,
    queue: { items, unshuffled },
    edits: { done: [...room.edits.done, edit].slice(-MAX_EDITS), undone: [] },
  };
}

function undone(room: RoomRecord): RoomRecord {
  const edit = room.edits.done.at(-1);
  if (!edit) return room;
  return {
    ...room,
    queue: { items: applyQueuePatch(room.queue.items, edit.undo), unshuffled: edit.unshuffled_before },
    edits: { done: room.edits.done.slice(0, -1), undone: [...room.edits.undone, edit] },
  };
}

function redone(room: RoomRecord): RoomRecord {
  const edit = room.edits.undone.at(-1);
  if (!edit) return room;
  return {
    ...room,
    queue: { items: applyQueuePatch(room.queue.items, edit.redo), unshuffled: edit.unshuffled_after },
    edits: { done: [...room.edits.done, edit], undone: room.edits.undone.slice(0, -1) },
  };
}

function itemProblem(room: RoomRecord, itemId: string, problem: string | undefined): RoomRecord {
  const index = room.queue.items.findIndex((item) => item.item_id === itemId);
  const item = room.queue.items[index];
  if (!item || item.problem === problem) return room;
  const { problem: _old, ...rest } = item;
  const items = room.queue.items.with(index, problem === undefined ? rest : { ...rest, problem });
  return { ...room, queue: { ...room.queue, items } };
}
