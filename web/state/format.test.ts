import { describe, expect, it } from 'vitest';
import { clockTime, count, longTime, spokenTime } from './format.js';

describe('format', () => {
  it('writes times as players do', () => {
    expect([0, 7.9, 67, 3725, -1].map(clockTime)).toEqual(['0:00', '0:07', '1:07', '1:02:05', '0:00']);
  });
  it('speaks times', () => {
    expect([1, 61, 187].map(spokenTime)).toEqual(['1 second', '1 minute 1 second', '3 minutes 7 seconds']);
  });
  it('rounds the length of a list', () => {
    expect([2880, 12_000].map(longTime)).toEqual(['48 min', '3 h 20 min']);
  });
  it('counts', () => {
    expect([count(1, 'album'), count(10_000, 'track')]).toEqual(['1 album', '10,000 tracks']);
  });
});
