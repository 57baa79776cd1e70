import { positionAt } from '../protocol/index.js';
import type { RoomRecord, State } from '../state/index.js';

/** The subsystems of `idle` in MPD 0.23. Tutti never tells the last four. */
export const SUBSYSTEMS = [
  'database', 'stored_playlist', 'playlist', 'player', 'mixer', 'output', 'options', 'partition', 'update',
  'sticker', 'subscription', 'message', 'neighbor', 'mount',
] as const; // prettier-ignore
export type Subsystem = (typeof SUBSYSTEMS)[number];

/** A position that jumps by so much was sought; less is a player's own correction. */
const JUMP_SECONDS = 0.5;

/** What clients of a room must hear when its state went from one to the other, but for its queue. */
export function roomChanges(before: State, after: State, roomId: string, nowUs: number): Subsystem[] {
  const old = before.rooms.get(roomId);
  const room = after.rooms.get(roomId);
  if (!old || !room) return [];
  const found: Subsystem[] = [];
  if (old !== room) {
    if (playsOtherwise(old, room, nowUs)) found.push('player');
    if (old.kept.volume !== room.kept.volume || old.kept.muted !== room.kept.muted) found.push('mixer');
    if (old.kept.repeat !== room.kept.repeat || isShuffled(old) !== isShuffled(room)) found.push('options');
  }
  if (outputsDiffer(before, after, old, room)) found.push('output');
  return found;
}

function isShuffled(room: RoomRecord): boolean {
  return room.queue.unshuffled !== undefined;
}

function playsOtherwise(old: RoomRecord, room: RoomRecord, nowUs: number): boolean {
  if (old.kept.item_id !== room.kept.item_id) return true;
  if (old.live === room.live) return false;
  const { state, duration_seconds, stream_title, problem, timeline } = room.live;
  return (
    old.live.state !== state ||
    old.live.duration_seconds !== duration_seconds ||
    old.live.stream_title !== stream_title ||
    old.live.problem !== problem ||
    Math.abs(positionAt(old.live.timeline, nowUs) - positionAt(timeline, nowUs)) > JUMP_SECONDS
  );
}

function outputsDiffer(before: State, after: State, old: RoomRecord, room: RoomRecord): boolean {
  if (old.kept.player_ids !== room.kept.player_ids) return true;
  if (before.players === after.players) return false;
  return room.kept.player_ids.some((id) => {
    const [was, is] = [before.players.get(id), after.players.get(id)];
    return (
      was !== is &&
      (was?.live.muted !== is?.live.muted ||
        was?.live.link !== is?.live.link ||
        was?.kept.name !== is?.kept.name)
    );
  });
}

/** What everybody must hear. A playlist that somebody edits is no reason to read the whole library again. */
export function houseChanges(before: State, after: State): Subsystem[] {
  const found: Subsystem[] = [];
  if (before.rooms !== after.rooms && roomNames(before) !== roomNames(after)) found.push('partition');
  const [old, now] = [before.library, after.library];
  if (old === now) return found;
  const scanned = old.scan.state === 'running' && now.scan.state === 'idle';
  const counts =
    old.track_count !== now.track_count ||
    old.album_count !== now.album_count ||
    old.artist_count !== now.artist_count;
  if (old.scan.state !== now.scan.state) found.push('update');
  if (scanned || counts) found.push('database');
  if (scanned || (old.generation !== now.generation && now.scan.state === 'idle'))
    found.push('stored_playlist');
  return found;
}

function roomNames(state: State): string {
  return [...state.rooms.values()].map(({ kept }) => `${kept.room_id} ${kept.name}`).join('\n');
}
