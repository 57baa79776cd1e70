import type { SyncClass, SyncReport } from '../protocol/index.js';
import type { PlayerReport } from '../state/index.js';

export type SyncFact = Extract<PlayerReport, { type: 'sync' }>;

const WINDOW_US = 30e6;
/** Four a second for 30 s is 120; more than this nobody needs to send. */
const MAX_SAMPLES = 240;
/** A player outside its bound, or corrected, less than this ago is on its way. */
const SETTLING_US = 10e6;
/** The state is judged by the middle of so many samples, so that a single stray one changes nothing. */
const JUDGED = 4;
/** The trend is drawn through the medians of pieces of this length, and needs so many of them. */
const PIECE_US = 3e6;
const MIN_PIECES = 4;

/**
 * What a player of a class can be expected to keep, ms. Up to `in_sync` it counts as in sync. Beyond `lost`, or outside `in_sync` for more
 * than 10 s, it is lost. A number older than `fresh_us` says nothing about now.
 */
export const BOUNDS: Readonly<
  Record<SyncClass, { readonly in_sync: number; readonly lost: number; readonly fresh_us: number }>
> = {
  locked: { in_sync: 1, lost: 20, fresh_us: 5e6 },
  steered: { in_sync: 1, lost: 20, fresh_us: 5e6 },
  nudged: { in_sync: 15, lost: 100, fresh_us: 20e6 },
  loose: { in_sync: 50, lost: 500, fresh_us: 20e6 },
};

type Reading = Omit<SyncReport, 'player_id' | 'sync_class'>;

/** What one player said about itself in the last 30 s, and what follows from it. Knows no clock: every question brings the time. */
export class TruthWindow {
  readonly #samples: SyncFact[] = [];
  #last: SyncFact | undefined;
  #correction: SyncFact['correction'];

  /** `nowUs` is when it was heard; a sample never counts for later than that. */
  add(fact: SyncFact, nowUs: number): void {
    if (!Number.isFinite(fact.skew_ms) || !Number.isFinite(fact.error_ms)) return;
    const sample = { ...fact, at_us: Math.min(fact.at_us, nowUs) };
    this.#samples.push(sample);
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
    this.#last = sample;
    if (fact.correction) this.#correction = fact.correction;
  }

  reading(syncClass: SyncClass, nowUs: number): Reading {
    while (this.#samples[0] && nowUs - this.#samples[0].at_us > WINDOW_US) this.#samples.shift();
    const last = this.#last;
    if (!last) return { state: 'unmeasured', estimated: false };
    const { estimated, drift_ppm } = last;
    const common = {
      estimated,
      ...(drift_ppm !== undefined && { drift_ppm: rounded(drift_ppm) }),
      ...(this.#correction && { correction: this.#correction }),
    };
    if (nowUs - last.at_us > BOUNDS[syncClass].fresh_us) return { state: 'lost', ...common };
    const trend = trendOf(this.#samples);
    const sizes = this.#samples.map(({ skew_ms }) => Math.abs(skew_ms));
    return {
      state: this.#state(syncClass, nowUs),
      ...common,
      skew_ms: {
        now: rounded(last.skew_ms),
        p50: rounded(quantile(sizes, 0.5)),
        p95: rounded(quantile(sizes, 0.95)),
      },
      ...(trend !== undefined && { trend_ms_per_minute: rounded(trend) }),
      error_ms: rounded(Math.max(...this.#samples.map(({ error_ms }) => error_ms))),
    };
  }

  #state(syncClass: SyncClass, nowUs: number): SyncReport['state'] {
    const { in_sync, lost } = BOUNDS[syncClass];
    const judged = this.#samples.slice(-JUDGED).map(({ skew_ms }) => Math.abs(skew_ms));
    const size = quantile(judged, 0.5);
    if (size <= in_sync) return 'in-sync';
    if (size > lost) return 'lost';
    const recent = this.#samples.filter(({ at_us }) => nowUs - at_us <= SETTLING_US);
    const began = nowUs - (this.#samples[0]?.at_us ?? nowUs) <= SETTLING_US;
    const wasIn = recent.some(({ skew_ms }) => Math.abs(skew_ms) <= in_sync);
    const corrected = this.#correction !== undefined && nowUs - this.#correction.at_us <= SETTLING_US;
    return began || wasIn || corrected ? 'settling' : 'lost';
  }
}

/** The middle slope (Theil and Sen) through the medians of pieces of 3 s, ms a minute; undefined before 12 s were heard. */
function trendOf(samples: readonly SyncFact[]): number | undefined {
  const pieces = new Map<number, number[]>();
  for (const { at_us, skew_ms } of samples) {
    const piece = Math.floor(at_us / PIECE_US);
    pieces.set(piece, [...(pieces.get(piece) ?? []), skew_ms]);
  }
  if (pieces.size < MIN_PIECES) return undefined;
  const points = [...pieces].map(([piece, skews]) => ({ piece, skew: quantile(skews, 0.5) }));
  const slopes = points.flatMap((one, index) =>
    points
      .slice(index + 1)
      .filter((other) => other.piece !== one.piece)
      .map((other) => (other.skew - one.skew) / (other.piece - one.piece)),
  );
  return (quantile(slopes, 0.5) * 60e6) / PIECE_US;
}

/** The value below which a share of the values lies, between neighbours in proportion. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? 0;
  const high = sorted[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
