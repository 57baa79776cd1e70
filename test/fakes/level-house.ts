import { AppError, type Logger } from '../../src/base/index.js';
import type { PlayerCommand } from '../../src/players/index.js';
import type { Capability, SyncClass, TopicEvent } from '../../src/protocol/index.js';
import { createRooms, LimitsOfRoles, type RoomParts, type Rooms } from '../../src/rooms/index.js';
import {
  emptyState,
  newPlayer,
  NO_EDITS,
  Store,
  type PlayerRecord,
  type PlayerReport,
  type RoomRecord,
  type State,
} from '../../src/state/index.js';
import { ManualClock, settle } from './manual-clock.js';

export const caller = { connection_id: 'test', role: 'admin' } as const;

/** A log for tests: an error is a failure. */
export const strictLog: Logger = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error(fields) {
    throw new Error(JSON.stringify(fields));
  },
  child() {
    return this;
  },
};

/** A room as it is kept, with these members. */
export function roomRecord(roomId: string, playerIds: readonly string[]): RoomRecord {
  return {
    kept: {
      room_id: roomId,
      name: roomId,
      player_ids: playerIds,
      intent: 'stopped',
      position_seconds: 0,
      repeat: 'off',
      volume: 0.5,
      muted: false,
      volume_limit: 1,
    },
    live: { state: 'stopped', timeline: { position_seconds: 0, at_us: 0, rate: 0 } },
    queue: { items: [] },
    edits: NO_EDITS,
  };
}

export function playerRecord(
  playerId: string,
  roomId: string,
  capabilities: readonly Capability[] = ['volume', 'mute', 'seek', 'pause'],
  syncClass: SyncClass = 'loose',
): PlayerRecord {
  return newPlayer(
    {
      player_id: playerId,
      kind: 'null',
      name: playerId,
      options: {},
      origin: 'config',
      room_id: roomId,
      address: '',
      memory: null,
      home_room_id: playerId,
      latency_ms: 0,
      volume_limit: 1,
    },
    syncClass,
    capabilities,
  );
}

/** The rooms of a plan `{room: [players]}`. */
export function housePlan(plan: Readonly<Record<string, readonly string[]>>): State {
  const rooms = Object.entries(plan).map(([roomId, ids]) => [roomId, roomRecord(roomId, ids)] as const);
  const players = Object.entries(plan).flatMap(([roomId, ids]) =>
    ids.map((id) => [id, playerRecord(id, roomId)] as const),
  );
  return { ...emptyState('1'), rooms: new Map(rooms), players: new Map(players) };
}

/** Rooms whose players' knobs obey at once, unless a player is stubborn, steps coarsely or is away. */
export class LevelHouse {
  readonly clock = new ManualClock();
  readonly store: Store;
  readonly rooms: Rooms;
  readonly events: TopicEvent[] = [];
  readonly sent: { readonly playerId: string; readonly command: PlayerCommand }[] = [];
  readonly away = new Set<string>();
  /** Players whose knob somebody holds. */
  readonly stubborn = new Set<string>();
  /** Players that say nothing about what they were told. */
  readonly silent = new Set<string>();
  minute = 12 * 60;
  readonly roleLimits = new LimitsOfRoles();

  constructor(plan: Readonly<Record<string, readonly string[]>>, start = 0.5, state = housePlan(plan)) {
    this.store = new Store({ state, epoch: 'e', keeper: { weigh: () => undefined, keep: () => undefined } });
    this.store.subscribe((events) => this.events.push(...events));
    this.rooms = createRooms(this.#parts());
    for (const player_id of state.players.keys()) {
      this.store.commit({ type: 'player/link', player_id, link: 'online', at_us: 0 });
      this.turn(player_id, start);
    }
  }

  #parts(): RoomParts {
    return {
      store: this.store,
      clock: this.clock,
      log: strictLog,
      random: () => 0.5,
      localMinutes: () => this.minute,
      roleLimits: this.roleLimits,
      players: { codecs: () => 'all', execute: (id, command) => this.execute(id, command) },
      library: {
        items: () => [],
        file: () => undefined,
        stream: (url) => Promise.resolve({ url }),
        savePlaylist: (name) => ({ playlist_id: 'l', name, track_count: 0, duration_seconds: 0 }),
      },
    };
  }

  async execute(playerId: string, command: PlayerCommand): Promise<void> {
    if (this.away.has(playerId)) throw new AppError('ERR_PLAYER_OFFLINE', 'gone');
    this.sent.push({ playerId, command });
    if (this.silent.has(playerId)) return;
    if (command.type === 'volume' && !this.stubborn.has(playerId)) this.turn(playerId, command.volume);
    if (command.type === 'mute') this.turn(playerId, this.volume(playerId) ?? 0, command.muted);
    return Promise.resolve();
  }

  /** A hand at the player itself. */
  turn(playerId: string, volume: number, muted = this.player(playerId).live.muted): void {
    this.fact(playerId, { type: 'volume', volume, muted });
  }

  fact(playerId: string, fact: PlayerReport): void {
    this.store.commit({ type: 'player/fact', player_id: playerId, fact });
  }

  link(playerId: string, link: 'online' | 'offline'): void {
    if (link === 'online') this.away.delete(playerId);
    else this.away.add(playerId);
    this.store.commit({ type: 'player/link', player_id: playerId, link, at_us: this.clock.nowUs() });
  }

  player(playerId: string): PlayerRecord {
    return this.store.state.players.get(playerId)!;
  }

  room(roomId: string): RoomRecord {
    return this.store.state.rooms.get(roomId)!;
  }

  volume(playerId: string): number | undefined {
    return this.player(playerId).live.volume;
  }

  /** How loud the players are, in order. */
  get volumes(): (number | undefined)[] {
    return [...this.store.state.players.values()].map(({ live }) => live.volume);
  }

  async quiet(): Promise<void> {
    await settle();
    await this.rooms.idle();
    await settle();
  }
}
