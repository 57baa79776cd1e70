import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RoomHouse } from '../../test/fakes/room-house.js';
import type { Mark } from './realign.js';
import { skipsOf } from './skips.js';

const house = new RoomHouse(['a', 'b', 'c']);
house.close();

type Estimate = Partial<Omit<Mark, 'player'>>;

function marks(estimates: Readonly<Record<string, number | Estimate>>): Mark[] {
  return Object.entries(estimates).map(([name, estimate]) => ({
    player: house.player(name).record,
    ...{ skew_ms: 0, error_ms: 250, spread_ms: 1, count: 3 },
    ...(typeof estimate === 'number' ? { skew_ms: estimate } : estimate),
  }));
}
const skips = (estimates: Readonly<Record<string, number | Estimate>>, led = true): unknown =>
  Object.fromEntries(skipsOf(marks(estimates), led));

describe('at the start of a track', () => {
  it('those that lag leave out what they lag behind the foremost', () => {
    expect(skips({ a: 0, b: 3.2, c: -1.4 })).toEqual({ a: 3, c: 5 });
  });

  it('whoever is near enough begins at the beginning', () => {
    expect(skips({ a: 0, b: 1.4, c: 1 })).toEqual({});
  });

  it('nobody leaves out anything when one of them is too far off for that', () => {
    expect(skips({ a: 0, b: 15.1, c: 4 })).toEqual({});
  });

  it('nobody leaves out anything on the word of one estimate, or of estimates that differ', () => {
    expect(skips({ a: 0, b: { skew_ms: 5, count: 1 } })).toEqual({});
    expect(skips({ a: 0, b: { skew_ms: 5, spread_ms: 3.1 } })).toEqual({});
  });

  it('beside a leader that is steered they come to the timeline, when their estimates are good enough', () => {
    const error_ms = 4;
    const known = { a: { skew_ms: -4, error_ms }, b: { skew_ms: 3, error_ms }, c: { skew_ms: 0, error_ms } };
    expect(skips(known, false)).toEqual({ a: 4 });
    expect(skips({ a: -4, b: 3, c: 0 }, false)).toEqual({ a: 7, c: 3 });
  });

  it('they are together afterwards, for any differences that can be put right', () => {
    const skew = fc.double({ min: -7.4, max: 7.4, noNaN: true });
    fc.assert(
      fc.property(skew, skew, skew, (a, b, c) => {
        const told = skipsOf(marks({ a, b, c }), true);
        const after = Object.entries({ a, b, c }).map(([id, ms]) => ms + (told.get(id) ?? 0));
        expect(Math.max(...after) - Math.min(...after)).toBeLessThanOrEqual(2);
      }),
    );
  });
});
