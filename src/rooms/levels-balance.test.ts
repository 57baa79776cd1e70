import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { balanced, inProportion, type Place, type Standing } from './levels-balance.js';

const level = fc.integer({ min: 0, max: 1000 }).map((n) => n / 1000);
const member = fc.record({ volume: level, ceiling: level.map((n) => 0.2 + n * 0.8) });
/** Members that nobody turned by themselves since the room's knob was used. */
const settledRoom = fc.array(member, { minLength: 1, maxLength: 8 }).map((members) =>
  members.map(({ volume, ceiling }, index): Standing => ({
    player_id: `p${index}`,
    volume: Math.min(volume, ceiling),
    wanted: Math.min(volume, ceiling),
    ceiling,
  })),
);
/** Members that stand anywhere, whatever they should. */
const anyRoom = fc
  .array(fc.record({ volume: level, wanted: fc.double({ min: -1, max: 2, noNaN: true }), ceiling: level }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((members) => members.map((one, index): Standing => ({ player_id: `p${index}`, ...one })));

const CLOSE = 0.001;

function mean(places: readonly { readonly volume: number }[]): number {
  return places.reduce((sum, { volume }) => sum + volume, 0) / places.length;
}

function standing(room: readonly Standing[], places: readonly Place[]): Standing[] {
  return room.map((one, index) => ({ ...one, ...places[index]! }));
}

describe('the balance of a room', () => {
  it('makes the mean what was asked, or as near as the ceilings allow', () => {
    fc.assert(
      fc.property(anyRoom, level, (room, asked) => {
        const top = mean(room.map(({ ceiling }) => ({ volume: ceiling })));
        expect(mean(balanced(room, asked))).toBeCloseTo(Math.min(asked, top), 3);
      }),
    );
  });

  it('holds every member between 0 and its ceiling', () => {
    fc.assert(
      fc.property(anyRoom, level, (room, asked) => {
        for (const [index, { volume }] of balanced(room, asked).entries()) {
          expect(volume).toBeGreaterThanOrEqual(0);
          expect(volume).toBeLessThanOrEqual(room[index]!.ceiling + CLOSE);
        }
      }),
    );
  });

  it('moves nobody against the direction asked', () => {
    fc.assert(
      fc.property(anyRoom, level, (room, asked) => {
        const starts = room.map(({ volume, ceiling }) => Math.min(volume, ceiling));
        const up = asked > mean(starts.map((volume) => ({ volume })));
        for (const [index, { volume }] of balanced(room, asked).entries()) {
          if (up) expect(volume).toBeGreaterThanOrEqual(starts[index]! - CLOSE);
          else expect(volume).toBeLessThanOrEqual(starts[index]! + CLOSE);
        }
      }),
    );
  });

  it('never makes the louder of two members the quieter one, unless a ceiling does', () => {
    fc.assert(
      fc.property(settledRoom, level, (room, asked) => {
        const places = balanced(room, asked);
        for (const [one, left] of room.entries())
          for (const [other, right] of room.entries())
            if (left.volume <= right.volume && left.ceiling <= right.ceiling)
              expect(places[one]!.volume).toBeLessThanOrEqual(places[other]!.volume + CLOSE);
      }),
    );
  });

  it('changes nothing when asked for the same again', () => {
    fc.assert(
      fc.property(settledRoom, level, (room, asked) => {
        const once = balanced(room, asked);
        const twice = balanced(standing(room, once), mean(once));
        for (const [index, { volume }] of twice.entries()) expect(volume).toBeCloseTo(once[index]!.volume, 3);
      }),
    );
  });

  it('gives the balance back after any way through 0 and the ceilings', () => {
    fc.assert(
      fc.property(settledRoom, fc.array(level, { maxLength: 6 }), (room, asks) => {
        const start = mean(room);
        let now = room;
        for (const asked of [...asks, 0, 1, 0, start]) now = standing(now, balanced(now, asked));
        for (const [index, { volume }] of now.entries()) expect(volume).toBeCloseTo(room[index]!.volume, 2);
      }),
    );
  });

  it('lets the others take over what one cannot take', () => {
    const room = [
      { player_id: 'a', volume: 0.1, wanted: 0.1, ceiling: 1 },
      { player_id: 'b', volume: 0.7, wanted: 0.7, ceiling: 1 },
    ];
    expect(balanced(room, 0.2).map(({ volume }) => volume)).toEqual([0, 0.4]);
    expect(balanced([{ ...room[0]!, ceiling: 0.2 }, room[1]!], 0.6).map(({ volume }) => volume)).toEqual([
      0.2, 1,
    ]);
  });
});

describe('a room that is on its way', () => {
  const heard = (volumes: readonly number[]): { volume: number }[] => volumes.map((volume) => ({ volume }));
  it('has the mean that was asked, or as near as the ceilings allow', () => {
    fc.assert(
      fc.property(anyRoom, level, (room, asked) => {
        const top = mean(room.map(({ ceiling }) => ({ volume: ceiling })));
        expect(mean(heard(inProportion(room, asked)))).toBeCloseTo(Math.min(asked, top), 3);
      }),
    );
  });
  it('has players as loud as they are to each other', () => {
    const room = [0.2, 0.6].map((volume) => ({ volume, ceiling: 1 }));
    expect([0.1, 0.4, 0.6].map((asked) => inProportion(room, asked))).toEqual([
      [0.05, 0.15],
      [0.2, 0.6],
      [0.3, 0.9],
    ]);
  });
  it('has nobody that is not heard, and lets the others take over what one cannot take', () => {
    const at = (...volumes: number[]) => volumes.map((volume) => ({ volume, ceiling: 0.5 }));
    expect(inProportion(at(0, 0), 0.3)).toEqual([0.3, 0.3]);
    expect(inProportion(at(0, 0.9), 0.2)).toEqual([0.08, 0.32]);
    expect(inProportion(at(0.1, 0.9), 0.4)).toEqual([0.3, 0.5]);
    expect(inProportion([], 0.4)).toEqual([]);
  });
});
