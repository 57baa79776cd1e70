import { describe, expect, it } from 'vitest';
import { OutputClock } from './output-clock.js';

const DRIFT = 60e-6;
const BEGAN = 100;

/** What a browser reports each 50 ms: the truth, and up to `noise` seconds more or less in a pattern that repeats. */
function fed(clock: OutputClock, from: number, to: number, noise = 0, began = BEGAN): void {
  for (let n = Math.ceil(from * 20); n < to * 20; n++) {
    const context = n / 20;
    const off = noise * (((n * 7) % 20) / 10 - 0.95);
    clock.add(context, began + context * (1 + DRIFT) + off);
  }
}

describe('the clock of the output', () => {
  it('is not believed before it has been watched for a moment', () => {
    const clock = new OutputClock();
    fed(clock, 0, 0.5);
    expect(clock.ready).toBe(false);
    fed(clock, 0.5, 1.5);
    expect(clock.ready).toBe(true);
  });

  it('is not believed while what it says has not settled', () => {
    const clock = new OutputClock();
    fed(clock, 0, 0.5, 0, BEGAN - 0.05);
    fed(clock, 0.5, 1.0);
    expect(clock.ready).toBe(false);
    fed(clock, 1.0, 2.5);
    expect(clock.ready).toBe(true);
    expect(Math.abs(clock.localAt(2.5) - (BEGAN + 2.5))).toBeLessThan(0.02);
  });

  it('is told to a fraction of a millisecond ahead of time, through noise of ten and in spite of drift', () => {
    const clock = new OutputClock();
    fed(clock, 0, 40, 0.01);
    const truth = BEGAN + 42.5 * (1 + DRIFT);
    expect(Math.abs(clock.localAt(42.5) - truth)).toBeLessThan(0.0007);
    expect(clock.contextAt(clock.localAt(42.5))).toBeCloseTo(42.5, 9);
  });

  it('does not mind one reading that is far off', () => {
    const clock = new OutputClock();
    fed(clock, 0, 10);
    const before = clock.localAt(12);
    clock.add(10, BEGAN + 10.2);
    expect(clock.localAt(12)).toBe(before);
  });

  it('knows within a quarter of a second that the output ran dry, where it says exactly where it is', () => {
    const clock = new OutputClock();
    fed(clock, 0, 10, 0.0001);
    fed(clock, 10, 10.25, 0.0001, BEGAN + 0.014);
    expect(clock.ready).toBe(true);
    expect(Math.abs(clock.localAt(10.25) - (BEGAN + 10.264 + 10.25 * DRIFT))).toBeLessThan(0.001);
  });

  it('knows within two seconds that the output ran dry in its first', () => {
    const clock = new OutputClock();
    fed(clock, 0, 0.9, 0.0001);
    fed(clock, 0.9, 2.9, 0.0001, BEGAN + 0.014);
    expect(Math.abs(clock.localAt(2.9) - (BEGAN + 2.914 + 2.9 * DRIFT))).toBeLessThan(0.001);
  });

  it('takes no noise for a step', () => {
    const clock = new OutputClock();
    for (let until = 2; until < 60; until++) {
      fed(clock, until === 2 ? 0 : until - 1, until, 0.01);
      const truth = BEGAN + until * (1 + DRIFT);
      expect(Math.abs(clock.localAt(until) - truth)).toBeLessThan(0.004);
    }
  });

  it('begins anew when the output stood still', () => {
    const clock = new OutputClock();
    fed(clock, 0, 10);
    fed(clock, 10, 12, 0, BEGAN + 3600);
    expect(clock.ready).toBe(true);
    expect(clock.localAt(12)).toBeCloseTo(BEGAN + 3612, 2);
  });
});
