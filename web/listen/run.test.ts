import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Run, spanOf } from './run.js';

const RATES = { music: 48_000, output: 48_000 };

describe('the length of a piece', () => {
  it('is never changed by more than half a per cent, and is whole frames', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 48_000 }),
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        (n, ahead) => {
          const span = spanOf(n, ahead);
          return Number.isInteger(span) && Math.abs(span - n) <= n * 0.005;
        },
      ),
    );
  });

  it('is longer when the music is ahead, and shorter when it is behind', () => {
    expect(spanOf(12_000, 20)).toBe(12_010);
    expect(spanOf(12_000, -20)).toBe(11_990);
    expect(spanOf(12_000, 0.4)).toBe(12_000);
  });
});

describe('a run', () => {
  it('lays pieces end to end, and knows what is due at any frame', () => {
    const run = new Run(RATES, 1000, 500_000);
    const first = run.add(12_000, 0);
    const second = run.add(12_000, 40);
    expect([first.at + first.span, first.from + first.frames]).toEqual([second.at, second.from]);
    expect(run.placeAt(999)).toBeUndefined();
    expect(run.placeAt(1000)).toBe(500_000);
    expect(run.placeAt(13_000 + 6010)).toBeCloseTo(518_000, 6);
    expect(run.placeAt(run.end)).toBe(524_000);
    expect(run.placeAt(run.end + 1)).toBeUndefined();
  });

  it('takes back what is off within seconds, and stays there', () => {
    const run = new Run(RATES, 0, 0);
    // The output is 100 ppm fast, and the music begins 20 ms late.
    const right = (frame: number): number => frame * (1 - 100e-6) + 960;
    const off: number[] = [];
    for (let n = 0; n < 40; n++) {
      const ahead = run.next - right(run.end);
      off.push(ahead);
      run.add(12_000, ahead);
    }
    expect(off[0]).toBe(-960);
    expect(Math.max(...off.slice(24).map(Math.abs))).toBeLessThan(5);
  });

  it('takes pieces back from their beginning on, and goes on there', () => {
    const run = new Run(RATES, 1000, 500_000);
    for (let n = 0; n < 4; n++) run.add(12_000, 0);
    const piece = run.pieceFrom(13_001);
    expect(piece).toMatchObject({ at: 25_000, from: 524_000 });
    run.takeBack(piece!);
    expect([run.end, run.next]).toEqual([25_000, 524_000]);
    expect(run.placeAt(25_001)).toBeUndefined();
    expect(run.add(12_000, 30)).toMatchObject({ at: 25_000, from: 524_000, ahead: 30 });
  });

  it('fits music of another rate than the output has', () => {
    const run = new Run({ music: 48_000, output: 44_100 }, 0, 0);
    expect(run.add(12_000, 0).span).toBe(11_025);
  });
});
