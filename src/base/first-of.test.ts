import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { collectGarbage } from '../../bench/control/garbage.js';
import { underFirst } from './first-of.js';

const reasonOf = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
  });

it('gives what the work gives', async () => {
  await expect(underFirst([], () => Promise.resolve(7))).resolves.toBe(7);
});

it.each([0, 1])('aborts the work with the reason of signal %i', async (which) => {
  const stops = [new AbortController(), new AbortController()];
  const signals = stops.map(({ signal }) => signal);
  const reason = underFirst(signals, reasonOf);
  stops[which]!.abort('enough');
  await expect(reason).resolves.toBe('enough');
});

it('has aborted before the work begins when one of them has', async () => {
  const signals = [new AbortController().signal, AbortSignal.abort('too late')];
  await expect(underFirst(signals, reasonOf)).resolves.toBe('too late');
});

it('leaves nothing on a signal that lives on, however often it is used and whoever listened', async () => {
  const long = new AbortController();
  const given: WeakRef<AbortSignal>[] = [];
  for (let n = 0; n < 20; n++)
    await underFirst([long.signal, new AbortController().signal], (signal) => {
      given.push(new WeakRef(signal));
      signal.addEventListener('abort', () => given.length, { once: true });
      return Promise.resolve();
    });
  expect(getEventListeners(long.signal, 'abort')).toEqual([]);
  await new Promise(setImmediate);
  collectGarbage();
  expect(given.filter((ref) => ref.deref()).length).toBeLessThanOrEqual(1);
});
