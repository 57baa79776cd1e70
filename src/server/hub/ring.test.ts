import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/fakes/manual-clock.js';
import { MAX_AGE_MS, MAX_CHANGES, Rings } from './ring.js';

function rings(count: number, clock = new ManualClock()): Rings {
  const made = new Rings(clock);
  made.wanted('t');
  for (let n = 1; n <= count; n++) made.add('t', n, undefined, String(n));
  return made;
}

const missed = (made: Rings, from: number, now: number): unknown => {
  const json = made.since('t', from, now);
  return json && JSON.parse(json.toString());
};

describe('[SB4] the ring of a topic', () => {
  it('gives every change after a revision, oldest first', () => {
    const made = rings(5);
    expect([missed(made, 0, 5), missed(made, 3, 5), missed(made, 5, 5)]).toEqual([
      [1, 2, 3, 4, 5],
      [4, 5],
      [],
    ]);
  });

  it('reaches back 256 changes and not one more', () => {
    const made = rings(MAX_CHANGES + 1);
    expect(missed(made, 1, MAX_CHANGES + 1)).toHaveLength(MAX_CHANGES);
    expect(missed(made, 0, MAX_CHANGES + 1)).toBeUndefined();
  });

  it('reaches back 2 minutes', async () => {
    const clock = new ManualClock();
    const made = rings(1, clock);
    await clock.advance(MAX_AGE_MS - 1);
    made.add('t', 2, undefined, '2');
    expect(missed(made, 0, 2)).toEqual([1, 2]);
    await clock.advance(2);
    expect([missed(made, 0, 2), missed(made, 1, 2)]).toEqual([undefined, [2]]);
  });

  it('has nothing for a revision that was never told, or that it has not heard of yet', () => {
    const made = rings(3);
    expect([missed(made, 4, 3), missed(made, 2, 4)]).toEqual([undefined, undefined]);
  });

  it('forgets what came before a hole', () => {
    const made = rings(3);
    made.add('t', 5, undefined, '5');
    expect([missed(made, 3, 5), missed(made, 4, 5)]).toEqual([undefined, [5]]);
  });

  it('gives of changes that replace each other only the last, in its place', () => {
    const made = new Rings(new ManualClock());
    made.wanted('t');
    for (const [at, key] of ['volume', undefined, 'volume', 'state'].entries())
      made.add('t', at + 1, key, String(at + 1));
    expect(missed(made, 0, 4)).toEqual([2, 3, 4]);
  });

  it('shares one answer between all who were away as long, until the next change', () => {
    const made = rings(3);
    expect(made.since('t', 1, 3)).toBe(made.since('t', 1, 3));
    made.add('t', 4, undefined, '4');
    expect(missed(made, 1, 4)).toEqual([2, 3, 4]);
  });

  it('is kept for 2 minutes after the last one left, and not at all for topics that nobody has', async () => {
    const clock = new ManualClock();
    const made = rings(3, clock);
    made.left('t');
    expect([made.keeps('t'), made.keeps('other')]).toEqual([true, false]);
    await clock.advance(MAX_AGE_MS + 1);
    expect([made.keeps('t'), made.size, missed(made, 1, 3)]).toEqual([false, 0, undefined]);
  });

  it('is kept of every topic where others may come from another process, and of not too many', () => {
    const made = new Rings(new ManualClock(), true);
    for (let topic = 0; topic < 1_100; topic++)
      if (made.keeps(`t${topic}`)) made.add(`t${topic}`, 1, undefined, 'x');
    expect(made.size).toBe(1_024);
    expect(made.since('t1099', 0, 1)).toBeDefined();
    expect(made.since('t0', 0, 1)).toBeUndefined();
  });

  it('is bounded in bytes, of one topic and of all', () => {
    const made = new Rings(new ManualClock());
    const json = JSON.stringify('x'.repeat(50_000));
    for (let topic = 0; topic < 40; topic++) {
      made.wanted(`t${topic}`);
      for (let n = 1; n <= 10; n++) made.add(`t${topic}`, n, undefined, json);
    }
    expect(made.size).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(made.since('t39', 5, 10)).toBeDefined();
    expect(made.since('t39', 4, 10)).toBeUndefined();
    expect(made.since('t0', 9, 10)).toBeUndefined();
  });
});
