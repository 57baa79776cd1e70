import { expect, it } from 'vitest';
import { collectGarbage } from '../../../bench/control/garbage.js';
import { untilAborted } from './until-aborted.js';

async function* parts(count: number): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < count; n++) {
    await new Promise(setImmediate);
    yield new Uint8Array(1024).fill(n);
  }
}

it('gives everything in order', async () => {
  const given: number[] = [];
  for await (const part of untilAborted(parts(5), new AbortController().signal)) given.push(part[0]!);
  expect(given).toEqual([0, 1, 2, 3, 4]);
});

it('throws the reason when the signal aborts, also when nothing comes', async () => {
  const stop = new AbortController();
  const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) };
  const wait = untilAborted(silent, stop.signal).next();
  stop.abort(new Error('not wanted any more'));
  await expect(wait).rejects.toThrow('not wanted any more');
});

it('keeps nothing of what it has given', async () => {
  const given: WeakRef<Uint8Array>[] = [];
  let alive = 0;
  for await (const part of untilAborted(parts(40), new AbortController().signal)) {
    given.push(new WeakRef(part));
    if (given.length < 40) continue;
    await new Promise(setImmediate);
    collectGarbage();
    alive = given.filter((ref) => ref.deref()).length;
  }
  expect(alive).toBeLessThanOrEqual(3);
});
