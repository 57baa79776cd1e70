import { AppError, Serial, toError, type Logger, type Timer, type WallClock } from '../base/index.js';
import type { CommandRequest, Handlers, Sleep } from '../protocol/index.js';
import { KeptList, type Store } from '../state/index.js';
import type { Db, Durability } from '../storage/index.js';
import { asking, isAway, type Ask, type RunCommand } from './ask.js';
import type { Fades, RoomFade } from './fade.js';
import { SleepOwn } from './kept.js';
import { secondsLeft } from './sleep-end.js';

export interface SleepParts {
  readonly db: Db;
  readonly store: Store;
  readonly clock: WallClock;
  readonly log: Logger;
}

const STEP_MS = 500;
const LONGEST_MS = 720 * 60_000;
/** So long before the end of a track the room is paused: the next one must not be heard. */
const SHORT_SECONDS = 0.4;
/** A room whose players are away is told again after so long. */
const AGAIN_MS = 1_000;
/** What a disk has refused to forget is tried again after so long. */
const FORGET_AGAIN_MS = 30_000;
/** The end on the wire is told anew when it moved by more. */
const MOVED_US = 1.5e6;

interface Running {
  readonly room_id: string;
  /** Of those that end by time. */
  readonly endsUs: number | undefined;
  fade: { readonly room: RoomFade; readonly seconds: number } | undefined;
  /** It faded before a restart, and has not gone on yet. */
  resumes: boolean;
  /** The last item of what is waited for, once it plays. */
  lastItem: string | undefined;
  over: boolean;
}

/** What makes rooms fall silent: a fade, a pause where the music is, and the volume as it was. One in a room. [SL1] */
export class Sleeps {
  readonly handlers: Handlers<'sleep:set' | 'sleep:cancel'>;
  readonly #parts: SleepParts;
  readonly #kept: KeptList<'sleeps', SleepOwn>;
  readonly #running = new Map<string, Running>();
  readonly #turn = new Serial();
  readonly #later = new Set<Timer>();
  #ask: Ask | undefined;
  #fades: Fades | undefined;
  #timer: Timer | undefined;
  #unturn: (() => void) | undefined;
  #closed = false;

  constructor(parts: SleepParts) {
    this.#parts = parts;
    this.#kept = new KeptList({ db: parts.db, store: parts.store, list: 'sleeps', own: SleepOwn });
    this.handlers = {
      'sleep:set': (request) => ({ sleep: this.#set(request) }),
      'sleep:cancel': ({ room_id }) => {
        if (!this.#kept.get(room_id)) throw new AppError('ERR_NOT_FOUND', 'This room has no sleep timer');
        this.cancel(room_id);
        return {};
      },
    };
  }

  /** What was set before a restart goes on; what should have ended meanwhile ends now. */
  start(run: RunCommand, fades: Fades): void {
    this.#fades = fades;
    this.#ask = asking(run, { connection_id: 'sleep', name: 'Sleep timer', role: 'admin' });
    const { clock } = this.#parts;
    this.#unturn = clock.onTurn(({ by_ms }) => {
      for (const { item, own } of this.#kept.all())
        if (own.ends_ms !== undefined && by_ms !== 0)
          this.#keep(item, { ...own, ends_ms: own.ends_ms + by_ms });
    });
    for (const { item, own } of this.#kept.all()) {
      const { ends_ms, length_ms = LONGEST_MS, before } = own;
      if (before !== undefined) fades.adopt(item.room_id, before);
      const ms = ends_ms === undefined ? undefined : Math.max(0, ends_ms - clock.wallMs());
      const resumes = own.fades === true || before !== undefined;
      this.#begin(item, ms === undefined ? undefined : Math.min(ms, length_ms), resumes);
    }
  }

  /** It plays on, as loud as it was. */
  cancel(roomId: string): void {
    const running = this.#running.get(roomId);
    if (running) this.#finish(running, false);
    else this.#forget(roomId);
  }

  /** Ends it for an alarm: nothing is paused, and the volume is the alarm's. */
  giveWay(roomId: string): void {
    const running = this.#running.get(roomId);
    if (running) running.over = true;
    this.#running.delete(roomId);
    this.#forget(roomId);
  }

  /** Whether a room is growing quieter, also if it was before a restart. */
  fades(roomId: string): boolean {
    const running = this.#running.get(roomId);
    if (running) return running.fade !== undefined || running.resumes;
    return !this.#ask && this.#kept.get(roomId)?.own.fades === true;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#unturn?.();
    for (const timer of this.#later) timer.cancel();
  }

  #set({ room_id, minutes, until, fade_seconds }: CommandRequest<'sleep:set'>): Sleep {
    const { clock, store } = this.#parts;
    const room = store.state.rooms.get(room_id);
    if (!room) throw new AppError('ERR_ROOM_NOT_FOUND', 'no room has this id');
    if ((minutes === undefined) === (until === undefined))
      throw new AppError('ERR_INVALID', 'A sleep timer ends after some minutes, or at the end of something');
    const before = this.#running.get(room_id);
    if (before) this.#putBack(before);
    const sleep: Sleep = { sleep_id: room_id, room_id, until: until ?? 'time', fade_seconds, fading: false };
    const ms = minutes === undefined ? undefined : minutes * 60_000;
    this.#keep(sleep, ms === undefined ? {} : { ends_ms: clock.wallMs() + ms, length_ms: ms });
    this.#begin(sleep, ms, false);
    return this.#kept.get(room_id)?.item ?? sleep;
  }

  #begin(sleep: Sleep, ms: number | undefined, resumes: boolean): void {
    const { clock } = this.#parts;
    const { room_id } = sleep;
    const old = this.#running.get(room_id);
    if (old) old.over = true;
    const running: Running = {
      room_id,
      endsUs: ms === undefined ? undefined : clock.nowUs() + ms * 1000,
      fade: undefined,
      resumes,
      lastItem: undefined,
      over: false,
    };
    this.#running.set(room_id, running);
    this.#show(running, this.#left(running, sleep), false);
    this.#arm();
  }

  #arm(): void {
    if (this.#closed || this.#timer || this.#running.size === 0) return;
    this.#timer = this.#parts.clock.after(STEP_MS, () => {
      this.#timer = undefined;
      for (const running of [...this.#running.values()])
        void this.#turn
          .run(() => this.#step(running))
          .catch((error: unknown) =>
            this.#parts.log.warn(
              { room_id: running.room_id, error: toError(error).message },
              'a sleep timer has trouble',
            ),
          );
      void this.#turn.idle().then(() => this.#arm());
    });
  }

  /** Seconds until the room falls silent. */
  #left({ endsUs, room_id }: Running, { until }: Sleep): number | undefined {
    const { store, clock } = this.#parts;
    if (endsUs !== undefined) return (endsUs - clock.nowUs()) / 1e6;
    const room = store.state.rooms.get(room_id);
    return room && secondsLeft(room, until, clock.nowUs());
  }

