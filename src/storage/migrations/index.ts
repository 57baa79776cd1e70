import { libraryTables } from './001-library.js';
import { stateTables } from './001-state.js';
import { partyTables } from './002-party.js';
import { peopleTables } from './003-people.js';
import { jobTables } from './004-jobs.js';
import { downloadTables } from './005-downloads.js';
import { heartTables } from './005-hearts.js';
import { importTables } from './005-import.js';
import { listTables } from './005-lists.js';
import { queueTables } from './005-queue.js';
import { targetTables } from './005-targets.js';
import { playTables } from './006-plays.js';

/** Numbered for ever: a released entry never changes, a new version is a new entry. */
export const MIGRATIONS: readonly { readonly version: number; readonly sql: string }[] = [
  { version: 1, sql: stateTables + libraryTables },
  { version: 2, sql: partyTables },
  { version: 3, sql: peopleTables },
  { version: 4, sql: jobTables },
  { version: 5, sql: queueTables + listTables + targetTables + importTables + heartTables + downloadTables },
  { version: 6, sql: playTables },
];
