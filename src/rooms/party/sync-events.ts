import type { Clock } from '../../base/index.js';
import { roomTopic, type EventPayload } from '../../protocol/index.js';
import type { RoomRecord, Store } from '../../state/index.js';

type SyncCommand = EventPayload<'playback:sync'>['command'];

/** Tells everybody in a party, whenever its music jumps, where it goes on and when: for those who play along. Returns how to stop. */
export function startSyncEvents(store: Store, clock: Clock): () => void {
  return store.watch((_change, before, after) => {
    if (before.rooms === after.rooms) return;
    for (const [room_id, room] of after.rooms) {
      const old = before.rooms.get(room_id);
      if (!room.party || !old || old === room) continue;
      const command = commandBetween(old, room);
      if (command)
        store.tell({ type: 'playback:sync', topic: roomTopic(room_id), data: payload(room, command, clock) });
    }
  });
}

/** What happened to the music; undefined when it only went on. */
function commandBetween(old: RoomRecord, room: RoomRecord): SyncCommand | undefined {
  const { live, kept } = room;
  const sameItem = old.kept.item_id === kept.item_id;
  if (old.live.timeline === live.timeline && old.live.state === live.state && sameItem) return undefined;
  if (live.state === 'stopped') return old.live.state === 'stopped' ? undefined : 'stop';
  if (live.state === 'paused') return old.live.state === 'paused' && sameItem ? undefined : 'pause';
  if (live.timeline.rate === 0) return undefined;
  if (!sameItem || old.live.timeline.rate === 0) return 'play';
  return old.live.timeline === live.timeline ? undefined : 'seek';
}

function payload(
  { kept, live, queue }: RoomRecord,
  command: SyncCommand,
  clock: Clock,
): EventPayload<'playback:sync'> {
  const item = queue.items.find(({ item_id }) => item_id === kept.item_id);
  const { position_seconds, at_us } = live.timeline;
  const in_ms = (at_us - clock.nowUs()) / 1000;
  return {
    room_id: kept.room_id,
    command,
    ...(item && { item_id: item.item_id }),
    ...(item?.track_id !== undefined && { track_id: item.track_id }),
    start_position_seconds: position_seconds,
    sync_timestamp: new Date(clock.wallMs() + in_ms).toISOString(),
    sync_time_us: at_us,
  };
}
