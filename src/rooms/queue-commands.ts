import { AppError, randomId } from '../base/index.js';
import {
  diffQueue,
  MAX_QUEUE_ITEMS,
  type CommandReply,
  type CommandRequest,
  type Handlers,
  type QueueItem,
  type QueueSource,
} from '../protocol/index.js';
import { currentIndex, type PartyMember, type RoomRecord } from '../state/index.js';
import { roomOf, type RoomParts } from './parts.js';
import { isWish } from './order.js';
import { takeTurns } from './party/index.js';
import { inserted, insertionIndex, moved, removed, shuffled, unshuffled } from './queue-edits.js';
import type { Starter } from './starter.js';
import type { Turns } from './turns.js';

type QueueCommand =
  `queue:${'add' | 'remove' | 'move' | 'clear' | 'undo' | 'redo' | 'save'}` | 'room:shuffle' | 'room:repeat';
type QueueReply = CommandReply<'queue:remove'>;

/** The queue commands: one edit, one undo step, on disk before the reply. What plays is touched only when it was removed. */
export function queueHandlers(parts: RoomParts, starter: Starter, turns: Turns): Handlers<QueueCommand> {
  const edit = async (roomId: string, work: () => Promise<Partial<QueueReply>>): Promise<QueueReply> =>
    turns.take(roomOf(parts, roomId), async () => {
      const reply = await work();
      await parts.store.durable();
      return { queue_length: roomOf(parts, roomId).queue.items.length, ...reply };
    });
  const change = (
    roomId: string,
    label: string,
    to: (room: RoomRecord) => QueueItem[],
  ): Promise<QueueReply> =>
    edit(roomId, () =>
      keepPlaying(parts, starter, roomId, () => commitEdit(parts, roomId, label, to(roomOf(parts, roomId)))),
    );
  return {
    'queue:add': async (request, caller) => {
      const source = await withStream(parts, request.source);
      const person = parts.people?.of(roomOf(parts, request.room_id), caller);
      return edit(request.room_id, () => add(parts, starter, { ...request, source }, person));
    },
    'queue:remove': ({ room_id, item_ids }) =>
      change(room_id, 'remove', ({ queue }) => {
        const ids = new Set(item_ids);
        requireItems(queue.items, ids);
        return removed(queue.items, ids);
      }),
    'queue:move': ({ room_id, item_ids, index }) =>
      change(room_id, 'move', ({ queue }) => {
        const ids = new Set(item_ids);
        requireItems(queue.items, ids);
        return moved(queue.items, ids, index);
      }),
    'queue:clear': ({ room_id }) => change(room_id, 'clear', () => []),
    'queue:undo': ({ room_id }) =>
      edit(room_id, () => keepPlaying(parts, starter, room_id, () => step(parts, room_id, 'undo'))),
    'queue:redo': ({ room_id }) =>
      edit(room_id, () => keepPlaying(parts, starter, room_id, () => step(parts, room_id, 'redo'))),
    'queue:save': ({ room_id, name }) => {
      const tracks = roomOf(parts, room_id).queue.items.flatMap((item) => item.track_id ?? []);
      if (tracks.length === 0) throw new AppError('ERR_QUEUE_EMPTY', 'the queue has no tracks to save');
      return { playlist: parts.library.savePlaylist(name, tracks) };
    },
    'room:shuffle': ({ room_id, shuffle }) => edit(room_id, () => setShuffle(parts, room_id, shuffle)),
    'room:repeat': async ({ room_id, repeat }) => {
      roomOf(parts, room_id);
      parts.store.commit({ type: 'room/repeat', room_id, repeat });
      await parts.store.durable();
      return {};
    },
  };
}

/** One undoable edit: from the queue as it is to these items. */
export function commitEdit(
  parts: RoomParts,
  roomId: string,
  label: string,
  items: readonly QueueItem[],
  order?: readonly string[] | null,
): void {
  const patch = diffQueue(roomOf(parts, roomId).queue.items, items) ?? {};
  parts.store.commit({
    type: 'queue/edited',
    room_id: roomId,
    label,
    patch,
    ...(order !== undefined && { unshuffled: order }),
  });
}

