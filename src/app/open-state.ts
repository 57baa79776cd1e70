import { join } from 'node:path';
import { randomId } from '../base/index.js';
import { version } from '../package-root.js';
import { loadState, Playhead, resumedAt, sqliteKeeper, Store } from '../state/index.js';
import { claimFolder, migrate, openDb, type Claim, type Db } from '../storage/index.js';
import type { Base } from './base.js';

export interface Kept {
  readonly db: Db;
  readonly store: Store;
  readonly claim: Claim;
}

/** What is on disk, and the store that keeps it there. This data folder is ours alone from here on. */
export async function openState({ config, closers, clock, log }: Base): Promise<Kept> {
  const claim = await claimFolder(config.data_dir);
  closers.add(() => claim.release());
  const db = openDb(join(config.data_dir, 'tutti.db'));
  closers.add(() => db.close());
  migrate(db);

  const playheadPath = join(config.data_dir, 'playhead');
  const state = resumedAt(loadState(db, version), playheadPath, clock.wallMs());
  const store = new Store({ state, epoch: randomId(), keeper: sqliteKeeper(db) });
  closers.add(() => store.flush());
  const playhead = new Playhead({ path: playheadPath, store, clock, log });
  closers.add(() => playhead.close());
  return { db, store, claim };
}
