import { randomId, type Clock } from '../base/index.js';
import { Activity, MAX_ACTIVITY } from '../protocol/index.js';
import type { Store } from '../state/index.js';
import type { Db } from '../storage/index.js';

export interface ActivityParts {
  readonly db: Db;
  readonly store: Store;
  readonly clock: Clock;
}

/** Something that just happened. */
export type News = Omit<Activity, 'activity_id' | 'timestamp'>;

/** What people may like to know of, kept as far as anybody sees it. A write survives `kill -9`, not a power cut. */
export class ActivityFeed {
  readonly #parts: ActivityParts;

  constructor(parts: ActivityParts) {
    this.#parts = parts;
    const rows = parts.db
      .prepare('SELECT value FROM activity ORDER BY serial DESC LIMIT ?')
      .all(MAX_ACTIVITY);
    const entries = rows.flatMap((row) => {
      const entry = Activity.safeParse(JSON.parse(String(row['value'])));
      return entry.success ? [entry.data] : [];
    });
    parts.store.commit({ type: 'activity/added', entries });
  }

  /** The newest first. */
  get entries(): readonly Activity[] {
    return this.#parts.store.state.activity;
  }

  /** In the order they happened. */
  add(news: readonly News[]): void {
    if (news.length === 0) return;
    const { db, store, clock } = this.#parts;
    const timestamp = new Date(clock.wallMs()).toISOString();
    const entries = news.map((entry): Activity => ({ ...entry, activity_id: randomId(), timestamp }));
    const insert = db.prepare('INSERT INTO activity (value) VALUES (?)');
    const prune = db.prepare('DELETE FROM activity WHERE serial <= (SELECT max(serial) FROM activity) - ?');
    db.transaction(() => {
      for (const entry of entries) insert.run(JSON.stringify(entry));
      prune.run(MAX_ACTIVITY);
    }, 'normal');
    store.commit({ type: 'activity/added', entries: entries.reverse() });
  }
}
