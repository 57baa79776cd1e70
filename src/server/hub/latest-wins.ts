import type { Clock, Timer } from '../../base/index.js';
import type { CommandResult } from '../commands.js';

/** So many things at once, and so many commands waiting for one; beyond, they are commands like others. */
const MAX_LANES = 64;
const MAX_WAITING = 1000;

export interface LatestWinsParts {
  readonly clock: Clock;
  /** 0 = it may run now; otherwise how many milliseconds it has to wait. */
  take(): number;
  run(type: string, request: unknown, ids: readonly string[]): Promise<CommandResult>;
  answered(ids: readonly string[], type: string, result: CommandResult): void;
}

interface Waiting {
  readonly ids: string[];
  readonly type: string;
  readonly request: unknown;
}

interface Lane {
  /** The room or player it is about. */
  readonly about: string;
  running: number;
  waiting: Waiting | undefined;
  timer: Timer | undefined;
}

/**
 * Commands of which only the last counts: the volume of a room, the place in a track. While one runs, or has to wait for its turn, a newer
 * one takes its place, and all that it stands for get its answer. [RA4]
 */
export class LatestWins {
  readonly #parts: LatestWinsParts;
  readonly #lanes = new Map<string, Lane>();
  #closed = false;

  constructor(parts: LatestWinsParts) {
    this.#parts = parts;
  }

  /** Takes the command in. `full`: far too many wait for the same. `other`: it has to run like any other. */
  offer(id: string, type: string, about: string, request: unknown): 'taken' | 'full' | 'other' {
    const key = `${type} ${about}`;
    let lane = this.#lanes.get(key);
    if (!lane) {
      if (this.#lanes.size >= MAX_LANES) return 'other';
      this.#lanes.set(key, (lane = { about, running: 0, waiting: undefined, timer: undefined }));
    }
    const ids = lane.waiting?.ids ?? [];
    if (ids.length >= MAX_WAITING) return 'full';
    ids.push(id);
    lane.waiting = { ids, type, request };
    if (!lane.timer) this.#next(key, lane);
    return 'taken';
  }

  /** What waits about this room or player runs now: what comes next must not overtake it. */
  hurry(about: string): void {
    for (const [key, lane] of this.#lanes) if (lane.about === about && lane.waiting) this.#start(key, lane);
  }

  /** The connection is over: what waits runs now, and nothing waits any more. */
  close(): void {
    this.#closed = true;
    for (const [key, lane] of this.#lanes) this.#start(key, lane);
    this.#lanes.clear();
  }

  #next(key: string, lane: Lane): void {
    if (lane.running > 0 || this.#closed) return;
    if (!lane.waiting) {
      this.#lanes.delete(key);
      return;
    }
    const waitMs = this.#parts.take();
    if (waitMs > 0) this.#later(key, lane, waitMs);
    else this.#start(key, lane);
  }

  #later(key: string, lane: Lane, waitMs: number): void {
    lane.timer = this.#parts.clock.after(waitMs, () => {
      lane.timer = undefined;
      this.#next(key, lane);
    });
  }

  #start(key: string, lane: Lane): void {
    const waiting = lane.waiting;
    if (!waiting) return;
    lane.timer?.cancel();
    lane.timer = undefined;
    lane.waiting = undefined;
    lane.running += 1;
    void this.#parts.run(waiting.type, waiting.request, waiting.ids).then((result) => {
      lane.running -= 1;
      const waitMs = this.#closed ? undefined : retryAfter(result);
      if (waitMs !== undefined) {
        const newer = lane.waiting;
        lane.waiting = newer ? { ...newer, ids: [...waiting.ids, ...newer.ids] } : waiting;
        if (!lane.timer) this.#later(key, lane, waitMs);
        return;
      }
      this.#parts.answered(waiting.ids, waiting.type, result);
      if (!lane.timer) this.#next(key, lane);
    });
  }
}

/** Milliseconds, when the command was refused for coming too soon. */
function retryAfter(result: CommandResult): number | undefined {
  if (result.ok || result.error.code !== 'ERR_RATE_LIMITED') return undefined;
  const ms = result.error.params['retry_after_ms'];
  return typeof ms === 'number' ? ms : undefined;
}
