import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClockFilter, type ClockSample } from './clock-filter.js';

/** An exchange between a client at `t0_us` and a server whose clock is ahead by `offset`. */
function exchange(t0_us: number, offset: number, up: number, down: number, thinking = 0): ClockSample {
  const t1_us = t0_us + up + offset;
  const t2_us = t1_us + thinking;
  return { t0_us, t1_us, t2_us, t3_us: t2_us - offset + down };
}

/** The same dice each time: 0..1. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

interface Way {
  readonly ppm: number;
  readonly offset: number;
  readonly everyMs: number;
  readonly seconds: number;
  delayUs(): number;
}

/** What the filter was wrong by, each time it was asked, from `after` seconds on; and whether it was ever wrong by more than it said. */
function watch(way: Way, after: number): { readonly wrong: number[]; readonly lied: boolean } {
  const filter = new ClockFilter();
  const offsetAt = (us: number): number => way.offset + us * way.ppm * 1e-6;
  const wrong: number[] = [];
  let lied = false;
  for (let now = 0; now < way.seconds * 1e6; now += way.everyMs * 1000) {
    const [up, down] = [way.delayUs(), way.delayUs()];
    const t3_us = now + up + down;
    filter.add({
      t0_us: now,
      t1_us: now + up + offsetAt(now + up),
      t2_us: now + up + offsetAt(now + up),
      t3_us,
    });
    const asked = t3_us + way.everyMs * 500;
    const { offset_us, error_us } = filter.estimate(asked)!;
    const off = Math.abs(offset_us - offsetAt(asked));
    if (off > error_us + 0.01) lied = true;
    if (now > after * 1e6) wrong.push(off);
  }
  return { wrong: wrong.sort((a, b) => a - b), lied };
}

const p95 = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length * 0.95)] ?? Infinity;

function wifi(seed: number, medianUs: number, spikes: number): () => number {
  const random = dice(seed);
  return () =>
    400 + (-Math.log(1 - random()) / Math.LN2) * medianUs + (random() < spikes ? random() * 60_000 : 0);
}

describe('clock filter', () => {
  it('finds the exact offset when the way there is as long as the way back', () => {
    const filter = new ClockFilter();
    filter.add(exchange(1_000, 5_000_000, 700, 700, 50));
    expect(filter.estimate(2_450)).toMatchObject({ offset_us: 5_000_000, rtt_us: 1_400 });
    expect(filter.estimate(2_450)?.error_us).toBeCloseTo(700, 0);
  });
  it('trusts the quickest exchange', () => {
    const filter = new ClockFilter();
    filter.add(exchange(0, 100, 90_000, 1_000));
    filter.add(exchange(200_000, 100, 500, 500));
    filter.add(exchange(300_000, 100, 2_000, 60_000));
    expect(filter.estimate(362_000)?.offset_us).toBeCloseTo(100, -2);
  });
  it('prefers a fresh slow exchange to a quick one of an hour ago', () => {
    const filter = new ClockFilter();
    filter.add(exchange(0, 0, 100, 100));
    filter.add(exchange(3_600_000_000, 200_000, 5_000, 5_000));
    expect(filter.estimate(3_600_010_000)?.offset_us).toBeCloseTo(200_000, -3);
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
  it('starts anew when a clock was stepped, told or not', () => {
    for (const told of [true, false]) {
      const filter = new ClockFilter();
      for (let n = 0; n < 100; n++) filter.add(exchange(n * 200_000, 5_000_000, 600, 600));
      if (told) filter.clear();
      for (let n = 100; n < 110; n++) filter.add(exchange(n * 200_000, -7_000_000, 600, 600));
      expect(filter.estimate(22_000_000)?.offset_us).toBeCloseTo(-7_000_000, 0);
    }
  });
  it('learns the drift', () => {
    const filter = new ClockFilter();
    for (let at = 0; at < 120e6; at += 200_000) filter.add(exchange(at, at * 60e-6, 500, 500));
    expect(filter.estimate(120e6)?.drift_ppm).toBeCloseTo(60, 0);
  });
  it('says no drift before it has watched for half a minute', () => {
    const filter = new ClockFilter();
    for (let at = 0; at < 20e6; at += 200_000) filter.add(exchange(at, at * 60e-6, 500, 500));
    expect(filter.estimate(20e6)?.drift_ppm).toBeUndefined();
  });
  it('is right to 0.05 ms on a wire, and to 0.3 ms on good Wi-Fi, at any likely drift', () => {
    for (const ppm of [-60, 0, 20, 60]) {
      const common = { ppm, offset: 9e9, everyMs: 200, seconds: 300 };
      const wired = dice(7);
      const wire = watch({ ...common, delayUs: () => 150 + wired() * 120 }, 20);
      expect(wire.lied).toBe(false);
      expect(p95(wire.wrong)).toBeLessThan(50);
      const air = watch({ ...common, delayUs: wifi(11 + ppm, 1_500, 0.02) }, 20);
      expect(air.lied).toBe(false);
      expect(p95(air.wrong)).toBeLessThan(300);
    }
  });
  it('is right to 1.5 ms on bad Wi-Fi', () => {
    const way = { ppm: 30, offset: 0, everyMs: 200, seconds: 300, delayUs: wifi(5, 5_000, 0.08) };
    expect(p95(watch(way, 20).wrong)).toBeLessThan(1_500);
  });
  it('keeps to a few ms where it may ask only every 15 s', () => {
    const way = { ppm: 40, offset: 0, everyMs: 15_000, seconds: 1_800, delayUs: wifi(3, 1_500, 0.02) };
    const { wrong, lied } = watch(way, 60);
    expect(lied).toBe(false);
    expect(p95(wrong)).toBeLessThan(1_500);
  });
  it('is never wrong by more than it says, whatever the delays and the drift', () => {
    const delay = fc.integer({ min: 0, max: 500_000 });
    const exchanges = fc.array(fc.tuple(delay, delay, delay, fc.integer({ min: 0, max: 20e6 })), {
      minLength: 1,
      maxLength: 120,
    });
    const offset = fc.integer({ min: -1e12, max: 1e12 });
    const drift = fc.integer({ min: -98, max: 98 });
    fc.assert(
      fc.property(offset, drift, exchanges, (base, ppm, ways) => {
        const filter = new ClockFilter();
        const server = (us: number): number => us + base + us * ppm * 1e-6;
        let now = 0;
        for (const [up, down, thinking, rest] of ways) {
          const t3_us = now + up + thinking + down;
          filter.add({ t0_us: now, t1_us: server(now + up), t2_us: server(now + up + thinking), t3_us });
          now = t3_us + rest;
          const { offset_us, error_us } = filter.estimate(now)!;
          expect(Math.abs(offset_us - (server(now) - now))).toBeLessThanOrEqual(error_us + 0.01);
        }
      }),
    );
  });
});
