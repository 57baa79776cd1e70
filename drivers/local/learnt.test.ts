import { describe, expect, it } from 'vitest';
import { Learnt } from './learnt.js';
import { readMemory } from './memory.js';

describe('what outputs taught', () => {
  it('believes the first start, and later ones in part', () => {
    const learnt = new Learnt();
    learnt.start('a', -2000);
    expect(learnt.get('a').start_us).toBe(2000);
    learnt.start('a', 400);
    expect(learnt.get('a').start_us).toBe(1900);
  });
  it('takes over at once what changed for good, and learns nothing from a disturbed start', () => {
    const learnt = new Learnt();
    learnt.start('a', -1000);
    learnt.start('a', -50_000);
    expect(learnt.get('a').start_us).toBe(51_000);
    learnt.start('a', 400_000);
    expect(learnt.get('a').start_us).toBe(51_000);
  });
  it('keeps the eight outputs used last, and fits into what is remembered', () => {
    const learnt = new Learnt();
    const keys = Array.from({ length: 20 }, (_, n) => Learnt.keyOf('alsa', `card ${n} ${'x'.repeat(200)}`));
    for (const key of keys) {
      learnt.clock(key, -123.456, false);
      learnt.start(key, 99_999);
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
