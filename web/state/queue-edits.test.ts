import { describe, expect, it } from 'vitest';
import { shiftOf, withEdits, type QueueEdit } from './queue-edits.js';

const list = (...ids: string[]) => ids.map((item_id) => ({ item_id, title: item_id }));
const ids = (edits: QueueEdit[], ...from: string[]) =>
  withEdits(list(...from), edits).map((item) => item.item_id);

describe('queue edits', () => {
  it('moves down to the place counted without the moved item', () => {
    expect(ids([{ type: 'move', item_id: 'a', index: 2 }], 'a', 'b', 'c', 'd')).toEqual(['b', 'c', 'a', 'd']);
  });
  it('moves up', () => {
    expect(ids([{ type: 'move', item_id: 'd', index: 1 }], 'a', 'b', 'c', 'd')).toEqual(['a', 'd', 'b', 'c']);
  });
  it('changes nothing when the server has done it already', () => {
    const move: QueueEdit = { type: 'move', item_id: 'a', index: 2 };
    const once = withEdits(list('a', 'b', 'c'), [move]);
    expect(withEdits(once, [move])).toBe(once);
  });
  it('removes and clears', () => {
    expect(ids([{ type: 'remove', item_ids: new Set(['b', 'x']) }], 'a', 'b')).toEqual(['a']);
    expect(ids([{ type: 'clear' }], 'a', 'b')).toEqual([]);
  });
  it('gives the very list when there is nothing to draw', () => {
    const items = list('a');
    expect(withEdits(items, [])).toBe(items);
  });
  it('makes room for a dragged row', () => {
    expect([0, 1, 2, 3, 4].map((index) => shiftOf(index, 1, 3))).toEqual([0, 0, -1, -1, 0]);
    expect([0, 1, 2, 3, 4].map((index) => shiftOf(index, 3, 1))).toEqual([0, 1, 1, 0, 0]);
  });
});
