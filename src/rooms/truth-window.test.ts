import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SyncClass } from '../protocol/index.js';
import { TruthWindow, type SyncFact } from './truth-window.js';

function sync(seconds: number, skew: number, more: Partial<SyncFact> = {}): SyncFact {
  return { type: 'sync', skew_ms: skew, error_ms: 0.1, estimated: false, at_us: seconds * 1e6, ...more };
}

/** A player that reported four times a second until `seconds`. */
function heard(seconds: number, skewAt: (second: number) => number, from = 0): TruthWindow {
  const window = new TruthWindow();
  for (let at = from; at <= seconds; at += 0.25) window.add(sync(at, skewAt(at)), at * 1e6);
  return window;
}

const read = (window: TruthWindow, seconds: number, syncClass: SyncClass = 'steered') =>
  window.reading(syncClass, seconds * 1e6);

describe('what is known about a player', () => {
  it('is nothing before it said something', () => {
    expect(read(new TruthWindow(), 5)).toEqual({ state: 'unmeasured', estimated: false });
  });

  it('is the last skew with its sign, and how large it was for half and nearly all of the time', () => {
    const window = heard(30, (second) => (second < 15 ? -0.2 : 0.4));
    expect(read(window, 30).skew_ms).toEqual({ now: 0.4, p50: 0.4, p95: 0.4 });
    expect(
      read(
        heard(30, (second) => -second / 100),
        30,
      ).skew_ms,
    ).toEqual({ now: -0.3, p50: 0.15, p95: 0.285 });
  });

  it('forgets what is older than 30 seconds', () => {
    const window = heard(40, (second) => (second < 9 ? 900 : 0.1));
    expect(read(window, 40).skew_ms?.p95).toBeCloseTo(0.1);
  });

  it('has numbers only while they are fresh', () => {
    const window = heard(10, () => 0.2);
    expect(read(window, 14).skew_ms?.now).toBe(0.2);
    expect(read(window, 16)).toEqual({ state: 'lost', estimated: false });
    expect(read(window, 16, 'nudged').skew_ms?.now).toBe(0.2);
  });

  it('has the error that nothing in it exceeds, the drift, and the last correction', () => {
    const window = heard(10, () => 0.2);
    const correction = { kind: 'seek', skew_ms: 30, reason: 'far off', at_us: 10e6 } as const;
    window.add(sync(10, 0.2, { error_ms: 3, drift_ppm: 61.2, correction }), 10e6);
    window.add(sync(10.2, 0.1, { drift_ppm: 61.5 }), 10.2e6);
    expect(read(window, 11)).toMatchObject({ error_ms: 3, drift_ppm: 61.5, correction });
  });

  it('says that it was reckoned when it was', () => {
    const window = new TruthWindow();
    window.add(sync(1, 8, { estimated: true }), 1e6);
    expect(read(window, 1, 'nudged').estimated).toBe(true);
  });

  it('does not listen to numbers that are none, nor to the future', () => {
    const window = new TruthWindow();
    window.add(sync(1, NaN), 1e6);
    window.add(sync(1, Infinity), 1e6);
    expect(read(window, 1).state).toBe('unmeasured');
    window.add(sync(1000, 0.3), 1e6);
    expect(read(window, 30)).toMatchObject({ state: 'lost' });
  });
});

describe('the trend', () => {
  it('is what the player drifts in a minute', () => {
    const window = heard(30, (second) => (second * 60e-6 * 1000) / 1);
    expect(read(window, 30).trend_ms_per_minute).toBeCloseTo(3.6, 1);
  });

  it('is not told before there is enough to see it', () => {
    expect(
      read(
        heard(8, (second) => second),
        8,
      ).trend_ms_per_minute,
    ).toBeUndefined();
  });

  it('is not moved by stray values', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -500, max: 500, noNaN: true }), { maxLength: 12 }), (strays) => {
        const window = heard(30, (second) => {
          const stray = strays[Math.floor(second / 2.5)];
          return stray !== undefined && second % 2.5 === 0 ? stray : second * 0.01;
        });
        expect(read(window, 30).trend_ms_per_minute).toBeCloseTo(0.6, 1);
      }),
    );
  });
});

describe('the state', () => {
  it('is in sync within what the class can keep', () => {
    expect(
      read(
        heard(20, () => 0.9),
        20,
      ).state,
    ).toBe('in-sync');
    expect(
      read(
        heard(20, () => 12),
        20,
        'nudged',
      ).state,
    ).toBe('in-sync');
    expect(
      read(
        heard(20, () => 40),
        20,
        'loose',
      ).state,
    ).toBe('in-sync');
  });

  it('is settling at the start, and after a correction', () => {
    expect(
      read(
        heard(3, () => 5),
        3,
      ).state,
    ).toBe('settling');
    const window = heard(20, () => 5);
    const correction = { kind: 'restart', skew_ms: 30, reason: 'far off', at_us: 18e6 } as const;
    window.add(sync(20, 5, { correction }), 20e6);
    expect(read(window, 20).state).toBe('settling');
  });

  it('is lost when it does not come back, or is far off', () => {
    expect(
      read(
        heard(25, (second) => (second < 5 ? 0.1 : 5)),
        12,
      ).state,
    ).toBe('settling');
    expect(
      read(
        heard(25, (second) => (second < 5 ? 0.1 : 5)),
        25,
      ).state,
    ).toBe('lost');
    expect(
      read(
        heard(3, () => 80),
        3,
      ).state,
    ).toBe('lost');
  });

  it('is not changed by one stray value', () => {
    const window = heard(20, () => 0.1);
    window.add(sync(20.1, 300), 20.1e6);
    expect(read(window, 20.2).state).toBe('in-sync');
  });
});
