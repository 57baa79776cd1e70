import { AppError } from '../base/index.js';
import type { Handlers, Outcome, QueueItem } from '../protocol/index.js';
import { currentItem, isShared, type RoomRecord } from '../state/index.js';
import type { Company } from './company.js';
import { isWish, nextAsked, previousAsked } from './order.js';
import { membersOf, positionNow, roomOf, type RoomParts } from './parts.js';
import { requireArrived, type Starter } from './starter.js';
import { requireOurs, tellAll } from './tell.js';
import type { Together } from './together.js';
import type { Turns } from './turns.js';

/** `previous` within so many seconds goes to the item before, later to the start. */
const BACK_TO_START_SECONDS = 3;

type TransportCommand = `room:${'play' | 'pause' | 'stop' | 'next' | 'previous' | 'seek' | 'take-over'}`;

/** What commands need to move the music of a room. */
export interface TransportParts extends RoomParts {
  readonly starter: Starter;
  readonly together: Together;
  readonly company: Company;
}

/** The transport commands: decisions about what plays. Each waits until the players accepted and the disk has it. */
export function transportHandlers(parts: TransportParts, turns: Turns): Handlers<TransportCommand> {
  type Work = () => Promise<Outcome[]>;
  const inTurn = async (roomId: string, work: Work): Promise<{ outcomes: Outcome[] }> =>
    turns.take(roomOf(parts, roomId), () => durably(parts, work));
  return {
    'room:play': ({ room_id, item_id }) => inTurn(room_id, () => play(parts, room_id, item_id)),
    'room:pause': ({ room_id }) => inTurn(room_id, () => pause(parts, room_id)),
    'room:stop': ({ room_id }) => inTurn(room_id, () => stop(parts, room_id)),
    'room:next': ({ room_id }) => inTurn(room_id, () => skip(parts, room_id, nextAsked)),
    'room:previous': ({ room_id }) => inTurn(room_id, () => previous(parts, room_id)),
    'room:seek': ({ room_id, position_seconds }) =>
      inTurn(room_id, () => seek(parts, room_id, position_seconds)),
    'room:take-over': ({ room_id }) => inTurn(room_id, () => takeOver(parts, room_id)),
  };
}

async function durably(parts: RoomParts, work: () => Promise<Outcome[]>): Promise<{ outcomes: Outcome[] }> {
  const outcomes = await work();
  await parts.store.durable();
  return { outcomes };
}

async function play(parts: TransportParts, roomId: string, itemId: string | undefined): Promise<Outcome[]> {
  const { starter, together, company } = parts;
  const room = roomOf(parts, roomId);
  requireOurs(parts, room);
  company.welcome(room);
  const { items } = room.queue;
  const current = currentItem(room);
  const item =
    itemId === undefined
      ? arrivedFrom(room, current ?? items[0])
      : items.find((candidate) => candidate.item_id === itemId);
  if (!item && itemId !== undefined)
    throw new AppError('ERR_ITEM_NOT_FOUND', 'the queue has no such item', { params: { item_id: itemId } });
  if (!item) throw new AppError('ERR_QUEUE_EMPTY', 'there is nothing in the queue to play');
  const loaded = isShared(room)
    ? together.loaded(room, item).length > 0
    : membersOf(parts, room).every((player) => player.live.ref === item.item_id);
  if (item !== current) return starter.start(roomId, item, 0);
  if (!loaded)
    return starter.start(roomId, item, item.duration_seconds === undefined ? 0 : positionNow(parts, room));
  if (room.live.state === 'playing') {
    if (isShared(room)) await company.tend(roomId);
    return ignored(room, 'it plays already');
  }
  if (isShared(room)) return together.resume(roomId, item);
  const outcomes = await tellAll(parts, room, () => ({ type: 'play' }));
  settle(parts, roomId, 'playing', item);
  return outcomes;
}

/** The item itself; behind a wish, the next that can be played. Throws when all that is left are wishes. */
function arrivedFrom({ queue, kept }: RoomRecord, item: QueueItem | undefined): QueueItem | undefined {
  if (!item || !isWish(item)) return item;
  const next = nextAsked(queue.items, item.item_id, kept.repeat);
  if (!next) requireArrived(item);
  return next;
}

async function pause(parts: TransportParts, roomId: string): Promise<Outcome[]> {
  const room = roomOf(parts, roomId);
  requireOurs(parts, room);
  const item = currentItem(room);
  const idle = !item || room.live.state === 'stopped' || room.live.state === 'paused';
  if (idle) {
    if (room.kept.intent === 'playing') settle(parts, roomId, 'paused', item);
    return ignored(room, 'nothing plays');
  }
  if (isShared(room)) return parts.together.pause(roomId, item);
  const outcomes = await tellAll(parts, room, () => ({ type: 'pause' }));
  settle(parts, roomId, 'paused', item);
  return outcomes;
}

