import { diffQueue, roomTopic, type Player } from '../protocol/index.js';
import type { Draft } from './draft.js';
import { activityEvents, jobEvents } from './job-events.js';
import { listEvents } from './lists.js';
import type { RoomRecord, State } from './model.js';
import { partyEvents } from './party-events.js';
import { currentItem, playbackView, playerView, roomStateView, roomView } from './views.js';

/** What subscribers must hear when the state went from one to the other. Unchanged records cost one pointer comparison. */
export function eventsBetween(before: State, after: State): Draft[] {
  const events: Draft[] = [];
  if (before.rooms !== after.rooms) roomEvents(before, after, events);
  if (before.players !== after.players) playerEvents(before, after, events);
  if (before.library !== after.library)
    events.push({ type: 'library:state', topic: 'library', data: after.library });
  if (before.system !== after.system)
    events.push({ type: 'system:state', topic: 'system', data: after.system });
  if (before.jobs !== after.jobs) jobEvents(before.jobs, after.jobs, events);
  if (before.activity !== after.activity) activityEvents(before.activity, after.activity, events);
  if (before.lists !== after.lists) listEvents(before.lists, after.lists, events);
  return events;
}

function roomEvents(before: State, after: State, events: Draft[]): void {
  for (const [roomId, room] of after.rooms) {
    const old = before.rooms.get(roomId);
    if (old === room) continue;
    const view = roomView(room);
    if (!old) {
      // Who followed a room of this id before it was removed follows the new one.
      const data = roomStateView(after, room);
      events.push(
        { type: 'room:added', topic: 'rooms', data: view },
        { type: 'room:state', topic: roomTopic(roomId), data },
      );
    } else {
      insideRoom(old, room, events);
      if (!same(roomView(old), view)) events.push({ type: 'room:updated', topic: 'rooms', data: view });
    }
  }
  for (const roomId of before.rooms.keys()) {
    if (after.rooms.has(roomId)) continue;
    const data = { room_id: roomId };
    partyEvents(roomId, before.rooms.get(roomId)?.party, undefined, events);
    events.push(
      { type: 'room:removed', topic: 'rooms', data },
      { type: 'room:removed', topic: roomTopic(roomId), data },
    );
  }
}

/** Topic `room/<id>`: queue first, so that a playback state never names an item the mirror does not have. */
function insideRoom(old: RoomRecord, room: RoomRecord, events: Draft[]): void {
  const topic = roomTopic(room.kept.room_id);
  const was = playbackView(old);
  const now = playbackView(room);
  const patch = diffQueue(old.queue.items, room.queue.items);
  if (patch) {
    const { current_index, queue_length } = now;
    const data = {
      room_id: now.room_id,
      patch,
      queue_length,
      ...(current_index !== undefined && { current_index }),
    };
    events.push({ type: 'queue:updated', topic, data });
  }
  const { volume, muted, room_id } = now;
  if (volume !== was.volume || muted !== was.muted)
    events.push({ type: 'volume:updated', topic, data: { room_id, volume, muted } });
  if (!same({ ...was, volume, muted }, now)) events.push({ type: 'playback:state', topic, data: now });
  const previous = currentItem(old);
  const track = currentItem(room);
  if (previous?.item_id !== track?.item_id) {
    events.push({
      type: 'playback:track',
      topic,
      data: { room_id, ...(track && { track }), ...(previous && { previous_track: previous }) },
    });
  }
  partyEvents(room_id, old.party, room.party, events);
  const { kept } = room;
  const described =
    old.kept.name === kept.name &&
    old.kept.player_ids === kept.player_ids &&
    old.kept.volume_limit === kept.volume_limit &&
    old.kept.quiet_hours === kept.quiet_hours;
  if (!described) events.push({ type: 'room:updated', topic, data: roomView(room) });
}

function playerEvents(before: State, after: State, events: Draft[]): void {
  for (const [playerId, player] of after.players) {
    const old = before.players.get(playerId);
    if (old === player) continue;
    const data = playerView(player);
    if (!old) {
      events.push({ type: 'player:added', topic: 'players', data });
      if (before.rooms.has(data.room_id))
        events.push({ type: 'player:added', topic: roomTopic(data.room_id), data });
    } else if (knobAlone(playerView(old), data)) {
      const { player_id, room_id, volume = 0, muted } = data;
      const knob = { room_id, player_id, volume, muted };
      events.push(
        { type: 'volume:updated', topic: 'players', data: knob },
        { type: 'volume:updated', topic: roomTopic(room_id), data: knob },
      );
    } else if (!same(playerView(old), data)) {
      events.push(
        { type: 'player:updated', topic: 'players', data },
        { type: 'player:updated', topic: roomTopic(data.room_id), data },
      );
    }
  }
  for (const playerId of before.players.keys()) {
    if (!after.players.has(playerId))
      events.push({ type: 'player:removed', topic: 'players', data: { player_id: playerId } });
  }
}

/** Whether a player was turned louder or quieter, or muted, and nothing else happened to it. */
function knobAlone(old: Player, now: Player): boolean {
  const { volume, muted } = now;
  if (volume === undefined || (volume === old.volume && muted === old.muted)) return false;
  return same({ ...old, volume, muted }, now);
}

/** Views are flat and built in one place; what is inside them is the same object while it is unchanged, or small. */
function same<T extends object>(one: T, other: T): boolean {
  const [left, right] = [Object.entries(one), Object.entries(other)];
  return (
    left.length === right.length &&
    left.every(([key, value], at) => key === right[at]?.[0] && sameValue(value, right[at][1]))
  );
}

function sameValue(one: unknown, other: unknown): boolean {
  return one === other || (typeof one === 'object' && JSON.stringify(one) === JSON.stringify(other));
}
