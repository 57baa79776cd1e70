import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { silentLogger } from '../base/index.js';
import { emptyState, Store, type Change } from '../state/index.js';
import { DiskWatch } from '../storage/index.js';
import { retryRefused } from './retry-refused.js';

const MB = 1024 * 1024;
const told = (message: string): Change => ({
  type: 'system/notices',
  notices: [{ notice_id: 'n', level: 'warning', message }],
});

let disk: { bytes: number; refuses: boolean; kept: string[] };
let clock: ManualClock;
let store: Store;
let end: () => void;

beforeEach(() => {
  disk = { bytes: 1000 * MB, refuses: false, kept: [] };
  clock = new ManualClock();
  const probe = {
    free: () => ({ bytes: disk.bytes, files: 1000 }),
    readOnly: () => false,
    identity: () => 'one',
    write: () => undefined,
  };
  const watch = new DiskWatch({ folder: '/x', clock, log: silentLogger, probe });
  watch.start();
  store = new Store({
    state: emptyState('1'),
    epoch: 'e',
    keeper: {
      weigh: (before, after) => (before === after ? undefined : 'full'),
      keep: (_before, after) => {
        if (disk.refuses) throw new Error('it is refused');
        disk.kept.push(after.system.notices[0]!.message);
      },
    },
  });
  end = retryRefused({ store, disk: watch, clock });
});

describe('[BK4] what a disk has refused', () => {
  it('is written without another command, though nothing was seen of what was wrong', async () => {
    disk.refuses = true;
    store.commit(told('one'));
    await expect(store.durable()).rejects.toThrow('refused');
    await clock.advance(20_000);
    expect(disk.kept).toEqual([]);
    disk.refuses = false;
    await clock.advance(6_000);
    expect(disk.kept).toEqual(['one']);
    await clock.advance(60_000);
    expect(disk.kept).toEqual(['one']);
  });

  it('is written when there is room again', async () => {
    Object.assign(disk, { refuses: true, bytes: MB });
    store.commit(told('one'));
    await expect(store.durable()).rejects.toThrow('refused');
    Object.assign(disk, { refuses: false, bytes: 1000 * MB });
    await clock.advance(6_000);
    expect(disk.kept).toEqual(['one']);
  });

  it('is tried by nobody any more once it has ended', async () => {
    disk.refuses = true;
    store.commit(told('one'));
    await expect(store.durable()).rejects.toThrow('refused');
    end();
    disk.refuses = false;
    await clock.advance(60_000);
    expect(disk.kept).toEqual([]);
  });
});
