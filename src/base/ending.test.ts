import { expect, it } from 'vitest';
import { Ending } from './ending.js';
import { deferred } from './waiting.js';

const gone = new Error('it has gone');

it('gives what the work gives', async () => {
  await expect(new Ending().outlasts(Promise.resolve(7))).resolves.toBe(7);
  await expect(new Ending().outlasts(Promise.reject(new Error('broken')))).rejects.toThrow('broken');
});

it('rejects work that is not done when it ends, with the first reason', async () => {
  const ending = new Ending();
  const wait = ending.outlasts(deferred<void>().promise);
  ending.end(gone);
  ending.end(new Error('something else'));
  await expect(wait).rejects.toBe(gone);
  await expect(ending.closed).resolves.toBe(gone);
});

it('rejects work that begins when it is over', async () => {
  const ending = new Ending();
  ending.end(gone);
  await expect(ending.outlasts(deferred<void>().promise)).rejects.toBe(gone);
});

it('rejects with the reason of the signal', async () => {
  const asked = new AbortController();
  const wait = new Ending().outlasts(deferred<void>().promise, asked.signal);
  asked.abort(gone);
  await expect(wait).rejects.toBe(gone);
});

it('keeps nothing of a thousand waits that are over', async () => {
  const ending = new Ending();
  const works = Array.from({ length: 1000 }, () => deferred<void>());
  const waits = works.map(({ promise }) => ending.outlasts(promise, new AbortController().signal));
  expect(ending.waits).toBe(1000);
  for (const work of works) work.resolve();
  await Promise.all(waits);
  expect(ending.waits).toBe(0);
});
