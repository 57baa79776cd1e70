import { describe, expect, it } from 'vitest';
import { positionAt } from './timeline.js';

describe('positionAt', () => {
  it('moves with the server clock from the anchor', () => {
    expect(positionAt({ position_seconds: 10, at_us: 1_000_000, rate: 1 }, 3_500_000)).toBe(12.5);
  });
  it('stands still at rate 0', () => {
    expect(positionAt({ position_seconds: 10, at_us: 0, rate: 0 }, 9e12)).toBe(10);
  });
  it('stops at a known end', () => {
    expect(positionAt({ position_seconds: 10, at_us: 0, rate: 1 }, 60_000_000, 20)).toBe(20);
  });
  it('has not moved yet when the anchor lies in the future', () => {
    expect(positionAt({ position_seconds: 3, at_us: 5_000_000, rate: 1 }, 0)).toBe(3);
  });
});
