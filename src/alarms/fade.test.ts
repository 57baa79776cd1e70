import { describe, expect, it } from 'vitest';
import { isTouched, levelAt } from './fade.js';

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

describe('a knob', () => {
  it('was turned by somebody when it stands neither where it was told to go nor where it came to', () => {
    const held = { told: 0.5, stood: 0.2 };
    expect([0.2, 0.35, 0.5, 0.51].map((stands) => isTouched(held, stands))).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect([0.1, 0.6].map((stands) => isTouched(held, stands))).toEqual([true, true]);
  });
  it('that nobody left anywhere was not turned', () => {
    expect(isTouched(undefined, 0.9)).toBe(false);
  });
});
