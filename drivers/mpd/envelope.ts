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
  /** How wrong the line can be, by how the steps scatter and how long MPD took to answer. */
  readonly error_ms: number;
}

const FEWEST_SAMPLES = 20;
const FEWEST_STEPS = 2;
/** A slower answer says too little about when it was true; twice the usual one, if that is more. */
const SLOW_RTT_US = 3000;
/** A step between two looks that are further apart, as a multiple of what is usual, is not known well enough. */
const WIDE = 3;

/**
 * MPD's position moves in steps and stands in between: the truth is the line through the tops of the steps. Where a step is in time depends
 * on the period of the sound card that it waits for, so one step alone is early or late by up to a period; the middle of all is steady to
 * half a millisecond. Undefined when there are too few samples, or fewer than two steps in them.
 */
export function envelopeOf(samples: readonly Sample[]): Envelope | undefined {
  const usual = median(samples.map((sample) => sample.rtt_us));
  const quick = samples.filter((sample) => sample.rtt_us <= Math.max(SLOW_RTT_US, 2 * usual));
  const gap = median(quick.slice(1).map((sample, n) => sample.at_us - (quick[n]?.at_us ?? 0)));
  const tops = topsOf(quick, WIDE * gap);
  if (quick.length < FEWEST_SAMPLES || tops.length < FEWEST_STEPS) return undefined;
  const zero_us = mean(tops);
  const scatter = Math.sqrt(mean(tops.map((top) => (top - zero_us) ** 2)) / tops.length);
  const behind = Math.max(...quick.map((sample) => sample.at_us - sample.elapsed_seconds * 1e6));
  return {
    zero_us,
    tooth_ms: Math.max(0, behind - zero_us) / 1000,
    error_ms: (2 * scatter + usual / 2) / 1000 + 0.5,
  };
}

/** For every step, when the line through its top was at position 0. It happened at any time between two looks. */
function topsOf(samples: readonly Sample[], widest: number): number[] {
  return samples.slice(1).flatMap((sample, n) => {
    const before = samples[n];
    if (!before || sample.elapsed_seconds === before.elapsed_seconds) return [];
    const between = sample.at_us - before.at_us;
    return between > widest ? [] : [sample.at_us - between / 2 - sample.elapsed_seconds * 1e6];
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** 0 of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}
