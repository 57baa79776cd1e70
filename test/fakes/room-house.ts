import { AppError, deferred, type Logger } from '../../src/base/index.js';
import type { Fact, PlayerCommand } from '../../src/players/index.js';
import type { QueueSource, SyncClass } from '../../src/protocol/index.js';
import { createRooms, LimitsOfRoles, type Rooms } from '../../src/rooms/index.js';
import { emptyState, Store, type PlayerRecord, type RoomRecord, type State } from '../../src/state/index.js';
import { ManualClock, settle } from './manual-clock.js';

const caller = { connection_id: 'test', role: 'admin' } as const;
const DURATION = 100;

/** Nothing a room does by itself may end in an error that nobody expected. */
const strictLog: Logger = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (fields) => {
    throw new Error(JSON.stringify(fields));
  },
  child: () => strictLog,
};

/** A player that obeys at once, keeps cues exactly by the clock it is given, and can be told to misbehave. */
export class ScriptedPlayer {
  readonly sent: PlayerCommand[] = [];
  /** Titles it cannot decode. */
  readonly broken = new Set<string>();
  /** While set, a load resolves only when the promise does. */
  slow: Promise<void> | undefined;
  /** Goes on to what is preloaded by itself when an item is over. */
  gapless = true;
  ref: string | undefined;
  next: string | undefined;
  status: 'stopped' | 'playing' | 'paused' = 'stopped';
  position = 0;
  atUs = 0;

  constructor(
    readonly id: string,
    readonly house: RoomHouse,
  ) {}

  async execute(command: PlayerCommand): Promise<void> {
    const { live } = this.record;
    if (live.link !== 'online') throw new AppError('ERR_PLAYER_OFFLINE', 'it is not connected');
    this.sent.push(command);
    const now = this.house.clock.nowUs();
    switch (command.type) {
      case 'load':
        await this.slow;
        if (this.broken.has(command.media.title))
          return this.fact({ type: 'ended', ref: command.media.ref, reason: 'failed', message: 'broken' });
        this.ref = command.media.ref;
        this.next = command.next?.ref;
        return this.stand(
          command.playing ? 'playing' : 'paused',
          command.position_seconds,
          command.at_us ?? now,
        );
      case 'preload':
        this.next = command.next?.ref;
        return;
      case 'play':
        return this.stand(
          'playing',
          command.cue?.position_seconds ?? this.position,
          command.cue?.at_us ?? now,
        );
      case 'pause':
        return this.stand('paused', this.heardAt(now), now);
      case 'seek':
        return this.stand(this.status, command.position_seconds, command.at_us ?? now);
      case 'follow':
        if (command.cue && command.ref === this.ref)
          return this.stand(this.status, command.cue.position_seconds, command.cue.at_us);
        return;
      case 'stop':
      case 'take-over':
        this.ref = undefined;
        return this.stand('stopped', 0, now);
      case 'volume':
      case 'mute':
        return this.turn(command);
      case 'latency':
      case 'output':
        return;
      default:
        return command satisfies never;
    }
  }

  turn(command: { volume: number } | { muted: boolean }): void {
    const { volume = 0.5, muted } = this.record.live;
    this.fact({ volume, muted, ...command, type: 'volume' });
  }

  /** Where it is heard. */
  heardAt(us: number): number {
    return this.position + (this.status === 'playing' ? Math.max(0, us - this.atUs) / 1e6 : 0);
  }

  get record(): PlayerRecord {
    return this.house.store.state.players.get(this.id)!;
  }

  get title(): string | undefined {
    return this.ref === undefined ? undefined : this.house.title(this.ref);
  }

  fact(fact: Fact): void {
    this.house.store.commit({ type: 'player/fact', player_id: this.id, fact });
  }

