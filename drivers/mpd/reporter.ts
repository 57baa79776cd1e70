import { isDeepStrictEqual } from 'node:util';
import type { Fact } from '../../src/players/index.js';

type Playback = Extract<Fact, { type: 'playback' }>;

/** A position that differs by less from where the last fact points is no news. */
const SAME_POSITION_SECONDS = 0.03;

/** Emits facts that say something new. */
export class Reporter {
  #emit: (fact: Fact) => void;
  #last = new Map<Fact['type'], Fact>();

  constructor(emit: (fact: Fact) => void) {
    this.#emit = emit;
  }

  /** `ended` is always news. */
  report(fact: Fact): void {
    if (fact.type !== 'ended') {
      if (isDeepStrictEqual(this.#last.get(fact.type), fact)) return;
      this.#last.set(fact.type, fact);
    }
    this.#emit(fact);
  }

  /** `force` also when nothing changed: a new anchor. */
  playback(fact: Playback, force: boolean): void {
    const last = this.#last.get('playback');
    if (!force && last?.type === 'playback' && agrees(last, fact)) return;
    this.#last.set('playback', fact);
    this.#emit(fact);
  }
}

function agrees(last: Playback, now: Playback): boolean {
  const expected = last.position_seconds + ((now.at_us - last.at_us) / 1e6) * last.rate;
  if (Math.abs(expected - now.position_seconds) > SAME_POSITION_SECONDS) return false;
  const still = { position_seconds: 0, at_us: 0 };
  return isDeepStrictEqual({ ...last, ...still }, { ...now, ...still });
}
