import { isDeepStrictEqual } from 'node:util';
import type { Fact } from './contract.js';

export type PlaybackFact = Extract<Fact, { type: 'playback' }>;

export interface News {
  /** A position that differs by less from where the last fact points is no news. */
  readonly samePositionSeconds: number;
  /** Where the music is must be told again after so long, also where it is no news. */
  readonly anchorUs?: number;
}

/** Emits the facts of a driver that say something new. */
export class Reporter {
  #emit: (fact: Fact) => void;
  #news: News;
  #last = new Map<Fact['type'], Fact>();

  constructor(emit: (fact: Fact) => void, news: News) {
    this.#emit = emit;
    this.#news = news;
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
    if (!force && last?.type === 'playback' && agrees(last, fact, this.#news)) return;
    this.#last.set('playback', fact);
    this.#emit(fact);
  }
}

function agrees(
  last: PlaybackFact,
  now: PlaybackFact,
  { samePositionSeconds, anchorUs = Infinity }: News,
): boolean {
  if (now.rate > 0 && now.at_us - last.at_us > anchorUs) return false;
  const expected = last.position_seconds + ((now.at_us - last.at_us) / 1e6) * last.rate;
  if (Math.abs(expected - now.position_seconds) > samePositionSeconds) return false;
  const still = { position_seconds: 0, at_us: 0 };
  return isDeepStrictEqual({ ...last, ...still }, { ...now, ...still });
}
