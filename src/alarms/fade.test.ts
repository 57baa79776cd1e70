import { describe, expect, it } from 'vitest';
import { levelAt } from './fade.js';

describe('a fade', () => {
  const fade = { from: 0.1, to: 0.5, seconds: 40 };
  it('begins quiet, ends where it should, and goes no further', () => {
    expect([0, 10, 20, 40, 99].map((seconds) => levelAt(fade, seconds))).toEqual([0.1, 0.2, 0.3, 0.5, 0.5]);
  });
  it('of no length is over at once', () => {
    expect(levelAt({ ...fade, seconds: 0 }, 0)).toBe(0.5);
  });
  it('goes down as it goes up', () => {
    expect(levelAt({ from: 0.4, to: 0, seconds: 20 }, 15)).toBe(0.1);
  });
});
