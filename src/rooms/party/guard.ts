import { AppError } from '../../base/index.js';
import type { Caller, Handlers, QueueItem } from '../../protocol/index.js';
import type { RoomRecord, Store } from '../../state/index.js';
import type { People } from './people.js';

/** What only the host does while a party is on. Everybody may queue, and take back what they queued. */
const HOST_ONLY = [
  'room:play',
  'room:pause',
  'room:stop',
  'room:next',
  'room:previous',
  'room:seek',
  'room:volume',
  'room:mute',
  'room:repeat',
  'room:shuffle',
  'room:take-over',
  'room:transfer',
  'room:group',
  'room:ungroup',
  'queue:move',
  'queue:clear',
  'queue:undo',
  'queue:redo',
] as const satisfies readonly (keyof Handlers)[];

/** The same of one player of the room. */
const HOST_ONLY_OF_PLAYERS = [
  'player:volume',
  'player:mute',
  'player:latency',
] as const satisfies readonly (keyof Handlers)[];

type Guarded =
  (typeof HOST_ONLY)[number] | (typeof HOST_ONLY_OF_PLAYERS)[number] | 'queue:remove' | 'queue:add';

/**
 * The handlers of rooms and queues with the rules of parties before them: guests of a party neither drive it nor jump the queue. A
 * connection that has not joined, such as a wall tablet of the house, does what its role may. Who came by invitation has to join first. [PT8]
 */
export function guarded<H extends Pick<Handlers, Guarded>>(handlers: H, store: Store, people: People): H {
  const guestIn = (roomId: string, caller: Caller): RoomRecord | undefined => {
    const room = store.state.rooms.get(roomId);
    if (!room?.party) return undefined;
    const person = people.of(room, caller);
    return person && person.participant_id !== room.party.kept.host_id ? room : undefined;
  };
  const requireJoined = (roomId: string, caller: Caller): void => {
    const room = store.state.rooms.get(roomId);
    if (caller.role !== 'guest' || !room) return;
    if (!room.party) throw new AppError('ERR_NOT_ALLOWED', 'guests ask for music while a party is on');
    people.require(room, caller);
  };
  const refuse = (): never => {
    throw new AppError('ERR_NOT_ALLOWED', 'in a party the host decides this');
  };
  const hostOnly = Object.fromEntries(
    HOST_ONLY.map((type) => {
      const handler = handlers[type] as (request: { room_id: string }, caller: Caller) => unknown;
      return [
        type,
        (request: { room_id: string }, caller: Caller) =>
          guestIn(request.room_id, caller) ? refuse() : handler(request, caller),
      ];
    }),
  );
  const hostOnlyOfPlayers = Object.fromEntries(
    HOST_ONLY_OF_PLAYERS.map((type) => {
      const handler = handlers[type] as (request: { player_id: string }, caller: Caller) => unknown;
      return [
        type,
        (request: { player_id: string }, caller: Caller) => {
          const roomId = store.state.players.get(request.player_id)?.kept.room_id;
          return roomId !== undefined && guestIn(roomId, caller) ? refuse() : handler(request, caller);
        },
      ];
    }),
  );
  return {
    ...handlers,
    ...hostOnly,
    ...hostOnlyOfPlayers,
    'queue:remove': (request: Parameters<Handlers['queue:remove']>[0], caller: Caller) => {
      requireJoined(request.room_id, caller);
      const room = guestIn(request.room_id, caller);
      if (room && !ownAll(room, request.item_ids, people.of(room, caller)?.participant_id)) refuse();
      return handlers['queue:remove'](request, caller);
    },
    'queue:add': (request: Parameters<Handlers['queue:add']>[0], caller: Caller) => {
      requireJoined(request.room_id, caller);
      const asked = request.at !== 'end' || request.play;
      if (guestIn(request.room_id, caller) && asked) refuse();
      return handlers['queue:add'](request, caller);
    },
  };
}

function ownAll(room: RoomRecord, itemIds: readonly string[], participantId: string | undefined): boolean {
  const wanted = new Set(itemIds);
  const theirs = (item: QueueItem): boolean => item.added_by?.participant_id === participantId;
  return room.queue.items.filter((item) => wanted.has(item.item_id)).every(theirs);
}
