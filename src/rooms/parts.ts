import { AppError, type Clock, type Logger } from '../base/index.js';
import type { Playlist, QueueItem, QueueSource } from '../protocol/index.js';
import type { Media, Players } from '../players/index.js';
import { positionAt } from '../protocol/index.js';
import type { PlayerRecord, RoomRecord, Store } from '../state/index.js';
import type { LimitsOfRoles } from './levels-roles.js';
import type { People } from './party/index.js';

/** What rooms need of the library. */
export interface RoomLibrary {
  items(source: QueueSource): Omit<QueueItem, 'item_id'>[];
  file(
    trackId: string,
    codecs: 'all' | readonly string[],
  ): { path: string; relative_path: string; url_path: string; duration_seconds: number } | undefined;
  /** Looks into a station's list for its stream. */
  stream(url: string): Promise<{ url: string; title?: string }>;
  savePlaylist(name: string, trackIds: readonly string[]): Playlist;
}

export interface RoomParts {
  readonly store: Store;
  readonly players: Pick<Players, 'execute' | 'codecs'>;
  readonly library: RoomLibrary;
  /** Who sends a command, in a listening party; absent where there are none. */
  readonly people?: Pick<People, 'of'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0..1 */
  readonly random: () => number;
  /** How loud somebody may turn anything; absent: all as loud as they like. */
  readonly roleLimits?: LimitsOfRoles;
  /** Whether quiet hours do not hold in a room now: an alarm rings there. */
  readonly excused?: (roomId: string) => boolean;
  /** Whether a room is on its way to another volume for an alarm or a sleep timer, also if it was before a restart. */
  readonly fades?: (roomId: string) => boolean;
  /** A track of the library was played. Throws when that cannot be kept. Absent: nobody counts. */
  readonly played?: (trackId: string) => void;
  /** Minutes since midnight at a wall clock, for quiet hours; default: in the time zone of this machine. */
  readonly localMinutes?: (wallMs: number) => number;
}

export function roomOf(parts: RoomParts, roomId: string): RoomRecord {
  const room = parts.store.state.rooms.get(roomId);
  if (!room) throw new AppError('ERR_ROOM_NOT_FOUND', 'no room has this id', { params: { room_id: roomId } });
  return room;
}

export function membersOf(parts: RoomParts, room: RoomRecord): PlayerRecord[] {
  return room.kept.player_ids.flatMap((id) => parts.store.state.players.get(id) ?? []);
}

/** Where the room's music is now, seconds. */
export function positionNow(parts: RoomParts, room: RoomRecord): number {
  return positionAt(room.live.timeline, parts.clock.nowUs(), room.live.duration_seconds);
}

/** A queue item as this player can open it. Throws ERR_UNPLAYABLE when the library has lost the track. */
export function mediaFor(parts: RoomParts, item: QueueItem, playerId: string): Media {
  const named = {
    ref: item.item_id,
    title: item.title,
    ...(item.artist && { artist: item.artist }),
    ...(item.album && { album: item.album }),
    ...(item.artwork_id && { artwork_path: `/artwork/${item.artwork_id}` }),
  };
  if (item.url !== undefined) {
    const { duration_seconds } = item;
    return {
      ...named,
      url: item.url,
      live: duration_seconds === undefined,
      ...(duration_seconds !== undefined && { duration_seconds }),
    };
  }
  const file =
    item.track_id === undefined
      ? undefined
      : parts.library.file(item.track_id, parts.players.codecs(playerId));
  if (!file)
    throw new AppError('ERR_UNPLAYABLE', 'the track is no longer in the library', {
      params: { item_id: item.item_id },
    });
  const { path, relative_path, url_path, duration_seconds } = file;
  return { ...named, path, relative_path, url_path, duration_seconds, live: false };
}
