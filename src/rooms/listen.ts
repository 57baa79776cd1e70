import { AppError } from '../base/index.js';
import type { Handlers } from '../protocol/index.js';
import { roomOf, type RoomParts } from './parts.js';

/** What the library makes of a track for one who plays along. */
const SAMPLES = { codec: 's16le', sample_rate_hz: 48_000, channels: 2 } as const;

/** For browsers that play along with a room: they follow its timeline by themselves, the server only gives them the music. [LS1] */
export function listenHandlers(parts: RoomParts): Handlers<'room:listen'> {
  return {
    'room:listen': ({ room_id, item_id }) => {
      const room = roomOf(parts, room_id);
      const wanted = item_id ?? room.kept.item_id;
      const item = room.queue.items.find((one) => one.item_id === wanted);
      if (!item) throw new AppError('ERR_ITEM_NOT_FOUND', 'the queue has no item with this id');
      if (item.track_id === undefined)
        throw new AppError(
          'ERR_NOT_SUPPORTED',
          'radio cannot be played along with: it has no places to agree on',
        );
      const { codec, sample_rate_hz, channels } = SAMPLES;
      const file = parts.library.file(item.track_id, [codec]);
      if (!file) throw new AppError('ERR_UNPLAYABLE', 'the track is no longer in the library');
      const { url_path: url, duration_seconds } = file;
      return { item_id: item.item_id, url, sample_rate_hz, channels, duration_seconds };
    },
  };
}