  /** Says where it is. */
  stand(
    status: 'stopped' | 'playing' | 'paused',
    position = this.position,
    atUs = this.house.clock.nowUs(),
  ): void {
    Object.assign(this, { status: this.ref === undefined ? 'stopped' : status, position, atUs });
    this.fact({
      type: 'playback',
      status: this.status,
      ...(this.ref !== undefined && { ref: this.ref }),
      ...(this.ref !== undefined && this.title !== 'radio' && { duration_seconds: DURATION }),
      position_seconds: position,
      at_us: atUs,
      rate: this.status === 'playing' ? 1 : 0,
    });
  }

  /** The item is over: on to what was preloaded, or silent. */
  finish(): void {
    const ended = this.ref;
    if (this.gapless && this.next !== undefined) {
      this.ref = this.next;
      this.next = undefined;
      return this.stand('playing', 0);
    }
    this.ref = undefined;
    if (ended !== undefined) this.fact({ type: 'ended', ref: ended, reason: 'finished' });
    this.stand('stopped', 0);
  }

  link(link: 'connecting' | 'online' | 'offline'): void {
    this.house.store.commit({
      type: 'player/link',
      player_id: this.id,
      link,
      at_us: this.house.clock.nowUs(),
    });
  }

  /** The next load waits until the answer is called. */
  makeSlow(): () => void {
    const gate = deferred<void>();
    this.slow = gate.promise;
    return () => {
      this.slow = undefined;
      gate.resolve();
    };
  }
}

/** A house of rooms with one scripted player each, called `a`, `b`, ... like their rooms. */
export class RoomHouse {
  readonly clock = new ManualClock();
  readonly players = new Map<string, ScriptedPlayer>();
  store: Store;
  rooms: Rooms;
  /** Rooms whose quiet hours do not hold. */
  excused: (roomId: string) => boolean = () => false;
  /** Rooms that are on their way to another volume. */
  fades: (roomId: string) => boolean = () => false;
  /** Titles of what was played, in all rooms. */
  readonly played: string[] = [];
  /** Of the day, for quiet hours. */
  minute = 12 * 60;

  constructor(names: readonly string[], classes: Readonly<Record<string, SyncClass>> = {}) {
    this.store = this.#open(emptyState('1'));
    this.rooms = this.#rooms();
    for (const name of names) this.add(name, classes[name]);
  }

  add(name: string, sync_class: SyncClass = 'steered'): void {
    this.players.set(name, new ScriptedPlayer(name, this));
    this.store.commit({
      type: 'player/known',
      player: {
        player_id: name,
        kind: 'null',
        name,
        options: {},
        origin: 'config',
        room_id: name,
        address: '',
        memory: null,
        home_room_id: name,
        latency_ms: 0,
        volume_limit: 1,
      },
      room_name: name,
      sync_class,
      capabilities: ['volume', 'mute', 'seek', 'pause'],
    });
    this.player(name).link('online');
  }

  /** A new life of the server: what is kept is there again, no player is connected. */
  restart(): void {
    const kept = this.store.state;
    this.rooms.close();
    const players = [...kept.players].map(([id, player]): [string, PlayerRecord] => [
      id,
      {
        kept: player.kept,
        live: { ...player.live, link: 'connecting', ref: undefined, status: 'stopped', heard: undefined },
      },
    ]);
    const rooms = [...kept.rooms].map(([id, room]): [string, RoomRecord] => [id, asLoaded(room)]);
    this.store = this.#open({ ...kept, players: new Map(players), rooms: new Map(rooms) });
    this.rooms = this.#rooms();
  }

  close(): void {
    this.rooms.close();
  }

  player(name: string): ScriptedPlayer {
    return this.players.get(name)!;
  }

  room(roomId: string): RoomRecord {
    return this.store.state.rooms.get(roomId)!;
  }

  title(ref: string): string | undefined {
    for (const room of this.store.state.rooms.values()) {
      const item = room.queue.items.find(({ item_id }) => item_id === ref);
      if (item) return item.title;
    }
    return undefined;
  }

