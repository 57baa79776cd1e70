import { describe, expect, it } from 'vitest';
import { Latest } from './latest.js';

function rig() {
  const sent: number[] = [];
  const answers: { resolve(): void; reject(error: Error): void }[] = [];
  const latest = new Latest<number>((value) => {
    sent.push(value);
    return new Promise<void>((resolve, reject) => answers.push({ resolve, reject }));
  });
  return { sent, answers, latest };
}

describe('latest', () => {
  it('has one value under way and sends the last of those that came meanwhile', async () => {
    const { sent, answers, latest } = rig();
    const done = latest.push(1);
    for (const value of [2, 3, 4]) void latest.push(value);
    expect(sent).toEqual([1]);
    answers[0]!.resolve();
    await Promise.resolve();
    await Promise.resolve();
    expect(sent).toEqual([1, 4]);
    answers[1]!.resolve();
    await done;
    expect(latest.busy).toBe(false);
  });
  it('goes on with the newer value when an older one fails', async () => {
    const { sent, answers, latest } = rig();
    const done = latest.push(1);
    void latest.push(2);
    answers[0]!.reject(new Error('no'));
    await Promise.resolve();
    await Promise.resolve();
    answers[1]!.resolve();
    await done;
    expect(sent).toEqual([1, 2]);
  });
  it('rejects when the last one fails, and takes the next', async () => {
    const { sent, answers, latest } = rig();
    const done = latest.push(1);
    answers[0]!.reject(new Error('no'));
    await expect(done).rejects.toThrow('no');
    void latest.push(2);
    expect(sent).toEqual([1, 2]);
  });
});
