import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClockFilter, type ClockSample } from './clock-filter.js';

/** An exchange between a client at `t0_us` and a server whose clock is ahead by `offset`. */
function exchange(t0_us: number, offset: number, up: number, down: number, thinking = 0): ClockSample {
  const t1_us = t0_us + up + offset;
  const t2_us = t1_us + thinking;
  return { t0_us, t1_us, t2_us, t3_us: t2_us - offset + down };
}

describe('clock filter', () => {
  it('finds the exact offset when the way there is as long as the way back', () => {
    const filter = new ClockFilter();
    filter.add(exchange(1_000, 5_000_000, 700, 700, 50));
    expect(filter.estimate(2_450)).toEqual({ offset_us: 5_000_000, error_us: 700 });
  });
  it('trusts the quickest exchange', () => {
    const filter = new ClockFilter();
    filter.add(exchange(0, 100, 90_000, 1_000));
    filter.add(exchange(200_000, 100, 500, 500));
    filter.add(exchange(300_000, 100, 2_000, 60_000));
    expect(filter.estimate(362_000)?.offset_us).toBe(100);
  });
  it('prefers a fresh slow exchange to a quick one of an hour ago', () => {
    const filter = new ClockFilter();
    filter.add(exchange(0, 0, 100, 100));
    filter.add(exchange(3_600_000_000, 200_000, 5_000, 5_000));
    expect(filter.estimate(3_600_010_000)?.offset_us).toBe(200_000);
  });
  it('passes over exchanges that run backwards', () => {
    const filter = new ClockFilter();
    filter.add({ t0_us: 10, t1_us: 0, t2_us: 0, t3_us: 5 });
    filter.add({ t0_us: 0, t1_us: 50, t2_us: 0, t3_us: 5 });
    filter.add({ t0_us: Number.NaN, t1_us: 0, t2_us: 0, t3_us: 5 });
    expect(filter.estimate(5)).toBeUndefined();
  });
  it('knows nothing after clear', () => {
    const filter = new ClockFilter();
    filter.add(exchange(0, 0, 1, 1));
    filter.clear();
    expect(filter.estimate(10)).toBeUndefined();
  });
  it('is never wrong by more than it says, whatever the delays', () => {
    const delay = fc.integer({ min: 0, max: 500_000 });
    const delays = fc.array(fc.tuple(delay, delay, delay), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), delays, (offset, ways) => {
        const filter = new ClockFilter();
        let now = 0;
        for (const [up, down, thinking] of ways) {
          const sample = exchange(now, offset, up, down, thinking);
          filter.add(sample);
          now = sample.t3_us + 1_000;
        }
        const { offset_us, error_us } = filter.estimate(now)!;
        expect(Math.abs(offset_us - offset)).toBeLessThanOrEqual(error_us + 0.001);
      }),
    );
  });
});
