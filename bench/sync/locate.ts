import { Correlator } from './fft.js';
import { biquad, BUTTERWORTH, RATE } from './signal.js';

export interface Place {
  /** Sample of the source at which the window begins, with its fraction. */
  readonly sample: number;
  /** Normalised correlation: 1 = the same sound. */
  readonly likeness: number;
}

const STEP = 16;
const COARSE_HZ = 900;
/** Coarse samples of a block of the source, and of a search through one. */
const BLOCK = 8192;
/** The filter has settled. */
const WARM_UP = 1024;
/** How far from where it is expected something is looked for, in samples. */
const LOCAL = 1024;
/** What counts as found; noise reaches 0.1 in a local search. */
const SURE = 0.3;

/** Finds pieces of a recording in the sound that was played. */
export class Locator {
  readonly #source: Int16Array;
  readonly #coarse: Float64Array;
  readonly #coarseCorrelator = new Correlator(BLOCK * 2);
  #fine = new Correlator(16_384);

  constructor(
    source: Int16Array,
    readonly rate = RATE,
  ) {
    this.#source = source;
    this.#coarse = decimated(source, rate);
  }

  /** Within 20 ms of the sample it is expected at, and only if it is surely this sound. */
  locate(window: Int16Array, near: number): Place | undefined {
    const found = Number.isNaN(near) ? undefined : this.#around(window, near);
    return found && found.likeness > SURE ? found : undefined;
  }

  #around(window: Int16Array, near: number): Place | undefined {
    const from = Math.max(0, Math.round(near) - LOCAL);
    const to = Math.min(this.#source.length, Math.round(near) + window.length + LOCAL);
    const long = this.#source.subarray(from, to);
    if (long.length < window.length + 2) return undefined;
    if (long.length > this.#fine.length) this.#fine = new Correlator(2 ** Math.ceil(Math.log2(long.length)));
    const result = this.#fine.correlate(window, long);
    const best = highest(result, 0, long.length - window.length);
    const energy = Math.sqrt(energyOf(window) * energyOf(long.subarray(best, best + window.length)));
    if (energy === 0) return undefined;
    return { sample: from + best + peak(result, best), likeness: (result[best] ?? 0) / energy };
  }

  /** Where in the whole source it may be, to within a few samples, by the sound below 900 Hz. Says something of anything: see `locate`. */
  roughly(window: Int16Array): number | undefined {
    const short = decimated(window, this.rate).subarray(WARM_UP / STEP);
    if (short.length < 64) return undefined;
    const hop = BLOCK * 2 - short.length;
    let best = { height: 0, at: 0 };
    for (let from = 0; from < this.#coarse.length - short.length; from += hop) {
      const long = this.#coarse.subarray(from, from + BLOCK * 2);
      const result = this.#coarseCorrelator.correlate(short, long);
      const at = highest(result, 0, long.length - short.length);
      const height = result[at] ?? 0;
      if (height > best.height) best = { height, at: from + at };
    }
    return best.height === 0 ? undefined : best.at * STEP - WARM_UP;
  }
}

function decimated(samples: Int16Array, rate: number): Float64Array {
  const filters = BUTTERWORTH.map((q) => biquad('low', COARSE_HZ, q, rate));
  const few = new Float64Array(Math.ceil(samples.length / STEP));
  for (let n = 0; n < samples.length; n++) {
    let x = samples[n]!;
    for (const filter of filters) x = filter(x);
    if (n % STEP === 0) few[n / STEP] = x;
  }
  return few;
}

function highest(values: Float64Array, from: number, to: number): number {
  let best = from;
  for (let n = from; n <= to; n++) if (values[n]! > values[best]!) best = n;
  return best;
}

/** Where the top of the parabola through three points is, from the middle one. */
function peak(values: Float64Array, at: number): number {
  const [left, top, right] = [values[at - 1] ?? 0, values[at] ?? 0, values[at + 1] ?? 0];
  const bend = left - 2 * top + right;
  return at === 0 || bend >= 0 ? 0 : (left - right) / 2 / bend;
}

function energyOf(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum;
}
