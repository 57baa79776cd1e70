import { expect, it } from 'vitest';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { deferred, silentLogger } from '../base/index.js';
import { emptyState, Store } from '../state/index.js';
import { beginMusic } from './begin-music.js';
import { Closers } from './closers.js';

function house(leaving?: Promise<void>): {
  clock: ManualClock;
  did: string[];
  disk: ReturnType<typeof deferred<void>>;
  closers: Closers;
  begun: Promise<void>;
  told(this: void): string[];
} {
  const [clock, disk] = [new ManualClock(), deferred<void>()];
  const closers = new Closers({ clock, log: silentLogger });
  const did: string[] = [];
  const keeper = { weigh: () => undefined, keep: () => undefined };
  const store = new Store({ state: emptyState('1'), epoch: 'e', keeper });
  const parts = {
    store,
    leaving,
    pipeline: { recover: () => disk.promise, start: () => void did.push('pipeline') },
    folder: { look: () => Promise.resolve() },
    library: { start: () => Promise.resolve(void did.push('library')) },
  };
  const begun = beginMusic({ clock, closers, log: silentLogger }, parts);
  const told = (): string[] => store.state.system.notices.map(({ notice_id }) => notice_id);
  return { clock, did, disk, closers, begun, told };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('waits for what was begun before it looks through the music', async () => {
  const { did, disk, begun } = house();
  await settled();
  expect(did).toEqual([]);
  disk.resolve();
  await begun;
  expect(did).toEqual(['library', 'pipeline']);
});

it('starts a house whose music does not answer, says so, and begins with it when it does', async () => {
  const { clock, did, disk, begun, told } = house();
  await clock.advance(5_000);
  await begun;
  expect([did, told()]).toEqual([[], ['music-away']]);
  disk.resolve();
  await settled();
  expect([did, told()]).toEqual([['library', 'pipeline'], []]);
});

it('waits for no music in a house that is to end', async () => {
  const leaving = deferred<void>();
  const { did, begun, told } = house(leaving.promise);
  leaving.resolve();
  await begun;
  expect([did, told()]).toEqual([[], []]);
});

it('begins with nothing in a house that is closed meanwhile', async () => {
  const { clock, did, disk, closers, begun } = house();
  await clock.advance(5_000);
  await begun;
  await closers.close();
  disk.resolve();
  await settled();
  expect(did).toEqual([]);
});

it('fails where the music cannot be begun', async () => {
  const { disk, begun } = house();
  disk.reject(new Error('a bug'));
  await expect(begun).rejects.toThrow('a bug');
});
