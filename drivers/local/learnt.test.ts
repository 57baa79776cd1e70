import { describe, expect, it } from 'vitest';
import { Learnt } from './learnt.js';
import { readMemory } from './memory.js';

describe('what outputs taught', () => {
  it('believes the first start, and is not misled by one that was disturbed', () => {
    const learnt = new Learnt();
    expect(learnt.startUs('a')).toBe(0);
    learnt.start('a', -600, 0);
    expect(learnt.startUs('a')).toBe(600);
    learnt.start('a', -2500, 600);
    expect(learnt.startUs('a')).toBe(600);
    learnt.start('a', 100, 600);
    expect(learnt.startUs('a')).toBe(600);
    learnt.start('a', 200, 600);
    expect(learnt.startUs('a')).toBe(500);
  });
  it('forgets starts of long ago', () => {
    const learnt = new Learnt();
    for (const took of [9000, 9000, 9000, 700, 500, 600, 650, 550]) learnt.start('a', -took, 0);
    expect(learnt.startUs('a')).toBe(600);
  });
  it('takes over at once what changed for good, and learns nothing from a hopeless start', () => {
    const learnt = new Learnt();
    learnt.start('a', -1000, 0);
    learnt.start('a', -50_000, 1000);
    expect(learnt.startUs('a')).toBe(51_000);
    learnt.start('a', 400_000, 51_000);
    expect(learnt.startUs('a')).toBe(51_000);
  });
  it('keeps the eight outputs used last, and fits into what is remembered', () => {
    const learnt = new Learnt();
    const keys = Array.from({ length: 20 }, (_, n) => Learnt.keyOf('alsa', `card ${n} ${'x'.repeat(200)}`));
    for (const key of keys) {
      learnt.clock(key, -123.456, false);
      for (let n = 0; n < 9; n++) learnt.start(key, -99_999, 99_999);
    }
    expect(learnt.all.map(({ key }) => key)).toEqual(keys.slice(-8));
    const value = {
      pid: 4_000_000,
      entries: [1, 2, 3].map((id) => [id, 'r'.repeat(512), false]),
      volume: 33.333,
      muted: false,
      output: 'o'.repeat(256),
      configured: 'c'.repeat(256),
      learnt: learnt.all,
    };
    expect(JSON.stringify(value).length).toBeLessThan(4096);
    expect(readMemory(value)).toEqual(value);
  });
  it('tells outputs apart by their kind and name', () => {
    expect(Learnt.keyOf('alsa', 'auto')).not.toBe(Learnt.keyOf('pulse', 'auto'));
    expect(Learnt.keyOf('alsa', 'auto')).toBe(Learnt.keyOf('alsa', 'auto'));
  });
});
