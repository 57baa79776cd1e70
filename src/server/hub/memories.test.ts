import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/fakes/manual-clock.js';
import { textFrame } from './frames.js';
import { MAX_AWAY, Memories, REMEMBER_MS, type Holder } from './memories.js';

const holder = (): Holder & { ended: number } => ({
  ended: 0,
  answer: () => undefined,
  superseded() {
    this.ended += 1;
  },
});

describe('[RE1] the memory of a client', () => {
  it('is there again on the next connection, within two minutes', async () => {
    const clock = new ManualClock();
    const memories = new Memories(clock);
    const first = holder();
    const { answers, known } = memories.claim('a', first);
    expect(known).toBe(false);
    answers.begin('1');
    answers.finish('1', textFrame('done'), true);
    memories.release('a', first);
    await clock.advance(REMEMBER_MS - 1);
    const second = holder();
    expect(memories.claim('a', second)).toEqual({ answers, known: true });
    memories.release('a', second);
    await clock.advance(REMEMBER_MS);
    expect(memories.claim('a', holder()).known).toBe(false);
  });

  it('goes to the newest connection, which ends the one before', () => {
    const memories = new Memories(new ManualClock());
    const [first, second] = [holder(), holder()];
    memories.claim('a', first);
    expect(memories.claim('a', second).known).toBe(true);
    expect([first.ended, second.ended]).toEqual([1, 0]);
    memories.release('a', first);
    expect(memories.claim('a', holder()).known).toBe(true);
    expect(second.ended).toBe(1);
  });

  it('is kept of a bounded number of clients that are away, the latest', () => {
    const memories = new Memories(new ManualClock());
    const here = holder();
    memories.claim('here', here);
    for (let n = 0; n <= MAX_AWAY; n++) {
      const one = holder();
      memories.claim(`c${n}`, one);
      memories.release(`c${n}`, one);
    }
    expect(memories.size).toBe(MAX_AWAY + 1);
    expect(memories.claim('here', here).known).toBe(true);
    expect([memories.claim('c1', holder()).known, memories.claim('c0', holder()).known]).toEqual([
      true,
      false,
    ]);
  });
});
