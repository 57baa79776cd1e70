import { AppError } from '../base/index.js';
import type { Db } from './db.js';
import { MIGRATIONS } from './migrations/index.js';

export const SCHEMA_VERSION = MIGRATIONS.at(-1)!.version;

/** The version of the tables in a database; 0 when there are none. */
export function versionOf(db: Db): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
}

/** Brings a database to the newest version, each step in one transaction. Refuses a database of a newer Tutti. */
export function migrate(db: Db): { readonly from: number; readonly to: number } {
  const from = versionOf(db);
  if (from > SCHEMA_VERSION)
    throw new AppError(
      'ERR_CONFLICT',
      `the database is of version ${from}, this Tutti knows ${SCHEMA_VERSION}: install the newer Tutti again, or go back to a backup from before it (tutti restore)`,
    );
  for (const { version, sql } of MIGRATIONS) {
    if (version <= from) continue;
    db.transaction(() => {
      db.exec(sql);
      db.exec(`PRAGMA user_version = ${version}`);
    });
  }
  return { from, to: SCHEMA_VERSION };
}