/** The players accepted: the room says so at once, unless their facts, which are exact, were quicker. */
function settle(
  parts: RoomParts,
  roomId: string,
  state: 'playing' | 'paused',
  item: QueueItem | undefined,
): void {
  const room = roomOf(parts, roomId);
  if (room.live.state === state && room.kept.intent === state) return;
  if (room.kept.item_id !== item?.item_id) return;
  const position = positionNow(parts, room);
  const rate = state === 'playing' ? 1 : 0;
  const at = { item_id: item?.item_id, position_seconds: position, at_us: parts.clock.nowUs(), rate };
  parts.store.commit({ type: 'room/intent', room_id: roomId, intent: state, state, ...at });
}

async function stop(parts: TransportParts, roomId: string): Promise<Outcome[]> {
  const room = roomOf(parts, roomId);
  requireOurs(parts, room);
  parts.starter.silent(roomId);
  const at = { item_id: room.kept.item_id, position_seconds: 0, at_us: parts.clock.nowUs() };
  parts.store.commit({ type: 'room/intent', room_id: roomId, intent: 'stopped', state: 'stopped', ...at });
  return tellAll(parts, room, () => ({ type: 'stop' }));
}

function ignored(room: RoomRecord, reason: string): Outcome[] {
  return room.kept.player_ids.map((player_id) => ({ player_id, outcome: 'ignored', reason }));
}

type Choice = (
  items: readonly QueueItem[],
  itemId: string | undefined,
  repeat: RoomRecord['kept']['repeat'],
) => QueueItem | undefined;

async function skip(parts: TransportParts, roomId: string, choose: Choice): Promise<Outcome[]> {
  const room = roomOf(parts, roomId);
  requireOurs(parts, room);
  parts.company.welcome(room);
  if (room.queue.items.length === 0) throw new AppError('ERR_QUEUE_EMPTY', 'the queue is empty');
  const target = choose(room.queue.items, room.kept.item_id, room.kept.repeat);
  if (target) return parts.starter.start(roomId, target, 0, room.kept.intent !== 'paused');
  return stop(parts, roomId);
}

async function previous(parts: TransportParts, roomId: string): Promise<Outcome[]> {
  const room = roomOf(parts, roomId);
  const item = currentItem(room);
  const before = previousAsked(room.queue.items, room.kept.item_id, room.kept.repeat);
  const early = positionNow(parts, room) <= BACK_TO_START_SECONDS || item?.duration_seconds === undefined;
  if (before && early) return skip(parts, roomId, () => before);
  if (item) return seek(parts, roomId, 0);
  throw new AppError('ERR_QUEUE_EMPTY', 'there is nothing before this');
}

async function seek(parts: TransportParts, roomId: string, position: number): Promise<Outcome[]> {
  const room = roomOf(parts, roomId);
  requireOurs(parts, room);
  const item = currentItem(room);
  if (!item) throw new AppError('ERR_QUEUE_EMPTY', 'nothing is there to seek in');
  const end = room.live.duration_seconds ?? item.duration_seconds;
  if (end === undefined) throw new AppError('ERR_NOT_SEEKABLE', 'a stream has no positions');
  const target = Math.min(position, end);
  if (isShared(room)) return parts.together.seek(roomId, item, target);
  const loaded = membersOf(parts, room).every((player) => player.live.ref === item.item_id);
  const outcomes = loaded
    ? await tellAll(parts, room, () => ({ type: 'seek', position_seconds: target }))
    : [];
  const now = roomOf(parts, roomId);
  if (now.live.timeline === room.live.timeline && now.kept.item_id === item.item_id) {
    const { state, timeline } = now.live;
    const at = {
      item_id: item.item_id,
      position_seconds: target,
      at_us: parts.clock.nowUs(),
      rate: timeline.rate,
    };
    parts.store.commit({ type: 'room/intent', room_id: roomId, intent: now.kept.intent, state, ...at });
  }
  return loaded
    ? outcomes
    : room.kept.player_ids.map((player_id) => ({
        player_id,
        outcome: 'queued',
        reason: 'applies when it plays',
      }));
}

async function takeOver(parts: TransportParts, roomId: string): Promise<Outcome[]> {
  const room = roomOf(parts, roomId);
  if (isShared(room)) return parts.company.takeOver(room);
  const outcomes = await tellAll(parts, room, () => ({ type: 'take-over' }));
  parts.starter.silent(roomId);
  for (const { kept } of membersOf(parts, room)) {
    parts.store.commit({
      type: 'player/fact',
      player_id: kept.player_id,
      fact: { type: 'control', elsewhere: false },
    });
  }
  return outcomes;
}
