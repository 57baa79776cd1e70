import { describe, expect, it } from 'vitest';
import { isTelling, similarity } from './fingerprint.js';

/** Values as unlike each other as those of music are. */
const made = (seed: number, length = 400): number[] => {
  let value = seed;
  return Array.from({ length }, () => (value = (Math.imul(value, 1664525) + 1013904223) | 0));
};
const base64 = (values: readonly number[]): string =>
  Buffer.from(Int32Array.from(values).buffer).toString('base64');

describe('the similarity of fingerprints', () => {
  it('is 1 for the same, also when one begins a second later', () => {
    const one = made(7);
    expect(similarity(base64(one), base64(one))).toBe(1);
    expect(similarity(base64(one), base64(one.slice(8)))).toBe(1);
    expect(similarity(base64(one.slice(8)), base64(one))).toBe(1);
  });

  it('is high where an encoder changed some bits, and about a half for other music', () => {
    const one = made(7);
    const lossy = one.map((value, n) => (n % 2 === 0 ? value : value ^ 0b11));
    expect(similarity(base64(one), base64(lossy))).toBeGreaterThan(0.95);
    expect(similarity(base64(one), base64(made(99)))).toBeLessThan(0.6);
  });

  it('is 0 where there is nothing to compare', () => {
    expect(similarity('', base64(made(7)))).toBe(0);
    expect(similarity(base64(made(7, 10)), base64(made(7, 400)))).toBe(1);
  });

  it('counts for nothing where one value comes again and again', () => {
    expect(isTelling(base64(made(7)))).toBe(true);
    expect(isTelling(base64(Array.from({ length: 400 }, (_, n) => n % 3)))).toBe(false);
  });
});
