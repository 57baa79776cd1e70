import type { Clock, Timer } from '../base/index.js';
import type { InputGesture } from '../protocol/index.js';
import { DROPPED, KEY, RELATIVE, SYNC, type RawEvent } from './event-stream.js';
import { keyName, relativeName } from './key-names.js';

/** A key that opens and closes again within so many ms has not been let go: contacts bounce. */
const BOUNCE_MS = 25;
const HOLD_MS = 600;
/** A held key of a volume begins to repeat after so long, and then goes on so often. */
const FIRST_REPEAT_MS = 450;
const REPEAT_MS = 110;
/** One that is still held after so long is stuck, or its end was lost. */
const STUCK_MS = 20_000;
/** Steps of a knob are gathered so long: each would be a command of its own. */
const GATHER_MS = 40;
/** Whoever turns this quickly wants to get far: steps within the last so many ms count more. */
const PACE_MS = 300;
const MAX_STEPS = 40;

export interface Gesture {
  readonly key: string;
  readonly gesture: InputGesture;
  /** How often: of knobs and of keys that repeat. */
  readonly steps: number;
  /** It goes on because the key is still held. */
  readonly again: boolean;
}

/** What is bound to a key decides how it is heard. */
export interface KeyRules {
  /** Something else happens when it is held. */
  readonly hold: boolean;
  /** It goes on while it is held. */
  readonly repeats: boolean;
  /** Let go and pressed again at once it was never let go. Of other keys, two presses as quick as that are two. */
  readonly bounces: boolean;
}

interface Down {
  timer: Timer | undefined;
  readonly stuck: Timer;
  /** Until then nothing was made of it. */
  waits: boolean;
  readonly bounces: boolean;
}

/** What people do, made of what one input sends: presses, long presses, repeats, turns. */
export class Gestures {
  readonly #clock: Clock;
  readonly #rules: (key: string) => KeyRules;
  readonly #tell: (gesture: Gesture) => void;
  readonly #down = new Map<string, Down>();
  /** Let go, but perhaps only for a moment. */
  readonly #letGo = new Map<string, Timer>();
  readonly #turned = new Map<string, number>();
  /** Of one direction: who turns back, or a contact that trembles between two steps, is not quick. */
  readonly #pace: { readonly key: string; readonly atUs: number; readonly steps: number }[] = [];
  #gather: Timer | undefined;

  constructor(clock: Clock, rules: (key: string) => KeyRules, tell: (gesture: Gesture) => void) {
    this.#clock = clock;
    this.#rules = rules;
    this.#tell = tell;
  }

  take({ type, code, value }: RawEvent): void {
    if (type === SYNC && code === DROPPED) return this.#letAllGo();
    if (type === RELATIVE) {
      const name = relativeName(code);
      if (name !== undefined && value !== 0) this.#turn(name, value);
    } else if (type === KEY && value === 1) this.press(keyName(code));
    else if (type === KEY && value === 0) this.release(keyName(code));
    // 2 = the kernel repeats a held key. Not every input does, so that repeats are made here.
  }

  press(key: string): void {
    const letGo = this.#letGo.get(key);
    if (letGo) {
      letGo.cancel();
      this.#letGo.delete(key);
      return;
    }
    if (this.#down.has(key)) return;
    const { hold, repeats, bounces } = this.#rules(key);
    const stuck = this.#clock.after(STUCK_MS, () => this.#end(key));
    const down: Down = { timer: undefined, stuck, waits: hold, bounces };
    this.#down.set(key, down);
    if (!hold) this.#tell({ key, gesture: 'press', steps: 1, again: false });
    if (hold)
      down.timer = this.#clock.after(HOLD_MS, () => {
        down.waits = false;
        this.#tell({ key, gesture: 'hold', steps: 1, again: false });
      });
    else if (repeats) down.timer = this.#clock.after(FIRST_REPEAT_MS, () => this.#repeat(key, down));
  }

  release(key: string): void {
    const down = this.#down.get(key);
    if (!down || this.#letGo.has(key)) return;
    if (down.bounces)
      this.#letGo.set(
        key,
        this.#clock.after(BOUNCE_MS, () => this.#released(key, down)),
      );
    else this.#released(key, down);
  }

  #released(key: string, down: Down): void {
    this.#letGo.delete(key);
    this.#end(key);
    if (down.waits) this.#tell({ key, gesture: 'press', steps: 1, again: false });
  }

  /** What is held is not known any more; what was let go and turned before is. */
  #letAllGo(): void {
    for (const [key, timer] of [...this.#letGo]) {
      timer.cancel();
      const down = this.#down.get(key);
      if (down) this.#released(key, down);
    }
    for (const key of [...this.#down.keys()]) this.#end(key);
  }

  /** Nothing is held any more, and nothing was. */
  forget(): void {
    for (const key of [...this.#down.keys()]) this.#end(key);
    for (const timer of this.#letGo.values()) timer.cancel();
    this.#letGo.clear();
    this.#gather?.cancel();
    this.#gather = undefined;
    this.#turned.clear();
  }

  #repeat(key: string, down: Down): void {
    down.timer = this.#clock.after(REPEAT_MS, () => this.#repeat(key, down));
    this.#tell({ key, gesture: 'press', steps: 1, again: true });
  }

  #end(key: string): void {
    const down = this.#down.get(key);
    down?.timer?.cancel();
    down?.stuck.cancel();
    this.#down.delete(key);
  }

  #turn(name: string, value: number): void {
    const steps = Math.max(-MAX_STEPS, Math.min(MAX_STEPS, value));
    this.#turned.set(name, (this.#turned.get(name) ?? 0) + steps);
    this.#gather ??= this.#clock.after(GATHER_MS, () => this.#tellTurns());
  }

  #tellTurns(): void {
    this.#gather = undefined;
    const nowUs = this.#clock.nowUs();
    for (const [name, sum] of this.#turned) {
      if (sum === 0) continue;
      const key = `${name}${sum > 0 ? '+' : '-'}`;
      if (this.#pace.at(-1)?.key !== key) this.#pace.length = 0;
      this.#pace.push({ key, atUs: nowUs, steps: Math.abs(sum) });
      while ((this.#pace[0]?.atUs ?? nowUs) < nowUs - PACE_MS * 1000) this.#pace.shift();
      const lately = this.#pace.reduce((all, { steps }) => all + steps, 0);
      const steps = Math.min(MAX_STEPS, Math.abs(sum) * accelerated(lately));
      this.#tell({ key, gesture: 'press', steps, again: false });
    }
    this.#turned.clear();
  }
}

/** How much a step counts when there were so many lately. */
function accelerated(lately: number): number {
  if (lately <= 3) return 1;
  return lately <= 7 ? 2 : 3;
}
