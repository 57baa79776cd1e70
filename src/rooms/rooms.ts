import { roomStateView, roomView } from '../state/index.js';
import type { CommandType, Handlers } from '../protocol/index.js';
import { Follower } from './follow.js';
import { roomOf, type RoomParts } from './parts.js';
import { startProgress } from './progress.js';
import { queueHandlers } from './queue-commands.js';
import { Starter } from './starter.js';
import { transportHandlers } from './transport.js';
import { Turns } from './turns.js';

type RoomCommand = Extract<CommandType, `room:${string}` | `queue:${string}`>;

export interface Rooms {
  readonly handlers: Handlers<RoomCommand>;
  /** Resolves when no command and no reaction is under way. */
  idle(): Promise<void>;
  close(): void;
}

/** Rooms decide: commands come in, calls to players go out, and what players report makes rooms go on by themselves. */
export function createRooms(parts: RoomParts): Rooms {
  const { store } = parts;
  const turns = new Turns();
  const starter = new Starter(parts);
  const follower = new Follower(parts, starter, turns);
  const progress = startProgress(parts);
  return {
    handlers: {
      ...transportHandlers(parts, starter, turns),
      ...queueHandlers(parts, starter, turns),
      'room:list': () => ({ rooms: [...store.state.rooms.values()].map(roomView) }),
      'room:get': ({ room_id }) => roomStateView(store.state, roomOf(parts, room_id)),
      'room:rename': async ({ room_id, name }) => {
        roomOf(parts, room_id);
        store.commit({ type: 'room/renamed', room_id, name });
        await store.durable();
        return {};
      },
    },
    idle: () => turns.idle(),
    close() {
      progress.cancel();
      follower.close();
    },
  };
}
