import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { positionAt } from '../protocol/index.js';
import { heardLater, toldEarlier } from './shift.js';

const latency = fc.integer({ min: -2000, max: 2000 });
const position = fc.double({ min: 0, max: 5000, noNaN: true });
const moment = fc.integer({ min: 5_000_000, max: 1e12 });

describe('the latency of a loudspeaker', () => {
  it('is taken off every moment a player is told, and off nothing else', () => {
    const cue = { position_seconds: 7, at_us: 1_000_000 };
    expect(toldEarlier({ type: 'play', cue }, 250)).toEqual({
      type: 'play',
      cue: { position_seconds: 7, at_us: 750_000 },
    });
    expect(toldEarlier({ type: 'follow', ref: 'r', cue }, -250)).toMatchObject({ cue: { at_us: 1_250_000 } });
    expect(toldEarlier({ type: 'seek', position_seconds: 3, at_us: 1_000_000 }, 1)).toMatchObject({
      at_us: 999_000,
    });
    for (const command of [
      { type: 'play' },
      { type: 'pause' },
      { type: 'follow' },
      { type: 'seek', position_seconds: 3 },
    ] as const)
      expect(toldEarlier(command, 250)).toBe(command);
  });

  it('puts what a player says about itself where it is heard: what it is told and what it reports agree', () => {
    fc.assert(
      fc.property(latency, position, moment, fc.integer({ min: 3e6, max: 1e9 }), (ms, at, from, later) => {
        const told = toldEarlier({ type: 'play', cue: { position_seconds: at, at_us: from } }, ms);
        if (told.type !== 'play' || !told.cue) throw new Error('a cue stays a cue');
        const said = { ...told.cue, rate: 1 };
        const heard = heardLater({ type: 'playback', status: 'playing', ref: 'r', ...said }, ms);
        if (heard.type !== 'playback') throw new Error('a playback stays a playback');
        expect(heard.position_seconds).toBeGreaterThanOrEqual(0);
        const now = from + later;
        expect(positionAt(heard, now)).toBeCloseTo(at + later / 1e6, 3);
      }),
    );
  });

  it('does not move music that stands', () => {
    const fact = { type: 'playback', status: 'paused', position_seconds: 0.1, at_us: 5, rate: 0 } as const;
    expect(heardLater(fact, 1500)).toBe(fact);
  });
});
