import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SteadyClock } from './steady-clock.js';

describe('steady clock', () => {
  it('is the estimate at first', () => {
    const clock = new SteadyClock(
      () => 1_000,
      () => 5_001_000,
    );
    expect(clock.nowUs()).toBe(5_001_000);
  });

  it('knows nothing before the first estimate', () => {
    const clock = new SteadyClock(
      () => 1_000,
      () => Number.NaN,
    );
    expect(clock.nowUs()).toBeNaN();
  });

  it('comes to an estimate that is a little off without ever hurrying', () => {
    const time = { now: 0, offset: 0 };
    const clock = new SteadyClock(
      () => time.now,
      () => time.now + time.offset,
    );
    clock.nowUs();
    time.offset = 3_000;
    let before = clock.nowUs();
    for (let tick = 0; tick < 200; tick++) {
      time.now += 100_000;
      const now = clock.nowUs();
      expect(Math.abs(now - before - 100_000)).toBeLessThanOrEqual(100.001);
      before = now;
    }
    expect(Math.abs(before - time.now - 3_000)).toBeLessThan(1);
  });

  it('jumps when the other clock was stepped', () => {
    const time = { now: 0, offset: 0 };
    const clock = new SteadyClock(
      () => time.now,
      () => time.now + time.offset,
    );
    clock.nowUs();
    time.offset = -40_000_000;
    expect(clock.nowUs()).toBe(-40_000_000);
  });

  it('never runs backwards on estimates that wander by less than a step', () => {
    const step = fc.tuple(fc.integer({ min: 0, max: 500_000 }), fc.integer({ min: -9_000, max: 9_000 }));
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const time = { now: 0, offset: 0 };
        const clock = new SteadyClock(
          () => time.now,
          () => time.now + time.offset,
        );
        let before = clock.nowUs();
        for (const [passed, offset] of steps) {
          time.now += passed;
          time.offset = offset;
          const now = clock.nowUs();
          expect(now).toBeGreaterThanOrEqual(before);
          before = now;
        }
      }),
    );
  });
});
