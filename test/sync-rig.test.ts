import { describe, expect, it } from 'vitest';
import { silences, type Segment } from '../bench/sync/capture.js';
import { Locator } from '../bench/sync/locate.js';
import { noise, RATE } from '../bench/sync/signal.js';
import { follow, jumps, settledAfter, skewsOf, summary } from '../bench/sync/skew.js';

const music = noise(3, 20);
const locator = new Locator(music);

/** As a card would have heard it that began with `from` of the music at `startNs`. */
function heard(samples: Int16Array, startNs: number, ppm = 0): Segment {
  return { startNs, framesPerSecond: RATE * (1 + ppm * 1e-6), rate: RATE, samples, ranDry: false };
}

describe('the analyser', () => {
  it('finds a window anywhere in the music to a fraction of a sample', () => {
    for (const at of [0, 31_007, 480_123, 20 * RATE - 12_000]) {
      const window = music.slice(at, at + 12_000);
      const place = locator.locate(window, locator.roughly(window)!);
      expect(place?.sample).toBeCloseTo(at, 2);
      expect(place?.likeness).toBeCloseTo(1, 5);
    }
  });

  it('does not find what was never played', () => {
    expect(follow([heard(noise(4, 2), 0)], locator)).toEqual([]);
  });

  it('reads a known skew, with its sign', () => {
    const first = follow([heard(music.subarray(0, 8 * RATE), 1e9)], locator);
    const second = follow([heard(music.subarray(4800, 8 * RATE), 1e9 + 99_250_000)], locator);
    const skews = skewsOf(first, second);
    expect(skews.length).toBeGreaterThan(25);
    for (const { ms } of skews) expect(ms).toBeCloseTo(0.75, 3);
  });

  it('sees a clock that is 60 ppm fast', () => {
    const first = follow([heard(music, 0)], locator);
    const second = follow([heard(music, 0, 60)], locator);
    const skews = skewsOf(first, second);
    const slope = (skews.at(-1)!.ms - skews[0]!.ms) / ((skews.at(-1)!.atNs - skews[0]!.atNs) / 1e9);
    expect(slope).toBeCloseTo(0.06, 4);
  });

  it('sees a gap of 5 ms, and that the music jumped', () => {
    const first = heard(music.slice(0, 2 * RATE), 0);
    first.samples.fill(0, RATE, RATE + 240);
    const after = heard(music.subarray(3 * RATE, 5 * RATE), 2e9);
    const [gap, ...more] = silences([first, after], 1);
    expect(more).toEqual([]);
    expect((gap!.toNs - gap!.fromNs) / 1e6).toBeCloseTo(5, 1);
    const [jump, ...others] = jumps(follow([first, after], locator), 1);
    expect(jump?.ms).toBeCloseTo(1000, 2);
    expect(others).toEqual([]);
  });

  it('finds pieces of 50 ms, also the first one after a jump', () => {
    const segments = [heard(music.subarray(0, RATE), 0), heard(music.subarray(5 * RATE, 6 * RATE), 1.2e9)];
    const points = follow(segments, locator, { windowSeconds: 0.05 });
    expect(points.length).toBeGreaterThan(35);
    for (const { atNs, seconds } of points)
      expect(seconds).toBeCloseTo(atNs < 1.1e9 ? atNs / 1e9 : atNs / 1e9 + 3.8, 5);
  });

  it('finds windows of a player that runs half a percent fast', () => {
    const fast = Int16Array.from({ length: 4 * RATE }, (_, n) => {
      const at = Math.floor(n * 1.005);
      const part = n * 1.005 - at;
      return music[at]! * (1 - part) + music[at + 1]! * part;
    });
    const points = follow([heard(fast, 0)], locator);
    expect(points.map(({ atNs }) => atNs / 1e9)).toEqual(Array.from({ length: 15 }, (_, n) => (n + 1) / 4));
    for (const { atNs, seconds } of points)
      expect(Math.abs(seconds - (atNs / 1e9) * 1.005)).toBeLessThan(0.000_1);
  });

  it('says when a skew has settled', () => {
    const skews = [3, 0.5, 2, 0.4, 0.3, 0.2, 0.1, 0.1].map((ms, n) => ({ atNs: n * 0.5e9, ms }));
    expect(settledAfter(skews, 0)).toBe(1.5);
    expect(settledAfter(skews.slice(0, 3), 0)).toBeUndefined();
    expect(summary(skews)).toEqual({ windows: 8, p50: 0.3, p95: 3, max: 3 });
  });
});
