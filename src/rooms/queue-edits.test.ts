import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QueueItem } from '../protocol/index.js';
import { insertionIndex, moved, shuffled, unshuffled } from './queue-edits.js';
import { following, nextAsked, previousAsked } from './order.js';

const list = (count: number): QueueItem[] =>
  Array.from({ length: count }, (_, n) => ({ item_id: `i${n}`, title: `t${n}` }));
const ids = (items: readonly QueueItem[]): string => items.map((item) => item.item_id.slice(1)).join(' ');

describe('queue edits', () => {
  it('put new items at the end, behind the current one, at an index, or instead of all', () => {
    expect(insertionIndex('end', 5, 2)).toBe(5);
    expect(insertionIndex('next', 5, 2)).toBe(3);
    expect(insertionIndex('next', 5, undefined)).toBe(0);
    expect(insertionIndex(99, 5, 2)).toBe(5);
    expect(insertionIndex('replace', 0, 2)).toBe(0);
  });

  it('move items as one run whose first stands at the index', () => {
    expect(ids(moved(list(6), new Set(['i4', 'i1']), 0))).toBe('1 4 0 2 3 5');
    expect(ids(moved(list(6), new Set(['i0']), 5))).toBe('1 2 3 4 5 0');
    expect(ids(moved(list(3), new Set(['i0']), 99))).toBe('1 2 0');
  });

  it('shuffle only what comes after the current item, and unshuffling gives the order back', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 }),
        fc.nat(40),
        fc.infiniteStream(fc.integer({ min: 0, max: 999 })),
        (count, at, dice) => {
          const items = list(count);
          const current = count === 0 ? undefined : at % count;
          const random = (): number => Number(dice.next().value) / 1000;
          const mixed = shuffled(items, current, random);
          expect(ids(mixed.slice(0, (current ?? -1) + 1))).toBe(ids(items.slice(0, (current ?? -1) + 1)));
          expect([...mixed].sort((a, b) => Number(a.item_id.slice(1)) - Number(b.item_id.slice(1)))).toEqual(
            items,
          );
          expect(
            unshuffled(
              mixed,
              items.map((item) => item.item_id),
            ),
          ).toEqual(items);
        },
      ),
    );
  });

  it('unshuffling leaves an item that was added meanwhile behind the one it was put behind', () => {
    const added = { item_id: 'new', title: 'new' };
    const mixed = [...list(4)].reverse();
    expect(ids(unshuffled(mixed.toSpliced(1, 0, added), ['i0', 'i1', 'i2', 'i3']))).toBe('0 1 2 3 ew');
  });

  it('what follows obeys repeat, and a person who asks for the next one is not held by repeat one', () => {
    const items = list(3);
    expect(following(items, 'i1', 'one')?.item_id).toBe('i1');
    expect(nextAsked(items, 'i1', 'one')?.item_id).toBe('i2');
    expect(following(items, 'i2', 'off')).toBeUndefined();
    expect(following(items, 'i2', 'all')?.item_id).toBe('i0');
    expect(previousAsked(items, 'i0', 'off')).toBeUndefined();
    expect(previousAsked(items, 'i0', 'all')?.item_id).toBe('i2');
  });
});
