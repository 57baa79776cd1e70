import { describe, expect, it } from 'vitest';
import { silentLogger } from '../base/index.js';
import type { Fate } from '../pipeline/index.js';
import type { Download } from '../protocol/index.js';
import { emptyState, newRoom, Store } from '../state/index.js';
import { settle } from '../../test/fakes/manual-clock.js';
import { WishKeeper } from './wish-keeper.js';

const download: Download = {
  download_id: 'd1',
  source: 'http',
  title: 'T',
  state: 'running',
  progress: 0,
  received_bytes: 0,
  attempt: 1,
  retry_available: false,
  created_at: '',
};

/** A house whose only room waits for d1, as a restart finds it. */
function house() {
  const room = newRoom('r', 'R', []);
  const items = [{ item_id: 'w', title: 'T', download_id: 'd1' }];
  const rooms = new Map([['r', { ...room, queue: { items } }]]);
  const store = new Store({
    state: { ...emptyState('1'), rooms },
    epoch: 'e',
    keeper: { weigh: () => undefined, keep: () => undefined },
  });
  const said: (string | undefined)[] = [];
  const come: (readonly string[])[] = [];
  const queued: string[] = [];
  const begun: string[] = [];
  const now: { fate: Fate } = { fate: { state: 'coming' } };
  const keeper = new WishKeeper({
    store,
    wishes: { told: (_id, problem) => void said.push(problem), came: (_id, ids) => void come.push(ids) },
    fate: () => now.fate,
    queued: (id) => void queued.push(id),
    begin: (id) => void begun.push(id),
    log: silentLogger,
  });
  const happen = async (fate: Fate): Promise<void> => {
    now.fate = fate;
    store.commit({ type: 'list/changed', list: 'downloads', items: [{ ...download }] });
    await settle();
  };
  return { keeper, said, come, queued, begun, happen, now };
}

describe('[WI1] wishes after a restart', () => {
  it('come true when it happened while nobody looked', () => {
    const { keeper, come, now } = house();
    now.fate = { state: 'here', album_id: 'a', track_ids: ['t1'], rest: false };
    keeper.settle();
    keeper.settle();
    expect(come).toEqual([['t1']]);
  });

  it('hear why not, once, and that it comes after all', async () => {
    const { said, come, happen } = house();
    await happen({ state: 'missing', problem: 'No.' });
    await happen({ state: 'missing', problem: 'No.' });
    await happen({ state: 'coming' });
    await happen({ state: 'coming' });
    await happen({ state: 'here', album_id: 'a', track_ids: ['t1'], rest: false });
    expect(said).toEqual(['No.', undefined]);
    expect(come).toEqual([['t1']]);
  });

  it('are not asked about any more once they came true', async () => {
    const { happen, come } = house();
    await happen({ state: 'here', album_id: 'a', track_ids: ['t1'], rest: false });
    await happen({ state: 'here', album_id: 'a', track_ids: ['t1'], rest: false });
    expect(come).toHaveLength(1);
  });

  it('stay for what a person has yet to decide about, and get that too', async () => {
    const { happen, come, said, queued, begun } = house();
    await happen({ state: 'here', album_id: 'a', track_ids: ['t1'], rest: true });
    await happen({ state: 'missing', problem: 'It waits for a decision.' });
    await happen({ state: 'here', album_id: 'b', track_ids: ['t2'], rest: false });
    await happen({ state: 'here', album_id: 'b', track_ids: ['t2'], rest: false });
    expect(come).toEqual([['t1'], ['t2']]);
    expect(said).toEqual(['It waits for a decision.']);
    expect([queued, begun]).toEqual([
      ['d1', 'd1'],
      ['d1', 'd1'],
    ]);
  });
});
