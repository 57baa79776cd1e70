import type { Timer } from '../base/index.js';
import { roomTopic } from '../protocol/index.js';
import { positionNow, type RoomParts } from './parts.js';
import type { Plays } from './plays.js';

const EVERY_MS = 500;

/** Tells where the music is, twice a second per room that plays. Derived from the timeline, never stored. Who counts plays looks as often. */
export function startProgress(parts: RoomParts, plays?: Plays): Timer {
  return parts.clock.every(EVERY_MS, () => {
    for (const [room_id, room] of parts.store.state.rooms) {
      const { timeline, duration_seconds } = room.live;
      if (timeline.rate === 0 || timeline.at_us > parts.clock.nowUs()) continue;
      plays?.look(room);
      const data = {
        room_id,
        position_seconds: Math.round(positionNow(parts, room) * 1000) / 1000,
        ...(duration_seconds !== undefined && { duration_seconds }),
        server_time_us: parts.clock.nowUs(),
        rate: timeline.rate,
      };
      parts.store.tell({ type: 'playback:progress', topic: roomTopic(room_id), data });
    }
  });
}
