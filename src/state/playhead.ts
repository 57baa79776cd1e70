import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import * as z from 'zod';
import { toError, type Clock, type Logger } from '../base/index.js';
import { positionAt } from '../protocol/index.js';
import type { State } from './model.js';
import type { Store } from './store.js';

const Marks = z.object({
  wall_ms: z.number(),
  rooms: z.record(z.string(), z.object({ item_id: z.string(), position_seconds: z.number() })),
});

/** Room for the marks of some 40 rooms; always written whole, so a shorter text leaves nothing of a longer one behind. */
const FILE_BYTES = 4096;
const EVERY_MS = 1000;

/**
 * Where every room's music is, written once a second over the same 4 kB of one file while something plays. `kill -9` loses at most a
 * second; the kernel writes the page out about twice a minute, where a database row a second would cost an SD card 14 MB an hour.
 */
export class Playhead {
  /** Undefined where nothing can be written. */
  readonly #file: number | undefined;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #timer: { cancel(): void };
  #failed = false;

  constructor(options: {
    readonly path: string;
    readonly store: Store;
    readonly clock: Clock;
    readonly log: Logger;
  }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#file = this.#open(options.path);
    this.#timer = options.clock.every(EVERY_MS, () => this.#mark());
  }

  #open(path: string): number | undefined {
    try {
      closeSync(openSync(path, 'a', 0o600));
      return openSync(path, 'r+');
    } catch (error) {
      this.#log.warn({ error: toError(error).message }, 'the playhead cannot be written');
      return undefined;
    }
  }

  #mark(): void {
    const { rooms } = this.#store.state;
    if (![...rooms.values()].some((room) => room.live.timeline.rate > 0)) return;
    this.#write();
  }

  #write(): void {
    if (this.#file === undefined) return;
    const now = this.#clock.nowUs();
    const marks: z.infer<typeof Marks> = { wall_ms: this.#clock.wallMs(), rooms: {} };
    for (const [roomId, { kept, live }] of this.#store.state.rooms) {
      if (kept.item_id !== undefined && kept.intent !== 'stopped') {
        marks.rooms[roomId] = {
          item_id: kept.item_id,
          position_seconds: Math.round(positionAt(live.timeline, now) * 100) / 100,
        };
      }
    }
    try {
      writeSync(this.#file, JSON.stringify(marks).padEnd(FILE_BYTES, ' '), 0);
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) this.#log.warn({ error: toError(error).message }, 'the playhead cannot be written');
      this.#failed = true;
    }
  }

  close(): void {
    this.#timer.cancel();
    this.#write();
    if (this.#file !== undefined) closeSync(this.#file);
  }
}

/** A restart this long after the last mark does not start music by itself: nobody wants it at night after a power cut. */
const RESUME_WITHIN_MS = 2 * 60_000;

/** The loaded state with every position as the playhead last saw it; rooms that have been silent for long are paused. */
export function resumedAt(state: State, path: string, wallMs: number): State {
  const marks = readMarks(path);
  const away = marks ? wallMs - marks.wall_ms : Infinity;
  const rooms = new Map(state.rooms);
  for (const [roomId, room] of rooms) {
    const mark = marks && Object.hasOwn(marks.rooms, roomId) ? marks.rooms[roomId] : undefined;
    const position =
      mark && mark.item_id === room.kept.item_id ? mark.position_seconds : room.kept.position_seconds;
    const stale = room.kept.intent === 'playing' && (away > RESUME_WITHIN_MS || away < -RESUME_WITHIN_MS);
    rooms.set(roomId, {
      ...room,
      kept: { ...room.kept, position_seconds: position, intent: stale ? 'paused' : room.kept.intent },
      live: { ...room.live, timeline: { position_seconds: position, at_us: 0, rate: 0 } },
    });
  }
  return { ...state, rooms };
}

function readMarks(path: string): z.infer<typeof Marks> | undefined {
  try {
    return Marks.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}
