import { describe, expect, it } from 'vitest';
import { slopeOf, type Point } from '../bench/steady/slope.js';

/** A value each minute; the noise is the same at every run. */
function series(count: number, value: (minutes: number, noise: number) => number): Point[] {
  let seed = 7;
  const noise = (): number => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647 - 0.5;
  };
  return Array.from({ length: count }, (_, minutes) => ({ minutes, value: value(minutes, noise()) }));
}

describe('the slope of a soak', () => {
  it('is that of a line, per hour, without doubt when there is no noise', () => {
    const { perHour, low, high } = slopeOf(series(10, (minutes) => 100 + minutes / 30));
    expect(perHour).toBeCloseTo(2, 9);
    expect(high - low).toBeLessThan(1e-6);
  });

  it('of noise alone has 0 in its interval', () => {
    const { low, high } = slopeOf(series(60, (_, noise) => 100 + noise));
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(0);
  });

  it('of a leak in noise has 0 outside its interval', () => {
    const { low, high } = slopeOf(series(60, (minutes, noise) => 100 + minutes / 20 + noise));
    expect(low).toBeGreaterThan(2);
    expect(high).toBeLessThan(4);
  });

  it('is less sure when neighbours resemble each other', () => {
    const width = ({ low, high }: { low: number; high: number }): number => high - low;
    const apart = series(60, (_, noise) => noise);
    const slow = apart.map(({ minutes }, at) => ({ minutes, value: apart[Math.floor(at / 6) * 6]!.value }));
    expect(width(slopeOf(slow))).toBeGreaterThan(width(slopeOf(apart)) * 1.5);
  });

  it('of three points is not known', () => {
    expect(slopeOf(series(3, (minutes) => minutes)).perHour).toBeNaN();
  });
});
