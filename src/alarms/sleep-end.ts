import { positionAt, type QueueItem, type Sleep } from '../protocol/index.js';
import { currentIndex, type RoomRecord } from '../state/index.js';

/**
 * How many seconds a room plays on until the end of its track, album or queue; undefined while nobody knows: nothing moves, what plays has
 * no end, or more tracks come before the end.
 */
export function secondsLeft(room: RoomRecord, until: Sleep['until'], nowUs: number): number | undefined {
  const index = currentIndex(room);
  const { timeline, state, duration_seconds } = room.live;
  if (index === undefined || state !== 'playing' || timeline.rate <= 0) return undefined;
  const { items } = room.queue;
  const item = items[index];
  const end = duration_seconds ?? item?.duration_seconds;
  if (!item || end === undefined || !isLast(item, items[index + 1], until)) return undefined;
  return Math.max(0, end - positionAt(timeline, nowUs, end)) / timeline.rate;
}

function isLast(item: QueueItem, next: QueueItem | undefined, until: Sleep['until']): boolean {
  if (until === 'queue') return next === undefined;
  if (until === 'album') return item.album_id === undefined || next?.album_id !== item.album_id;
  return true;
}
