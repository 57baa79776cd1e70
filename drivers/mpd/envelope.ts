/** One look at the position that MPD tells. */
export interface Sample {
  /** The middle of the round trip. */
  readonly at_us: number;
  readonly elapsed_seconds: number;
  readonly rtt_us: number;
}

/** The line on which MPD's position moves, once its steps are taken out. */
export interface Envelope {
  /** When the line was, or would have been, at position 0. */
  readonly zero_us: number;
  /** How far the position falls behind the line between two steps. */
  readonly tooth_ms: number;
  /** How wrong the line can be because MPD was asked only now and then. */
  readonly error_ms: number;
}

const FEWEST_SAMPLES = 20;
const FEWEST_STEPS = 2;
/** A slower answer says too little about when it was true; twice the usual one, if that is more. */
const SLOW_RTT_US = 3000;

/**
 * MPD's position moves in steps, a period of the sound card each, and stands in between: the truth is the upper edge of the saw-tooth.
 * Undefined when there are too few samples, or fewer than two steps in them.
 */
export function envelopeOf(samples: readonly Sample[]): Envelope | undefined {
  const usual = median(samples.map((sample) => sample.rtt_us));
  const quick = samples.filter((sample) => sample.rtt_us <= Math.max(SLOW_RTT_US, 2 * usual));
  if (quick.length < FEWEST_SAMPLES || steps(quick) < FEWEST_STEPS) return undefined;
  const zeros = quick.map((sample) => sample.at_us - sample.elapsed_seconds * 1e6);
  const zero_us = Math.min(...zeros);
  const gaps = quick.slice(1).map((sample, n) => sample.at_us - (quick[n]?.at_us ?? 0));
  return {
    zero_us,
    tooth_ms: (Math.max(...zeros) - zero_us) / 1000,
    error_ms: (median(gaps) / 2 + usual / 2) / 1000 + 0.5,
  };
}

function steps(samples: readonly Sample[]): number {
  let count = 0;
  let last = samples[0]?.elapsed_seconds;
  for (const { elapsed_seconds } of samples) {
    if (elapsed_seconds !== last) count++;
    last = elapsed_seconds;
  }
  return count;
}

/** 0 of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}
