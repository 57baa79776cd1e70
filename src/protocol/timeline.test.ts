import { describe, expect, it } from 'vitest';
import { positionAt } from './timeline.js';

const timeline = { position_seconds: 10, at_us: 5_000_000, rate: 1 };

describe('a timeline', () => {
  it('[TL1] moves with the server clock at its rate', () => {
    expect(positionAt(timeline, 7_500_000)).toBe(12.5);
    expect(positionAt({ ...timeline, rate: 0.5 }, 7_000_000)).toBe(11);
    expect(positionAt({ ...timeline, rate: 0 }, 9_000_000)).toBe(10);
  });

  it('[TL1] has not moved before its time, as in a scheduled start', () => {
    expect(positionAt(timeline, 4_000_000)).toBe(10);
  });

  it('[TL1] never passes a known end', () => {
    expect(positionAt(timeline, 60_000_000, 30)).toBe(30);
    expect(positionAt({ ...timeline, position_seconds: 31 }, 5_000_000, 30)).toBe(31);
  });
});
