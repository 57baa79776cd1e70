import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Timeline } from '../protocol/index.js';
import { begun, enoughOf, heard, isPlay, type Hearing } from './hearing.js';

const at = (position_seconds: number, nowSeconds: number, rate = 1): Timeline => ({
  position_seconds,
  at_us: nowSeconds * 1e6,
  rate,
});

describe('[PC1] what is enough for a play', () => {
  it('is half of the track, or four minutes', () => {
    expect([31, 200, 480, 481, 3600].map(enoughOf)).toEqual([15.5, 100, 240, 240, 240]);
  });

  it('is nothing of a track of 30 seconds, nor of a stream', () => {
    expect([0, 1, 30, undefined, Number.NaN].map(enoughOf)).toEqual(Array<undefined>(5).fill(undefined));
  });

  it('is heard music, not a place in it', () => {
    const start = begun(at(0, 0), 0, 200, false);
    const skipped = heard(start, 10e6, 200, at(190, 10));
    const end = heard(skipped, 20e6, 200);
    expect([end.seconds, isPlay(end)]).toEqual([20, false]);
  });

  it('does not come of music that stands, nor of time after its end', () => {
    expect(heard(begun(at(50, 0, 0), 0, 200, false), 900e6, 200).seconds).toBe(50);
    expect(heard(begun(at(150, 0), 0, 200, false), 900e6, 200).seconds).toBe(200);
  });

  it('was counted where the item came from, when that was enough; what was heard there is not lost', () => {
    expect(begun(at(120, 0), 0, 200, true).isCounted).toBe(true);
    const rest = heard(begun(at(60, 0), 0, 200, true), 41e6, 200);
    expect(isPlay(rest)).toBe(true);
  });
});

/** What may happen to a track while it is looked at. */
const step = fc.record({
  wait: fc.integer({ min: 0, max: 120 }),
  then: fc.oneof(
    fc.constant('nothing' as const),
    fc.constant('pause' as const),
    fc.constant('go on' as const),
    fc.integer({ min: 0, max: 600 }),
  ),
});

it('[PC1] never says that more was heard than was played, nor less when nothing was left out', () => {
  const length = fc.integer({ min: 31, max: 600 });
  fc.assert(
    fc.property(length, fc.array(step, { maxLength: 40 }), (duration, steps) => {
      let hearing: Hearing = begun(at(0, 0), 0, duration, false);
      let [now, place, rate, played] = [0, 0, 1, 0];
      for (const { wait, then } of steps) {
        const moved = Math.min(wait * rate, Math.max(0, duration - place));
        now += wait;
        place += moved;
        played += moved;
        if (typeof then === 'number') place = Math.min(then, duration);
        else if (then !== 'nothing') rate = then === 'pause' ? 0 : 1;
        hearing = heard(hearing, now * 1e6, duration, at(place, now, rate));
        expect(hearing.seconds).toBeCloseTo(played, 5);
        expect(isPlay(hearing)).toBe(hearing.seconds >= Math.min(duration / 2, 240));
      }
    }),
  );
});
