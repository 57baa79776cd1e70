import { describe, expect, it } from 'vitest';
import { settle } from '../../test/fakes/manual-clock.js';
import { Paged } from './paged.js';

function rig(total = 250) {
  const asked: number[] = [];
  let version = 1;
  const paged = new Paged<string>((offset, limit) => {
    asked.push(offset);
    const items = Array.from(
      { length: Math.min(limit, total - offset) },
      (_, at) => `${version}:${offset + at}`,
    );
    return Promise.resolve({ total, items });
  });
  return { asked, paged, next: () => version++ };
}

describe('paged', () => {
  it('fetches the page that is looked at, once', async () => {
    const { asked, paged } = rig();
    expect(paged.at(120)).toBeUndefined();
    expect(paged.at(121)).toBeUndefined();
    await settle();
    expect(paged.at(120)).toBe('1:120');
    expect(paged.total.value).toBe(250);
    expect(asked).toEqual([100]);
  });
  it('shows what it has until the new rows are there', async () => {
    const { paged, next } = rig();
    paged.at(0);
    await settle();
    next();
    paged.refresh();
    expect(paged.at(0)).toBe('1:0');
    await settle();
    expect(paged.at(0)).toBe('2:0');
  });
  it('passes over answers to a question that was asked before the refresh', async () => {
    const answers: ((page: { total: number; items: string[] }) => void)[] = [];
    const paged = new Paged<string>(() => new Promise((resolve) => answers.push(resolve)));
    paged.at(0);
    paged.refresh();
    answers[1]!({ total: 1, items: ['new'] });
    answers[0]!({ total: 1, items: ['old'] });
    await settle();
    expect(paged.at(0)).toBe('new');
  });
  it('says when it failed and tries again on refresh', async () => {
    let works = false;
    const paged = new Paged<string>(() =>
      works ? Promise.resolve({ total: 1, items: ['a'] }) : Promise.reject(new Error('gone')),
    );
    paged.at(0);
    await settle();
    expect(paged.failed.value).toBe(true);
    works = true;
    paged.refresh();
    await settle();
    expect(paged.at(0)).toBe('a');
    expect(paged.failed.value).toBe(false);
  });
});
