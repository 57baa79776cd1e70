import { toError } from '../base/index.js';
import { currentItem, type Change, type RoomRecord, type State } from '../state/index.js';
import { begun, heard, isPlay, type Hearing } from './hearing.js';
import type { RoomParts } from './parts.js';

export interface PlaysParts extends Pick<RoomParts, 'store' | 'clock' | 'log'> {
  /** A track was played. Throws when that cannot be kept. */
  readonly played: (trackId: string) => void;
}

interface Heard {
  readonly item_id: string | undefined;
  readonly hearing: Hearing;
}

/** Counts what is heard in each room: once for each beginning of an item, however many players the room has. [PC1] [PC2] */
export class Plays {
  readonly #parts: PlaysParts;
  readonly #rooms = new Map<string, Heard>();
  readonly #unwatch: () => void;

  constructor(parts: PlaysParts) {
    this.#parts = parts;
    for (const room of parts.store.state.rooms.values()) this.#begin(room, true);
    this.#unwatch = parts.store.watch((change, before, after) => this.#follow(change, before, after));
  }

  close(): void {
    this.#unwatch();
  }

  /** How far a room has come by now. */
  look(room: RoomRecord): void {
    const at = this.#rooms.get(room.kept.room_id);
    if (at) this.#hear(room, at);
  }

  #follow(change: Change, before: State, after: State): void {
    if (before.rooms === after.rooms) return;
    for (const [roomId, room] of after.rooms) {
      const was = before.rooms.get(roomId);
      if (was !== room) this.#changed(change, was, room);
    }
    if (before.rooms.size > after.rooms.size)
      for (const roomId of this.#rooms.keys()) if (!after.rooms.has(roomId)) this.#rooms.delete(roomId);
  }

  #changed(change: Change, was: RoomRecord | undefined, room: RoomRecord): void {
    const at = this.#rooms.get(room.kept.room_id);
    // To its end with what was so far: the queue may have another track in this place by now.
    if (at && was) this.#hear(was, at, room);
    if (at?.item_id !== room.kept.item_id) this.#begin(room, change.type !== 'player/fact');
    else if (was && beginsAnew(change, was, room)) this.#begin(room, false);
  }

  #begin(room: RoomRecord, elsewhere: boolean): void {
    const { room_id, item_id } = room.kept;
    const length = currentItem(room)?.duration_seconds ?? room.live.duration_seconds;
    const hearing = begun(room.live.timeline, this.#parts.clock.nowUs(), length, elsewhere);
    this.#rooms.set(room_id, { item_id, hearing });
    this.#count(room, { item_id, hearing });
  }

  #hear(room: RoomRecord, { item_id, hearing }: Heard, now = room): void {
    const { timeline } = now.live;
    const next = heard(hearing, this.#parts.clock.nowUs(), room.live.duration_seconds, timeline);
    this.#rooms.set(room.kept.room_id, { item_id, hearing: next });
    this.#count(room, { item_id, hearing: next });
  }

  #count(room: RoomRecord, { item_id, hearing }: Heard): void {
    if (!isPlay(hearing)) return;
    this.#rooms.set(room.kept.room_id, { item_id, hearing: { ...hearing, isCounted: true } });
    const { track_id } = currentItem(room) ?? {};
    if (track_id === undefined) return;
    try {
      this.#parts.played(track_id);
    } catch (error) {
      this.#parts.log.warn({ track_id, error: toError(error).message }, 'a play could not be kept');
    }
  }
}

/** A seek to the start leaves the state of a room as it is; only who puts an item on its players, or stops them, begins it anew. */
function beginsAnew(change: Change, was: RoomRecord, { live, kept: { room_id } }: RoomRecord): boolean {
  if (change.type !== 'room/intent' || change.room_id !== room_id || change.position_seconds > 0)
    return false;
  return live.state === 'stopped' || (live.state === 'loading' && was.live.state !== 'loading');
}
