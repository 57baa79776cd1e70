import { isDeepStrictEqual } from 'node:util';
import type { Fact } from '../../src/players/index.js';

export type PlaybackFact = Extract<Fact, { type: 'playback' }>;

/** What a Chromecast says of its position wanders by some ms; less from where the last fact points is no news. */
const SAME_POSITION_SECONDS = 0.04;

/** Where the music is must be told again after so long, also where it is no news. */
const ANCHOR_US = 5_000_000;

/** Emits facts that say something new. */
export class Reporter {
  #emit: (fact: Fact) => void;
  #last = new Map<Fact['type'], Fact>();

  constructor(emit: (fact: Fact) => void) {
    this.#emit = emit;
  }

  /** `ended` and `sync` are always news. */
  report(fact: Fact): void {
    if (fact.type !== 'ended' && fact.type !== 'sync') {
      if (isDeepStrictEqual(this.#last.get(fact.type), fact)) return;
      this.#last.set(fact.type, fact);
    }
    this.#emit(fact);
  }

  /** `force` also when nothing changed: a new anchor. */
  playback(fact: PlaybackFact, force: boolean): void {
    const last = this.#last.get('playback');
    if (!force && last?.type === 'playback' && agrees(last, fact)) return;
    this.#last.set('playback', fact);
    this.#emit(fact);
  }
}

function agrees(last: PlaybackFact, now: PlaybackFact): boolean {
  if (now.rate > 0 && now.at_us - last.at_us > ANCHOR_US) return false;
  const expected = last.position_seconds + ((now.at_us - last.at_us) / 1e6) * last.rate;
  if (Math.abs(expected - now.position_seconds) > SAME_POSITION_SECONDS) return false;
  const still = { position_seconds: 0, at_us: 0 };
  return isDeepStrictEqual({ ...last, ...still }, { ...now, ...still });
}
