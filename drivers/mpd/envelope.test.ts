import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { envelopeOf, median, type Sample } from './envelope.js';

/** What MPD tells when its position stands between steps, asked every `everyMs`. `shiftMs`: when the first step is. */
function looks(stepMs: number, everyMs: number, shiftMs = 0, rttUs = 300, count = 120): Sample[] {
  return Array.from({ length: count }, (_, n) => {
    const ms = n * everyMs;
    const elapsed = Math.floor((ms + shiftMs) / stepMs) * stepMs - shiftMs;
    return { at_us: 5e6 + ms * 1000, elapsed_seconds: 2 + elapsed / 1000, rtt_us: rttUs };
  });
}

describe('the line through the tops of MPD’s steps', () => {
  it('is found to within what it says, for any steps and any way of asking', () => {
    const step = fc.double({ min: 5, max: 130, noNaN: true });
    const every = fc.double({ min: 3, max: 8, noNaN: true });
    fc.assert(
      fc.property(step, every, fc.double({ min: 0, max: 130, noNaN: true }), (stepMs, everyMs, shiftMs) => {
        const envelope = envelopeOf(looks(stepMs, everyMs, shiftMs));
        const lateMs = ((envelope?.zero_us ?? Number.NaN) - 3e6) / 1000;
        expect(Math.abs(lateMs)).toBeLessThanOrEqual(everyMs / 2 + 0.001);
        expect(envelope?.tooth_ms).toBeLessThanOrEqual(stepMs + everyMs / 2 + 0.001);
      }),
    );
  });

  it('is not where one step happens to be early or late, as each waits for a period of the sound card', () => {
    const periodMs = 10;
    const waiting = Array.from({ length: 120 }, (_, n) => {
      const now = Math.floor((n * 4) / periodMs) * periodMs;
      const elapsed = Math.floor(now / 21.333) * 21.333;
      return { at_us: 5e6 + n * 4000, elapsed_seconds: 2 + elapsed / 1000, rtt_us: 300 };
    });
    const from = (first: number): number => (envelopeOf(waiting.slice(first))?.zero_us ?? Number.NaN) / 1000;
    for (const first of [1, 7, 20, 33]) expect(Math.abs(from(first) - from(0))).toBeLessThan(0.6);
  });

  it('is not moved by an answer that took long', () => {
    const samples = looks(20, 4);
    const late = samples.map((sample, n) =>
      n === 50 ? { ...sample, at_us: sample.at_us - 9000, rtt_us: 18_000 } : sample,
    );
    const [moved = 0, still = 0] = [late, samples].map((looked) => envelopeOf(looked)?.zero_us);
    expect(Math.abs(moved - still)).toBeLessThan(100);
  });

  it('is unknown after too few looks, or while the position stands', () => {
    expect(envelopeOf(looks(20, 4, 0, 300, 12))).toBeUndefined();
    expect(envelopeOf(looks(10_000, 4))).toBeUndefined();
    expect(envelopeOf([])).toBeUndefined();
  });
});

describe('median', () => {
  it('is the middle one, or the mean of the two in the middle', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, 0]);
  });
});
