import { describe, expect, it } from 'vitest';
import { Nudge } from './nudge.js';

const SECOND = 1_000_000;

/** Estimates of the same skew, one a second. */
function feed(nudge: Nudge, skew_ms: number, fromSecond: number, count = 3): (number | undefined)[] {
  return Array.from(
    { length: count },
    (_, n) => nudge.take(skew_ms, 2000, (fromSecond + n) * SECOND).correct_ms,
  );
}

describe('nudging a player that can only jump', () => {
  it('leaves alone what is hardly heard', () => {
    expect(feed(new Nudge(), 79, 0, 20)).toEqual(Array(20).fill(undefined));
  });

  it('corrects after three estimates that agree', () => {
    expect(feed(new Nudge(), -200, 0)).toEqual([undefined, undefined, -200]);
  });

  it('does not follow a single wild estimate', () => {
    const nudge = new Nudge();
    feed(nudge, 5, 0, 3);
    expect(feed(nudge, 900, 3, 1)).toEqual([undefined]);
    expect(feed(nudge, 5, 4, 3)).toEqual([undefined, undefined, undefined]);
  });

  it('believes nothing until a start has settled, and then says where it landed', () => {
    const nudge = new Nudge();
    nudge.disturbed(0);
    expect(nudge.take(-300, 2000, SECOND).landed_ms).toBeUndefined();
    const landings = [2, 3, 4, 5].map((at) => nudge.take(-120, 2000, at * SECOND).landed_ms);
    expect(landings).toEqual([undefined, undefined, -120, undefined]);
  });

  it('waits longer each time when corrections do not help', () => {
    const nudge = new Nudge();
    const times: number[] = [];
    for (let at = 0; at < 200; at++) {
      if (nudge.take(400, 2000, at * SECOND).correct_ms === undefined) continue;
      times.push(at);
      nudge.corrected(400, at * SECOND);
    }
    const waits = times.slice(1).map((at, n) => at - (times[n] ?? 0));
    expect(waits[0]).toBeGreaterThanOrEqual(10);
    for (const [n, wait] of waits.slice(1).entries()) expect(wait).toBeGreaterThan((waits[n] ?? 0) * 1.5);
  });

  it('corrects what is left of a correction that helped, without waiting', () => {
    const nudge = new Nudge();
    feed(nudge, 900, 0);
    nudge.corrected(900, 2 * SECOND);
    expect(feed(nudge, 200, 4)).toEqual([undefined, undefined, 200]);
  });

  it('never claims to know better than half the round trip and the steps of the report', () => {
    const nudge = new Nudge();
    expect(nudge.take(0, 40_000, 0).error_ms).toBeGreaterThanOrEqual(65);
    nudge.take(60, 1000, SECOND);
    expect(nudge.take(0, 1000, 2 * SECOND).error_ms).toBeGreaterThanOrEqual(1 + 25 + 30);
  });
});
