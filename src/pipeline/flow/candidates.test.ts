import { describe, expect, it } from 'vitest';
import type { Caller, Candidate } from '../../protocol/index.js';
import { emptyState, sqliteKeeper, Store } from '../../state/index.js';
import { migrate, openDb } from '../../storage/index.js';
import { ManualClock } from '../../../test/fakes/manual-clock.js';
import { Candidates } from './candidates.js';

const anna: Caller = { connection_id: 'a', role: 'user', subject_id: 'anna' };
const ben: Caller = { connection_id: 'b', role: 'user', subject_id: 'ben' };
const admin: Caller = { connection_id: 'c', role: 'admin', subject_id: 'eve' };

/** One that Anna brought, and one that lay in the watch folder. */
function candidates(): Candidates {
  const db = openDb(':memory:');
  migrate(db);
  const store = new Store({ state: emptyState('0'), epoch: 'e', keeper: sqliteKeeper(db) });
  const all = new Candidates({ db, store, clock: new ManualClock(), workspace: '/none' });
  const item = (candidate_id: string, state: Candidate['state']): Candidate => ({
    candidate_id,
    title: 'T',
    source: 'upload',
    path: 'T',
    state,
    file_count: 0,
    size_bytes: 0,
    gates: [],
    download_id: 'd1',
    created_at: all.now(),
    updated_at: all.now(),
  });
  const own = { arrival: 'x', folder: '/none', keep_sources: false, name: 'T', tries: 0, track_ids: ['t1'] };
  all.add([
    { item: item('hers', 'imported'), own: { ...own, user_id: 'anna', job_id: 'j1' } },
    { item: item('found', 'review'), own },
  ]);
  return all;
}

describe('a candidate', () => {
  it('is given up by who brought it and by admins; what is decided about it, by admins alone', () => {
    const all = candidates();
    const may = (id: string | undefined, caller: Caller, act: 'cancel' | 'retry'): boolean => {
      try {
        all.mayControl(id, caller, act);
        return true;
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_NOT_ALLOWED' });
        return false;
      }
    };
    expect(may(all.ofJob('j1'), anna, 'cancel')).toBe(true);
    expect(may('hers', anna, 'retry')).toBe(false);
    expect(may('hers', ben, 'cancel')).toBe(false);
    expect(may('found', anna, 'cancel')).toBe(false);
    expect(may(all.ofJob('none'), anna, 'cancel')).toBe(false);
    expect(['hers', 'found', undefined].every((id) => may(id, admin, 'retry'))).toBe(true);
  });

  it('comes into the queues that wait for it once', () => {
    const all = candidates();
    all.queued('d1');
    expect(all.of('d1').map(({ item, queued }) => [item.candidate_id, queued])).toEqual([
      ['hers', true],
      ['found', false],
    ]);
  });
});
