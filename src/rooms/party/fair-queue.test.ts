import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QueueItem } from '../../protocol/index.js';
import { takeTurns } from './fair-queue.js';

let count = 0;
const itemOf = (owner: string | undefined): QueueItem => ({
  item_id: `${owner ?? 'house'}-${++count}`,
  title: 'x',
  ...(owner !== undefined && { added_by: { participant_id: owner, name: owner } }),
});
const owners = (items: readonly QueueItem[]): string =>
  items.map((item) => item.added_by?.participant_id ?? '-').join('');
const queue = (text: string): QueueItem[] =>
  [...text].map((owner) => itemOf(owner === '-' ? undefined : owner));
const add = (items: QueueItem[], current: number | undefined, owner: string, n = 1): QueueItem[] =>
  takeTurns(
    items,
    current,
    owner,
    Array.from({ length: n }, () => itemOf(owner)),
  );

describe('turns', () => {
  it('lets a newcomer in before the second item of somebody else', () => {
    expect(owners(add(queue('aaa'), undefined, 'b'))).toBe('abaa');
  });
  it('counts what plays as a turn taken', () => {
    expect(owners(add(queue('aa'), 0, 'b'))).toBe('aba');
    expect(owners(add(queue('ab'), 0, 'a'))).toBe('aba');
  });
  it('takes turns round after round', () => {
    const both = add(add(queue(''), undefined, 'a', 3), undefined, 'b', 3);
    expect(owners(both)).toBe('ababab');
    expect(owners(add(both, undefined, 'c', 2))).toBe('abcabcab');
  });
  it('puts everybody before what nobody queued', () => {
    expect(owners(add(queue('----'), 0, 'a', 2))).toBe('-aa---');
  });

  const people = fc.constantFrom('a', 'b', 'c', 'd');
  const adds = fc.array(fc.tuple(people, fc.integer({ min: 1, max: 5 })), { maxLength: 12 });
  it('never lets anybody wait for two items of the same person more than their own', () => {
    fc.assert(
      fc.property(adds, (requests) => {
        const items = requests.reduce((all, [who, n]) => add(all, undefined, who, n), queue(''));
        const seen = new Map<string, number>();
        for (const [at, item] of items.entries()) {
          const who = item.added_by!.participant_id;
          const mine = (seen.get(who) ?? 0) + 1;
          seen.set(who, mine);
          for (const other of items.slice(at + 1)) {
            const theirs = other.added_by!.participant_id;
            if (theirs !== who) expect(mine).toBeLessThanOrEqual((seen.get(theirs) ?? 0) + 1);
          }
        }
      }),
    );
  });
  it('moves nothing that was there', () => {
    fc.assert(
      fc.property(adds, people, (requests, who) => {
        const items = requests.reduce((all, [owner, n]) => add(all, undefined, owner, n), queue('--'));
        const after = add(items, undefined, who);
        const ids = new Set(items.map((item) => item.item_id));
        expect(after.filter((item) => ids.has(item.item_id))).toEqual(items);
      }),
    );
  });
});
