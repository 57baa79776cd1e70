import { toError, type Clock, type Logger, type Timer } from '../base/index.js';
import type { Players } from '../players/index.js';
import { roundLevel } from '../state/index.js';

/**
 * How fast a knob turns. `careful`: at once, but upwards by no more than 0.3, the rest within the next second: a slip of the finger, or a
 * child with a tablet, is heard before it hurts. `slow`: within two seconds, for what nobody asked for at this moment.
 */
export type Pace = 'at-once' | 'careful' | 'slow';

const CAREFUL_JUMP = 0.3;
const CAREFUL_STEP = 0.1;
const SLOW_STEPS = 20;
const STEP_MS = 100;
/** For so long what a player was told counts, and not what it said meanwhile, which may be older. */
const RECENT_US = 1e6;

/** A report so far outside of the way a knob is being turned comes from another hand. */
const ASIDE = 0.05;

interface Turn {
  readonly from: number;
  readonly target: number;
  readonly at_us: number;
  /** The levels still to be told, first to last. */
  readonly steps: number[];
  timer?: Timer;
}

/** Tells players how loud to be, in steps where that is kinder. A newer level for a player takes the place of an older one. */
export class Knobs {
  readonly #players: Pick<Players, 'execute'>;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #turns = new Map<string, Turn>();

  constructor(parts: {
    readonly players: Pick<Players, 'execute'>;
    readonly clock: Clock;
    readonly log: Logger;
  }) {
    this.#players = parts.players;
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  /** Resolves when the player accepted the first step, with that step; the others follow by themselves. */
  async turn(playerId: string, from: number | undefined, target: number, pace: Pace): Promise<number> {
    this.forget(playerId);
    const [first = target, ...steps] = stepsOf(from ?? target, target, pace);
    const turn: Turn = { from: from ?? target, target, at_us: this.#clock.nowUs(), steps };
    this.#turns.set(playerId, turn);
    try {
      await this.#players.execute(playerId, { type: 'volume', volume: first });
    } catch (error) {
      if (this.#turns.get(playerId) === turn) this.#turns.delete(playerId);
      throw error;
    }
    this.#goOn(playerId, turn);
    return first;
  }

  /** What a player was told just now, or is on its way to; undefined when its own word counts again. */
  recent(playerId: string): number | undefined {
    const turn = this.#turns.get(playerId);
    if (!turn) return undefined;
    const over = turn.steps.length === 0 && this.#clock.nowUs() - turn.at_us > RECENT_US;
    return over ? undefined : turn.target;
  }

  /** The level a player is on its way to, step by step. */
  target(playerId: string): number | undefined {
    const turn = this.#turns.get(playerId);
    return turn && turn.steps.length > 0 ? turn.target : undefined;
  }

  /** A player says how loud it is. When somebody else turns it meanwhile, the rest of our steps is left. */
  heard(playerId: string, volume: number): void {
    const turn = this.#turns.get(playerId);
    if (!turn || turn.steps.length === 0) return;
    const [low, high] = [Math.min(turn.from, turn.target), Math.max(turn.from, turn.target)];
    if (volume < low - ASIDE || volume > high + ASIDE) this.forget(playerId);
  }

  forget(playerId: string): void {
    this.#turns.get(playerId)?.timer?.cancel();
    this.#turns.delete(playerId);
  }

  close(): void {
    for (const playerId of [...this.#turns.keys()]) this.forget(playerId);
  }

  #goOn(playerId: string, turn: Turn): void {
    if (turn.steps.length === 0 || this.#turns.get(playerId) !== turn) return;
    turn.timer = this.#clock.after(STEP_MS, () => {
      const volume = turn.steps.shift();
      if (volume === undefined) return;
      this.#players.execute(playerId, { type: 'volume', volume }).then(
        () => this.#goOn(playerId, turn),
        (error: unknown) => {
          this.#log.debug(
            { player_id: playerId, error: toError(error).message },
            'a volume step was refused',
          );
          if (this.#turns.get(playerId) === turn) this.#turns.delete(playerId);
        },
      );
    });
  }
}

function stepsOf(from: number, target: number, pace: Pace): number[] {
  switch (pace) {
    case 'at-once':
      return [target];
    case 'careful': {
      const steps: number[] = [];
      for (let level = from + CAREFUL_JUMP; level < target - 1e-6; level += CAREFUL_STEP)
        steps.push(roundLevel(level));
      return [...steps, target];
    }
    case 'slow':
      return Array.from({ length: SLOW_STEPS }, (_, n) =>
        roundLevel(from + ((target - from) * (n + 1)) / SLOW_STEPS),
      );
    default:
      return pace satisfies never;
  }
}
