import { Alarms, Sleeps, TONE_ID, type RunCommand } from '../../src/alarms/index.js';
import {
  silentLogger,
  systemOffset,
  type Timer,
  type WallClock,
  type WallTurn,
} from '../../src/base/index.js';
import type {
  Alarm,
  Caller,
  CommandInput,
  CommandReply,
  CommandType,
  Handlers,
  Sleep,
  TopicEvent,
} from '../../src/protocol/index.js';
import { commandRunner } from '../../src/server/index.js';
import { migrate, openDb, type Db } from '../../src/storage/index.js';
import type { ManualClock } from './manual-clock.js';
import { RoomHouse } from './room-house.js';

/** A manual clock whose wall time may be doubted. */
class DoubtedClock implements WallClock {
  believed = true;
  readonly #clock: ManualClock;
  readonly #listeners = new Set<(turn: WallTurn) => void>();

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  nowUs = (): number => this.#clock.nowUs();
  wallMs = (): number => this.#clock.wallMs();
  after = (ms: number, run: () => void): Timer => this.#clock.after(ms, run);
  every = (ms: number, run: () => void): Timer => this.#clock.every(ms, run);
  trusted = (): boolean => this.believed;

  onTurn(listener: (turn: WallTurn) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  turned(turn: WallTurn): void {
    for (const listener of this.#listeners) listener(turn);
  }
}

export const ADMIN: Caller = { connection_id: 'phone', role: 'admin' };

/** Rooms with scripted players, and alarms and sleep timers in them that act by real commands. */
export class AlarmHouse {
  readonly house: RoomHouse;
  readonly wall: DoubtedClock;
  readonly events: TopicEvent[] = [];
  /** What was asked by alarms and sleep timers. */
  readonly asked: { readonly type: string; readonly request: unknown; readonly caller: Caller }[] = [];
  /** Commands that are refused to alarms and sleep timers. */
  readonly refuses = new Set<string>();
  readonly db: Db;
  alarms!: Alarms;
  sleeps!: Sleeps;
  #run!: RunCommand;

  constructor(names: readonly string[] = ['a']) {
    this.house = new RoomHouse(names);
    this.wall = new DoubtedClock(this.house.clock);
    this.db = openDb(':memory:');
    migrate(this.db);
    this.#open();
  }

  /** The server dies, and is there again after a while. */
  restart(ms: number): void {
    this.alarms.close();
    this.sleeps.close();
    this.house.restart();
    this.clock.set(this.clock.wallMs() + ms);
    this.#open();
  }

  close(): void {
    this.alarms.close();
    this.sleeps.close();
    this.house.close();
  }

  get clock(): ManualClock {
    return this.house.clock;
  }

  /** Sets the hour of the day where the test runs. */
  set(local: string): void {
    this.clock.set(new Date(local).getTime());
  }

  async ask<T extends CommandType>(
    type: T,
    request: CommandInput<T>,
    caller: Caller = ADMIN,
  ): Promise<CommandReply<T>> {
    return this.house.settled(
      this.#run(type, request, caller).then((answer) => {
        if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
        return answer.data as CommandReply<T>;
      }),
    );
  }

  alarm(alarmId: string): Alarm {
    return this.house.store.state.lists.alarms.get(alarmId)!;
  }

  sleep(roomId: string): Sleep | undefined {
    return this.house.store.state.lists.sleeps.get(roomId);
  }

  /** Of those that did not ring. */
  get notices(): NonNullable<Alarm['notice']>[] {
    return [...this.house.store.state.lists.alarms.values()].flatMap(({ notice }) => notice ?? []);
  }

  get said(): string[] {
    return this.events.flatMap((event) => (event.type === 'notification' ? [event.data.message] : []));
  }

  volume(name: string): number {
    return this.house.player(name).record.live.volume ?? -1;
  }

  /** Whether the tone is what a room plays. */
  tones(roomId: string): boolean {
    return this.house.current(roomId) === TONE_ID;
  }

  #open(): void {
    const { house, wall, db } = this;
    const parts = { db, store: house.store, clock: wall, log: silentLogger };
    house.store.subscribe((events) => this.events.push(...events));
    this.sleeps = new Sleeps(parts);
    this.alarms = new Alarms({
      ...parts,
      local: { name: 'Here', offsetAt: systemOffset },
      awake: (roomId) => this.sleeps.giveWay(roomId),
    });
    house.excused = (roomId) => this.alarms.excuses(roomId);
    house.fades = (roomId) => this.alarms.fades(roomId) || this.sleeps.fades(roomId);
    const handlers = { ...house.rooms.handlers, ...this.alarms.handlers, ...this.sleeps.handlers };
    const run = commandRunner(handlers as unknown as Handlers, silentLogger);
    this.#run = (type, request, caller) => run(type, request, caller);
    const noted: RunCommand = (type, request, caller) => {
      this.asked.push({ type, request, caller });
      if (this.refuses.has(type))
        return Promise.resolve({
          ok: false,
          error: { code: 'ERR_BUSY', message: 'somebody else is at it', retryable: true, params: {} },
        });
      return run(type, request, caller);
    };
    this.sleeps.start(noted, house.rooms.fades);
    this.alarms.start(noted, house.rooms.fades);
  }
}
