/** Sound that was heard without interruption. Sample k was heard at startNs + k / framesPerSecond. */
export interface Segment {
  /** Nanoseconds of the monotonic clock, the same as `process.hrtime.bigint()`. */
  readonly startNs: number;
  /** As fast as the card really was. */
  readonly framesPerSecond: number;
  /** As fast as it believed to be. */
  readonly rate: number;
  readonly samples: Int16Array;
  /** It ended because the program did not deliver. */
  readonly ranDry: boolean;
}

export interface Silence {
  readonly fromNs: number;
  readonly toNs: number;
}

/** Samples of the noise are not this quiet for long. */
const QUIET = 2;

export function nowNs(): number {
  return Number(process.hrtime.bigint());
}

export function timeOf(segment: Segment, sample: number): number {
  return segment.startNs + (sample / segment.framesPerSecond) * 1e9;
}

export function endOf(segment: Segment): number {
  return timeOf(segment, segment.samples.length);
}

/** When something was first heard; undefined = never. */
export function firstSound(segments: readonly Segment[], fromNs = 0): number | undefined {
  for (const segment of segments) {
    const begin = Math.max(0, Math.ceil(((fromNs - segment.startNs) / 1e9) * segment.framesPerSecond));
    for (let n = begin; n < segment.samples.length; n++)
      if (Math.abs(segment.samples[n]!) > QUIET) return timeOf(segment, n);
  }
  return undefined;
}

/** Every silence of at least `ms` from the first sound after `fromNs` to `toNs` or the last sound. */
export function silences(
  segments: readonly Segment[],
  ms: number,
  { fromNs = 0, toNs = Number.POSITIVE_INFINITY }: { readonly fromNs?: number; readonly toNs?: number } = {},
): Silence[] {
  const found: Silence[] = [];
  let last: number | undefined;
  for (const segment of segments) {
    for (let n = 0; n < segment.samples.length; n++) {
      if (Math.abs(segment.samples[n]!) <= QUIET) continue;
      const at = timeOf(segment, n);
      if (at > toNs) return found;
      if (last !== undefined && last >= fromNs && at - last >= ms * 1e6)
        found.push({ fromNs: last, toNs: at });
      last = at;
    }
  }
  return found;
}