async function add(
  parts: RoomParts,
  starter: Starter,
  request: CommandRequest<'queue:add'>,
  person: PartyMember | undefined,
): Promise<Partial<QueueReply>> {
  const { room_id, source, at, play, start_index } = request;
  const room = roomOf(parts, room_id);
  const added_by = person && { participant_id: person.participant_id, name: person.name };
  const added = parts.library
    .items(source)
    .map((item): QueueItem => ({ item_id: randomId(8), ...item, ...(added_by && { added_by }) }));
  const items = withAdded(room, added, at, person);
  const first = added[Math.min(start_index ?? 0, added.length - 1)];
  const commit = (): void => commitEdit(parts, room_id, 'add', items, at === 'replace' ? null : undefined);
  const reply = { item_ids: added.map((item) => item.item_id) };
  if (!play || !first) return { ...reply, ...(await keepPlaying(parts, starter, room_id, commit)) };
  commit();
  return { ...reply, outcomes: await starter.start(room_id, first, 0) };
}

/** The queue with new items in it; in a fair party where it is their turn. Throws ERR_QUEUE_FULL. */
export function withAdded(
  room: RoomRecord,
  added: readonly QueueItem[],
  at: CommandRequest<'queue:add'>['at'],
  person: PartyMember | undefined,
): QueueItem[] {
  const before = at === 'replace' ? [] : room.queue.items;
  if (before.length + added.length > MAX_QUEUE_ITEMS) {
    throw new AppError('ERR_QUEUE_FULL', `a queue holds ${MAX_QUEUE_ITEMS} items`, {
      params: { max: MAX_QUEUE_ITEMS },
    });
  }
  const turns = person && at === 'end' && room.party?.kept.rules.fair === true;
  if (turns) return takeTurns(before, currentIndex(room), person.participant_id, added);
  return inserted(before, insertionIndex(at, before.length, currentIndex(room)), added);
}

/** Looks into a station's list before the room's turn is taken: its server may be slow. */
async function withStream(parts: RoomParts, source: QueueSource): Promise<QueueSource> {
  if (!('url' in source)) return source;
  const { url, title } = await parts.library.stream(source.url);
  const shown = source.title ?? title;
  return { url, ...(shown !== undefined && { title: shown }) };
}

/** Makes an edit, and if it took away the current item, goes on with the one that took its place. */
async function keepPlaying(
  parts: RoomParts,
  starter: Starter,
  roomId: string,
  edit: () => void,
): Promise<Partial<QueueReply>> {
  const before = roomOf(parts, roomId);
  const index = currentIndex(before);
  edit();
  const room = roomOf(parts, roomId);
  if (index === undefined || currentIndex(room) !== undefined) return {};
  const { item_id } = before.kept;
  const survivors = new Set(room.queue.items.map((item) => item.item_id));
  const rest = before.queue.items.slice(index + 1).filter((item) => survivors.has(item.item_id));
  const heir = rest.find((item) => !isWish(item)) ?? rest[0];
  if (heir && !isWish(heir) && before.kept.intent === 'playing')
    return { outcomes: await starter.start(roomId, heir, 0) };
  const at = { item_id: heir?.item_id, position_seconds: 0, at_us: parts.clock.nowUs() };
  parts.store.commit({ type: 'room/intent', room_id: roomId, intent: 'stopped', state: 'stopped', ...at });
  starter.silent(roomId);
  await Promise.all(
    before.kept.player_ids.map(async (playerId) => {
      if (parts.store.state.players.get(playerId)?.live.ref === item_id)
        await parts.players.execute(playerId, { type: 'stop' });
    }),
  );
  return {};
}

function step(parts: RoomParts, roomId: string, way: 'undo' | 'redo'): void {
  const { edits } = roomOf(parts, roomId);
  if ((way === 'undo' ? edits.done : edits.undone).length === 0)
    throw new AppError('ERR_NOTHING_TO_UNDO', `there is nothing to ${way}`);
  parts.store.commit({ type: way === 'undo' ? 'queue/undone' : 'queue/redone', room_id: roomId });
}

async function setShuffle(parts: RoomParts, roomId: string, shuffle: boolean): Promise<Partial<QueueReply>> {
  const room = roomOf(parts, roomId);
  const { items, unshuffled: order } = room.queue;
  if (shuffle && !order) {
    const ids = items.map((item) => item.item_id);
    commitEdit(parts, roomId, 'shuffle', shuffled(items, currentIndex(room), parts.random), ids);
  }
  if (!shuffle && order) commitEdit(parts, roomId, 'unshuffle', unshuffled(items, order), null);
  return Promise.resolve({});
}

function requireItems(items: readonly QueueItem[], ids: ReadonlySet<string>): void {
  const known = new Set(items.map((item) => item.item_id));
  for (const id of ids)
    if (!known.has(id))
      throw new AppError('ERR_ITEM_NOT_FOUND', 'the queue has no such item', { params: { item_id: id } });
}
