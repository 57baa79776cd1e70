import { describe, expect, it } from 'vitest';
import { Credit } from './credit.js';

/** Writes until the credit is spent; the marks that went out. */
function writeAll(credit: Credit, bytes: number, updates = 1): { writes: number; marks: number[] } {
  const marks: number[] = [];
  let writes = 0;
  while (!credit.spent && writes < 1000) {
    writes += 1;
    if (!credit.due(bytes, updates)) continue;
    credit.marked(writes);
    marks.push(writes);
  }
  return { writes, marks };
}

describe('[BP1] credit', () => {
  it('a silent client gets eight writes, one of them with a ping', () => {
    expect(writeAll(new Credit(), 300)).toEqual({ writes: 8, marks: [7] });
  });
  it('what is told in one write counts each, so that it gets eight updates and not eight writes', () => {
    expect(writeAll(new Credit(), 300, 2)).toEqual({ writes: 4, marks: [4] });
  });
  it('a write of answers alone counts as one', () => {
    expect(writeAll(new Credit(), 300, 0)).toEqual({ writes: 8, marks: [7] });
  });
  it('large writes are pinged at once and stopped sooner', () => {
    expect(writeAll(new Credit(), 100_000)).toEqual({ writes: 4, marks: [1] });
  });
  it('an answer gives new credit, and one to another ping does not', () => {
    const credit = new Credit();
    writeAll(credit, 300);
    for (const payload of ['6', '', 'x', '07']) credit.answered(payload);
    expect(credit.spent).toBe(true);
    credit.answered('7');
    expect([credit.spent, credit.waiting]).toEqual([false, false]);
  });
  it('a client that answers every ping is never stopped', () => {
    const credit = new Credit();
    for (let write = 1; write < 1000; write++) {
      expect(credit.spent).toBe(false);
      if (!credit.due(300)) continue;
      credit.marked(write);
      credit.answered(String(write));
    }
  });
});
