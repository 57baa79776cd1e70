import { AppError, randomId, toError } from '../base/index.js';
import type { Handlers, Outcome, QueueItem } from '../protocol/index.js';
import { currentItem, isShared, type RoomRecord } from '../state/index.js';
import { positionNow, roomOf } from './parts.js';
import { commitEdit } from './queue-commands.js';
import { requireOurs, tellAll } from './tell.js';
import type { TransportParts } from './transport.js';
import type { Turns } from './turns.js';

/** What plays in one room goes on in another: in phase, so that there is neither a gap nor an echo between the two. */
export function transferHandlers(parts: TransportParts, turns: Turns): Handlers<'room:transfer'> {
  return {
    'room:transfer': async ({ room_id, to_room_id }) => {
      const touched = (): string[] => [room_id, to_room_id].map((id) => roomOf(parts, id).kept.room_id);
      const outcomes = await turns.takeTouched(touched, () => transfer(parts, room_id, to_room_id));
      await parts.store.durable();
      return { outcomes };
    },
  };
}

async function transfer(parts: TransportParts, roomId: string, toRoomId: string): Promise<Outcome[]> {
  const from = roomOf(parts, roomId);
  if (roomId === toRoomId) throw new AppError('ERR_CONFLICT', 'it is in this room already');
  requireOurs(parts, roomOf(parts, toRoomId));
  requireReachable(parts, roomOf(parts, toRoomId));
  if (from.queue.items.length === 0)
    throw new AppError('ERR_QUEUE_EMPTY', 'there is nothing in the queue to move');
  const item = copyQueue(parts, from, toRoomId);
  if (!item || from.kept.intent === 'stopped')
    return laidOut(parts, toRoomId, item, positionNow(parts, from));
  const outcomes = await takeUp(parts, from, toRoomId, item);
  await parts.together.heard(toRoomId);
  await leaveOff(parts, roomId);
  if (!isShared(roomOf(parts, toRoomId))) await parts.company.regroup(toRoomId);
  return outcomes;
}

function requireReachable(parts: TransportParts, room: RoomRecord): void {
  const online = room.kept.player_ids.some((id) => parts.store.state.players.get(id)?.live.link === 'online');
  if (!online) throw new AppError('ERR_PLAYER_OFFLINE', 'no player of that room is connected');
}

/** The other room's queue becomes a copy of this one, in one edit that it can undo. The copy of the current item. */
function copyQueue(parts: TransportParts, from: RoomRecord, toRoomId: string): QueueItem | undefined {
  const copies = new Map(from.queue.items.map((item) => [item.item_id, { ...item, item_id: randomId(8) }]));
  const order = from.queue.unshuffled?.flatMap((id) => copies.get(id)?.item_id ?? []) ?? null;
  commitEdit(parts, toRoomId, 'transfer', [...copies.values()], order);
  return copies.get(currentItem(from)?.item_id ?? '');
}

/** The music of a room that does not play: it is laid out in the other one at the same place. */
async function laidOut(
  parts: TransportParts,
  toRoomId: string,
  item: QueueItem | undefined,
  position_seconds: number,
): Promise<Outcome[]> {
  const at = { item_id: item?.item_id, position_seconds, at_us: parts.clock.nowUs() };
  parts.store.commit({ type: 'room/intent', room_id: toRoomId, intent: 'stopped', state: 'stopped', ...at });
  parts.starter.silent(toRoomId);
  return tellAll(parts, roomOf(parts, toRoomId), () => ({ type: 'stop' }));
}

async function takeUp(
  parts: TransportParts,
  from: RoomRecord,
  toRoomId: string,
  item: QueueItem,
): Promise<Outcome[]> {
  parts.company.welcome(roomOf(parts, toRoomId));
  const { timeline } = from.live;
  const moves = timeline.rate > 0 && item.duration_seconds !== undefined;
  const position = item.duration_seconds === undefined ? 0 : positionNow(parts, from);
  const playing = from.kept.intent === 'playing';
  return parts.starter.start(toRoomId, item, position, playing, moves && playing ? timeline : undefined);
}

/** The other room is heard: this one stops, and keeps its queue and its place. */
async function leaveOff(parts: TransportParts, roomId: string): Promise<void> {
  const room = roomOf(parts, roomId);
  const at = {
    item_id: room.kept.item_id,
    position_seconds: positionNow(parts, room),
    at_us: parts.clock.nowUs(),
  };
  parts.starter.silent(roomId);
  parts.store.commit({ type: 'room/intent', room_id: roomId, intent: 'stopped', state: 'stopped', ...at });
  if (room.kept.player_ids.length === 0) return;
  await tellAll(parts, room, () => ({ type: 'stop' })).catch((error: unknown) => {
    parts.log.warn(
      { room_id: roomId, error: toError(error).message },
      'a room did not stop after its music moved on',
    );
  });
}
