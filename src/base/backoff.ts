/**
 * Full-jitter exponential back-off: attempt 0, 1, 2 ... -> a delay in ms, uniformly between half and all of min(max, base * 2^attempt).
 * `random` is 0..1. The lower half keeps a dead peer from being hammered when the dice are low.
 */
export function backoffMs(attempt: number, random: number, base = 500, max = 15_000): number {
  const ceiling = Math.min(max, base * 2 ** Math.min(attempt, 20));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}