  /** The title of the room's current item. */
  current(roomId: string): string | undefined {
    const { item_id } = this.room(roomId).kept;
    return item_id === undefined ? undefined : this.title(item_id);
  }

  titles(roomId: string): string {
    return this.room(roomId)
      .queue.items.map(({ title }) => title)
      .join(' ');
  }

  /** How far apart two players are heard, seconds. */
  apart(one: string, other: string): number {
    const now = this.clock.nowUs();
    return this.player(one).heardAt(now) - this.player(other).heardAt(now);
  }

  async queue(roomId: string, titles: string, play = true): Promise<void> {
    const source = { track_ids: titles.split(' ') };
    const done = this.rooms.handlers['queue:add']({ room_id: roomId, source, at: 'end', play }, caller);
    await this.settled(done);
  }

  async group(roomId: string, ...ids: string[]) {
    return this.settled(this.rooms.handlers['room:group']({ room_id: roomId, player_ids: ids }, caller));
  }

  async ungroup(roomId: string, ...ids: string[]) {
    return this.settled(this.rooms.handlers['room:ungroup']({ room_id: roomId, player_ids: ids }, caller));
  }

  async command(
    type: 'play' | 'pause' | 'stop' | 'next' | 'previous' | 'take-over' | 'remove',
    roomId: string,
  ) {
    return this.settled(this.rooms.handlers[`room:${type}`]({ room_id: roomId }, caller));
  }

  async transfer(roomId: string, to_room_id: string) {
    return this.settled(this.rooms.handlers['room:transfer']({ room_id: roomId, to_room_id }, caller));
  }

  async latency(player_id: string, latency_ms: number) {
    return this.settled(this.rooms.handlers['player:latency']({ player_id, latency_ms }, caller));
  }

  async seek(roomId: string, position_seconds: number) {
    return this.settled(this.rooms.handlers['room:seek']({ room_id: roomId, position_seconds }, caller));
  }

  /** Time passes while something is under way, as it does. */
  async settled<T>(work: Promise<T> | T): Promise<T> {
    let over = false;
    const done = Promise.resolve(work).finally(() => (over = true));
    done.catch(() => undefined);
    for (let turn = 0; turn < 100 && !over; turn++) await this.clock.advance(50);
    return done;
  }

  async quiet(): Promise<void> {
    await settle();
    await this.rooms.idle();
    await settle();
  }

  #open(state: State): Store {
    return new Store({ state, epoch: 'e', keeper: { weigh: () => undefined, keep: () => undefined } });
  }

  #rooms(): Rooms {
    return createRooms({
      store: this.store,
      clock: this.clock,
      log: strictLog,
      random: () => 0.5,
      roleLimits: new LimitsOfRoles(),
      excused: (roomId) => this.excused(roomId),
      fades: (roomId) => this.fades(roomId),
      played: (id) => void this.played.push(id),
      localMinutes: () => this.minute,
      players: { codecs: () => 'all', execute: (id, command) => this.player(id).execute(command) },
      library: {
        items: (source: QueueSource) =>
          ('track_ids' in source ? source.track_ids : []).map((id) => ({
            track_id: id,
            title: id,
            ...(id !== 'radio' && { duration_seconds: DURATION }),
          })),
        file: (id) => ({
          path: `/${id}`,
          relative_path: id,
          url_path: `/media/${id}`,
          duration_seconds: DURATION,
        }),
        stream: (url) => Promise.resolve({ url }),
        savePlaylist: (name) => ({ playlist_id: 'l', name, track_count: 0, duration_seconds: 0 }),
      },
    });
  }
}

/** A room as the database would give it back. */
function asLoaded(room: RoomRecord): RoomRecord {
  const { intent, position_seconds } = room.kept;
  return {
    ...room,
    live: {
      state: intent === 'stopped' ? 'stopped' : 'paused',
      timeline: { position_seconds, at_us: 0, rate: 0 },
      duration_seconds: DURATION,
    },
  };
}
