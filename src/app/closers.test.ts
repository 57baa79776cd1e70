import { expect, it } from 'vitest';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { silentLogger } from '../base/index.js';
import { Closers } from './closers.js';

const forEver = (): Promise<void> => new Promise(() => undefined);

function house(): { clock: ManualClock; closers: Closers; did: string[] } {
  const clock = new ManualClock();
  return { clock, closers: new Closers({ clock, log: silentLogger }), did: [] };
}

it('closes in reverse order', async () => {
  const { closers, did } = house();
  for (const name of ['state', 'rooms', 'server']) closers.add(() => void did.push(name));
  expect(await closers.close()).toBe(true);
  expect(did).toEqual(['server', 'rooms', 'state']);
});

it('closes the rest when parts never end, all within what systemd allows', async () => {
  const { clock, closers, did } = house();
  closers.add(() => void did.push('state'));
  for (let n = 0; n < 6; n++) closers.add(forEver);
  const closed = closers.close();
  await clock.advance(6_000);
  expect(did).toEqual(['state']);
  expect(await closed).toBe(false);
});

it('closes the rest when a part fails, and says so then', async () => {
  const { closers, did } = house();
  closers.add(() => void did.push('state'));
  closers.add(() => Promise.reject(new Error('a bug')));
  await expect(closers.close()).rejects.toThrow('a bug');
  expect(did).toEqual(['state']);
});
