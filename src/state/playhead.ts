import { closeSync, constants, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import * as z from 'zod';
import { toError, type Clock, type Logger } from '../base/index.js';
import { positionAt } from '../protocol/index.js';
import type { State } from './model.js';
import type { Store } from './store.js';

const Marks = z.object({
  wall_ms: z.number(),
  /** In which life of the machine, and when in it: what no clock that is set can move. */
  boot: z.string().optional(),
  us: z.number().optional(),
  rooms: z.record(z.string(), z.object({ item_id: z.string(), position_seconds: z.number() })),
});

/** Room for the marks of some 40 rooms; always written whole, so a shorter text leaves nothing of a longer one behind. */
const FILE_BYTES = 4096;
const EVERY_MS = 1000;
/** As often on the disk: each time costs a card some 30 kB, nearly all of it the journal of its file system. */
const DISK_MS = 120_000;
/** With a new item the database is written too, and with a play: the mark goes along, if the last one is this old, and costs no journal of its own. */
const ALONG_MS = 30_000;

/**
 * Where every room's music is, written over the same 4 kB of a file while something plays: once a second in memory, where there is such a place
 * (`near`), and every two minutes on disk. `kill -9` loses at most a second, a power cut two minutes. A file that is written each second costs an SD card
 * 11 MB an hour, most of it the journal of its file system; a database row each second would cost more.
 */
export class Playhead {
  /** Undefined where nothing can be written. */
  readonly #file: number | undefined;
  readonly #near: number | undefined;
  readonly #nearPath: string | undefined;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #boot: string | undefined;
  readonly #timer: { cancel(): void };
  #failed = false;
  #onDisk = { us: -Infinity, items: '' };
  #along = false;

  constructor(options: {
    readonly path: string;
    /** In memory, and there after `kill -9`. */
    readonly near?: string | undefined;
    readonly store: Store;
    readonly clock: Clock;
    readonly log: Logger;
    /** The name of this life of the machine, in which `clock` began. */
    readonly boot?: string | undefined;
  }) {
    this.#store = options.store;
    this.#boot = options.boot;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#file = this.#open(options.path);
    this.#nearPath = options.near;
    this.#near = options.near === undefined ? undefined : this.#open(options.near);
    this.#timer = options.clock.every(EVERY_MS, () => this.#mark());
  }

  /** The disk has just been written to for something else. */
  goAlong(): void {
    this.#along = true;
  }

  #open(path: string): number | undefined {
    try {
      // Where memory is others may write too: a link of theirs leads nowhere.
      return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    } catch (error) {
      this.#log.warn({ error: toError(error).message }, 'the playhead cannot be written');
      return undefined;
    }
  }

  #mark(): void {
    const { rooms } = this.#store.state;
    const playing = [...rooms.values()].filter((room) => room.live.timeline.rate > 0);
    if (playing.length === 0) return;
    const us = this.#clock.nowUs();
    const items = playing.map(({ kept }) => kept.item_id).join(' ');
    const along = this.#along || items !== this.#onDisk.items;
    const every = this.#near === undefined ? 0 : along ? ALONG_MS : DISK_MS;
    const isDue = us - this.#onDisk.us >= (every - EVERY_MS / 2) * 1000;
    if (isDue) this.#onDisk = { us, items };
    this.#along = false;
    this.#write(isDue ? [this.#near, this.#file] : [this.#near]);
  }

  #write(files: readonly (number | undefined)[]): void {
    const now = this.#clock.nowUs();
    const life = this.#boot === undefined ? {} : { boot: this.#boot, us: now };
    const marks: z.infer<typeof Marks> = { wall_ms: this.#clock.wallMs(), ...life, rooms: {} };
    for (const [roomId, { kept, live }] of this.#store.state.rooms) {
      if (kept.item_id !== undefined && kept.intent !== 'stopped') {
        marks.rooms[roomId] = {
          item_id: kept.item_id,
          position_seconds: Math.round(positionAt(live.timeline, now) * 100) / 100,
        };
      }
    }
    try {
      const text = JSON.stringify(marks).padEnd(FILE_BYTES, ' ');
      for (const file of files) if (file !== undefined) writeSync(file, text, 0);
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) this.#log.warn({ error: toError(error).message }, 'the playhead cannot be written');
      this.#failed = true;
    }
  }

  close(): void {
    this.#timer.cancel();
    const files = [this.#near, this.#file];
    this.#write(files);
    for (const file of files) if (file !== undefined) closeSync(file);
    if (this.#nearPath !== undefined) rmSync(this.#nearPath, { force: true });
  }
}

/** A restart this long after the last mark does not start music by itself: nobody wants it at night after a power cut. */
const RESUME_WITHIN_MS = 2 * 60_000;

/** When it is that a state is loaded. */
export interface LoadedAt {
  readonly wall_ms: number;
  /** False: nobody knows yet how late it is. */
  readonly trusted: boolean;
  readonly boot?: string | undefined;
  readonly us: number;
  /** The house was restored meanwhile: nothing goes on, however short ago it was heard. */
  readonly restored?: boolean;
}

export interface Resumed {
  readonly state: State;
  /** What played when the machine went off nobody knows how long ago; undefined where that is known. */
  readonly undecided: Undecided | undefined;
}

export interface Undecided {
  /** When it was last heard. */
  readonly wall_ms: number;
  readonly room_ids: readonly string[];
}

/** Whether music goes on that was marked so long ago; what was marked in another life of the machine played on for up to `DISK_MS` after it. */
export function goesOn(awayMs: number, isSameLife: boolean): boolean {
  return awayMs >= -RESUME_WITHIN_MS && awayMs <= RESUME_WITHIN_MS + (isSameLife ? 0 : DISK_MS);
}

/**
 * The loaded state with every position as the newest of these playheads saw it; rooms that have been silent for long are paused, and those of
 * which nobody knows for how long.
 */
export function resumedAt(state: State, paths: readonly string[], at: LoadedAt): Resumed {
  const marks = paths
    .flatMap((path) => readMarks(path) ?? [])
    .reduce<z.infer<typeof Marks> | undefined>(
      (best, one) => (best && best.wall_ms > one.wall_ms ? best : one),
      undefined,
    );
  const away = marks && awayFor(marks, at);
  const restored = at.restored === true;
  const resumes = !restored && away !== undefined && goesOn(away, isOfLife(marks, at));
  const rooms = new Map(state.rooms);
  const paused: string[] = [];
  for (const [roomId, room] of rooms) {
    const mark = marks && Object.hasOwn(marks.rooms, roomId) ? marks.rooms[roomId] : undefined;
    const position =
      mark && mark.item_id === room.kept.item_id ? mark.position_seconds : room.kept.position_seconds;
    const stale = room.kept.intent === 'playing' && !resumes;
    if (stale) paused.push(roomId);
    rooms.set(roomId, {
      ...room,
      kept: { ...room.kept, position_seconds: position, intent: stale ? 'paused' : room.kept.intent },
      live: { ...room.live, timeline: { position_seconds: position, at_us: 0, rate: 0 } },
    });
  }
  const isOpen = marks && !restored && away === undefined && paused.length > 0;
  const undecided = isOpen ? { wall_ms: marks.wall_ms, room_ids: paused } : undefined;
  return { state: { ...state, rooms }, undecided };
}

function isOfLife(marks: z.infer<typeof Marks> | undefined, { boot }: LoadedAt): boolean {
  return boot !== undefined && marks?.boot === boot;
}

/** How long ago marks were made; undefined when no clock knows. */
function awayFor(marks: z.infer<typeof Marks>, at: LoadedAt): number | undefined {
  if (at.trusted) return at.wall_ms - marks.wall_ms;
  return isOfLife(marks, at) && marks.us !== undefined && marks.us <= at.us
    ? (at.us - marks.us) / 1000
    : undefined;
}

function readMarks(path: string): z.infer<typeof Marks> | undefined {
  try {
    return Marks.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}