  async #step(running: Running): Promise<void> {
    const item = this.#kept.get(running.room_id)?.item;
    if (running.over || !item) return;
    const room = this.#parts.store.state.rooms.get(running.room_id);
    if (!room) return this.#finish(running, false);
    const left = this.#left(running, item);
    const current = room.kept.item_id;
    const passed = running.lastItem !== undefined && current !== running.lastItem;
    if (running.endsUs === undefined) {
      if (room.kept.intent === 'stopped') return this.#finish(running, false);
      running.lastItem = left !== undefined && left < 2 ? current : undefined;
    }
    const over = left !== undefined && left <= (running.endsUs === undefined ? SHORT_SECONDS : 0);
    if (over || passed) return this.#finish(running, true);
    const fading = left !== undefined && left <= item.fade_seconds && room.kept.intent === 'playing';
    if (fading) await this.#fade(running, left);
    else if (running.fade || running.resumes) this.#putBack(running);
    this.#show(running, left, fading);
  }

  /** Quieter step by step. Somebody who turns a knob meanwhile hears it fade from there, and finds it there. */
  async #fade(running: Running, left: number): Promise<void> {
    const { room_id } = running;
    const kept = this.#kept.get(room_id);
    if (!running.fade && this.#fades && kept) {
      running.fade = { room: this.#fades.begin(room_id), seconds: left };
      running.resumes = false;
      this.#keep(kept.item, { ...kept.own, fades: true }, 'normal');
    }
    const { room, seconds = 0 } = running.fade ?? {};
    await room?.lower(seconds > 0 ? Math.min(1, left / seconds) : 0);
  }

  /** It is kept until the room has fallen silent: players that are away then are told when they are back, and after a restart. */
  #finish(running: Running, pause: boolean): void {
    const { room_id } = running;
    running.over = true;
    const playing = this.#parts.store.state.rooms.get(room_id)?.kept.intent === 'playing';
    if (!pause || !playing || !this.#ask) return this.#leave(running);
    this.#ask('room:pause', { room_id }).then(
      () => this.#leave(running),
      (error: unknown) => {
        if (isAway(error)) return void this.#after(AGAIN_MS, () => this.#finishStill(running));
        this.#parts.log.warn({ room_id, error: toError(error).message }, 'a room did not fall silent');
        this.#leave(running);
      },
    );
  }

  #finishStill(running: Running): void {
    if (this.#running.get(running.room_id) === running) this.#finish(running, true);
  }

  #leave(running: Running): void {
    if (this.#running.get(running.room_id) !== running) return;
    this.#running.delete(running.room_id);
    this.#putBack(running);
    this.#forget(running.room_id);
  }

  /** A disk that refuses keeps nobody awake: then it counts until the server restarts. [BK4] */
  #keep(sleep: Sleep, own: SleepOwn, durability?: Durability): void {
    try {
      this.#kept.put(sleep, own, durability);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'ERR_DISK') throw error;
      this.#parts.log.warn({ room_id: sleep.room_id }, 'a sleep timer could not be kept');
      this.#kept.show(sleep, own);
    }
  }

  /** At once; on a disk that refuses as soon as it does no more. */
  #forget(...roomIds: readonly string[]): void {
    if (!this.#kept.forget(roomIds)) this.#after(FORGET_AGAIN_MS, () => this.#forget());
  }

  #after(ms: number, run: () => void): void {
    if (this.#closed) return;
    const timer = this.#parts.clock.after(ms, () => {
      this.#later.delete(timer);
      run();
    });
    this.#later.add(timer);
  }

  #putBack(running: Running): void {
    const { fade, room_id } = running;
    running.fade = undefined;
    running.resumes = false;
    if (fade) fade.room.giveBack();
    else this.#fades?.giveBack(room_id);
  }

  /** The end is told as a moment, so that every page counts by itself. */
  #show({ room_id }: Running, left: number | undefined, fading: boolean): void {
    const entry = this.#kept.get(room_id);
    if (!entry) return;
    const { ends_at_us: before, ...rest } = entry.item;
    const now = left === undefined ? undefined : Math.round(this.#parts.clock.nowUs() + left * 1e6);
    const same =
      now === before || (now !== undefined && before !== undefined && Math.abs(now - before) < MOVED_US);
    if (same && rest.fading === fading) return;
    const ends_at_us = same ? before : now;
    this.#kept.show({ ...rest, fading, ...(ends_at_us !== undefined && { ends_at_us }) }, entry.own);
  }
}
