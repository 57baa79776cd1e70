import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign } from './assignment.js';

const cost = (costs: readonly (readonly number[])[], columns: readonly number[]): number =>
  columns.reduce((sum, column, row) => sum + (column < 0 ? 0 : costs[row]![column]!), 0);

/** The least cost by trying everything. */
function least(costs: readonly (readonly number[])[], row = 0, used: readonly number[] = []): number {
  const free = costs[0]!.map((_, n) => n).filter((n) => !used.includes(n));
  if (row === costs.length || free.length === 0) return 0;
  const taken = free.map((n) => costs[row]![n]! + least(costs, row + 1, [...used, n]));
  const left = costs.length - row > free.length ? [least(costs, row + 1, used)] : [];
  return Math.min(...taken, ...left);
}

const table = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
  .chain(([rows, columns]) =>
    fc.array(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: columns, maxLength: columns }), {
      minLength: rows,
      maxLength: rows,
    }),
  );

describe('the assignment', () => {
  it('costs no more than any other', () => {
    fc.assert(
      fc.property(table, (costs) => {
        const columns = assign(costs);
        const taken = columns.filter((column) => column >= 0);
        expect(new Set(taken).size).toBe(taken.length);
        expect(taken).toHaveLength(Math.min(costs.length, costs[0]!.length));
        expect(cost(costs, columns)).toBe(least(costs));
      }),
    );
  });

  it('leaves nobody out of an empty table', () => {
    expect(assign([])).toEqual([]);
    expect(assign([[], []])).toEqual([-1, -1]);
  });

  it('keeps the order where a table is too large to be solved', () => {
    const costs = Array.from({ length: 400 }, () => Array.from({ length: 399 }, () => 0));
    expect(assign(costs).slice(-2)).toEqual([398, -1]);
  });
});
