import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyQueuePatch, diffQueue } from './queue-patch.js';
import type { QueueItem } from './queue.js';

const item = (n: number, title = `t${n}`): QueueItem => ({ item_id: `i${n}`, title });
const list = (n: number): QueueItem[] => Array.from({ length: n }, (_, i) => item(i));

describe('queue patches', () => {
  it('[QP1] any list becomes any other list over the patch between them', () => {
    const lists = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 30 });
    fc.assert(
      fc.property(lists, lists, fc.integer({ min: 0, max: 30 }), (from, to, retitled) => {
        const pool = new Map(from.map((n) => [n, item(n)]));
        const before = from.map((n) => pool.get(n)!);
        const after = to.map((n) => (n === retitled ? item(n, 'new') : (pool.get(n) ?? item(n))));
        const patch = diffQueue(before, after);
        expect(patch ? applyQueuePatch(before, JSON.parse(JSON.stringify(patch))) : before).toEqual(after);
      }),
      { numRuns: 2000 },
    );
  });
  it('[QP2] no change gives no patch', () => {
    const before = list(5);
    expect(diffQueue(before, [...before])).toBeUndefined();
  });
  it('[QP2] moving one item of 10,000 names that item alone', () => {
    const before = list(10_000);
    const after = [...before];
    after.splice(9000, 0, ...after.splice(3, 1));
    expect(diffQueue(before, after)).toEqual({ insert: [[9000, ['i3']]] });
  });
  it('[QP2] moving a run of items, forwards or backwards, names the fewest items', () => {
    const before = list(1000);
    const forwards = [...before];
    forwards.splice(800, 0, ...forwards.splice(10, 3));
    expect(diffQueue(before, forwards)).toEqual({ insert: [[800, ['i10', 'i11', 'i12']]] });
    expect(diffQueue(forwards, before)).toEqual({ insert: [[10, ['i10', 'i11', 'i12']]] });
  });
  it('[QP2] a move beside a changed item names both', () => {
    const before = list(100);
    const after = [...before];
    after.splice(50, 0, ...after.splice(3, 1));
    after[20] = item(21, 'new');
    const patch = diffQueue(before, after)!;
    expect(patch).toEqual({ insert: [[50, ['i3']]], set: [item(21, 'new')] });
    expect(applyQueuePatch(before, patch)).toEqual(after);
  });
  it('[QP2] an edit at the head and one at the tail do not name what lies between', () => {
    const before = list(1000);
    const after = [item(2000), ...before.slice(1, -1)];
    const patch = diffQueue(before, after)!;
    expect(JSON.stringify(patch).length).toBeLessThan(120);
    expect(applyQueuePatch(before, patch)).toEqual(after);
  });
  it('[QP1] a patch made for another list leaves only items that exist', () => {
    expect(applyQueuePatch(list(2), { remove: ['zz'], insert: [[1, ['i9', item(7)]]] })).toEqual([
      item(0),
      item(7),
      item(1),
    ]);
  });
});
