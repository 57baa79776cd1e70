import { roomStateView, roomView } from '../state/index.js';
import type { CommandType, Handlers } from '../protocol/index.js';
import { Announcer } from './announce.js';
import { Follower } from './follow.js';
import { groupingHandlers } from './grouping.js';
import { latencyHandlers } from './latency.js';
import { listenHandlers } from './listen.js';
import { Fades } from './levels-fades.js';
import { LevelKeeper } from './levels-keeper.js';
import { Knobs } from './levels-knobs.js';
import { OwnLevels } from './levels-own.js';
import { levelHandlers, Levels } from './levels.js';
import type { PartyCommand } from './party/index.js';
import { roomOf, type RoomParts } from './parts.js';
import { Plays } from './plays.js';
import { Preloads } from './preloads.js';
import { startProgress } from './progress.js';
import { queueHandlers } from './queue-commands.js';
import { Starter } from './starter.js';
import { Together } from './together.js';
import { transferHandlers } from './transfer.js';
import { transportHandlers } from './transport.js';
import { measurementsOf, type Measurements } from './truth-measurements.js';
import { TruthMeter } from './truth.js';
import { Turns } from './turns.js';
import { Wishes } from './wishes.js';

type RoomCommand =
  | Exclude<Extract<CommandType, `room:${string}` | `queue:${string}`>, PartyCommand>
  | `player:${'volume' | 'mute' | 'latency' | 'limit'}`
  | 'house:limits';

export interface Rooms {
  readonly handlers: Handlers<RoomCommand>;
  /** Music that is on its way into queues. */
  readonly wishes: Wishes;
  /** Rooms that grow louder or quieter by themselves. */
  readonly fades: Fades;
  /** The house in numbers, as it is now. */
  measurements(): Measurements;
  /** Resolves when no command and no reaction is under way. */
  idle(): Promise<void>;
  close(): void;
}

/** Rooms decide: commands come in, calls to players go out, and what players report makes rooms go on by themselves. */
export function createRooms(parts: RoomParts): Rooms {
  const { store } = parts;
  const turns = new Turns();
  const preloads = new Preloads(parts);
  const together = new Together(parts, preloads);
  const starter = new Starter(parts, preloads, together);
  const knobs = new Knobs(parts);
  const levels = new Levels(parts, knobs);
  const own = new OwnLevels(parts, levels, turns);
  const follower = new Follower({ ...parts, own }, starter, preloads, together, turns);
  const { company } = follower;
  const moving = { ...parts, starter, together, company };
  const plays = parts.played && new Plays({ ...parts, played: parts.played });
  const progress = startProgress(parts, plays);
  const fades = new Fades(parts, levels, own, turns);
  const keeper = new LevelKeeper(parts, knobs, turns);
  const truth = new TruthMeter(parts);
  const wishes = new Wishes(parts, turns);
  const announcer = new Announcer({ ...parts, starter, company, knobs, own, turns });
  if (parts.roleLimits) store.commit({ type: 'system/limits', role_limits: parts.roleLimits.all });
  return {
    handlers: {
      ...transportHandlers(moving, turns),
      ...transferHandlers(moving, turns),
      ...queueHandlers(parts, starter, turns),
      ...groupingHandlers(parts, company, turns),
      ...latencyHandlers(parts, together, turns),
      ...levelHandlers(parts, levels, own, turns),
      ...listenHandlers(parts),
      ...announcer.handlers,
      'room:list': () => ({ rooms: [...store.state.rooms.values()].map(roomView) }),
      'room:get': ({ room_id }) => roomStateView(store.state, roomOf(parts, room_id)),
      'room:rename': async ({ room_id, name }) => {
        roomOf(parts, room_id);
        store.commit({ type: 'room/renamed', room_id, name });
        await store.durable();
        return {};
      },
    },
    wishes,
    fades,
    measurements: () => measurementsOf(parts, truth),
    idle: () => turns.idle(),
    close() {
      progress.cancel();
      plays?.close();
      follower.close();
      together.close();
      keeper.close();
      fades.close();
      own.close();
      knobs.close();
      truth.close();
      announcer.close();
      wishes.close();
    },
  };
}
