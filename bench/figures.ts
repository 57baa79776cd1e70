import * as z from 'zod';

/** One figure over several repetitions. */
export const Spread = z.object({
  median: z.number(),
  low: z.number(),
  high: z.number(),
  repetitions: z.int(),
});
export type Spread = z.infer<typeof Spread>;

/** The value below which a share `p` (0..1) of the values lies, by the nearest rank. NaN of none. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))] ?? Number.NaN;
}

export function spread(values: readonly number[]): Spread {
  return {
    median: percentile(values, 0.5),
    low: Math.min(...values),
    high: Math.max(...values),
    repetitions: values.length,
  };
}

/** `1.84`, `18.4`, `184`: three digits that matter. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toFixed(digits);
}
