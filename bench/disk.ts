import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openDb } from '../src/storage/index.js';
import { percentile } from './figures.js';
import { pause } from './program.js';

const COMMITS = 40;
const GAP_MS = 10;

/** The median of what one durable SQLite commit of so many bytes takes in this folder: the floor of every command that must survive. */
export async function commitMs(folder: string, bytes: number): Promise<number> {
  const dir = await mkdtemp(join(folder, 'disk-'));
  const db = openDb(join(dir, 'floor.db'));
  db.exec('CREATE TABLE floor (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID');
  const taken: number[] = [];
  for (let n = 0; n < COMMITS; n++) {
    const value = String(n).padEnd(bytes, 'x');
    const begun = performance.now();
    db.transaction(() => db.prepare('INSERT OR REPLACE INTO floor VALUES (?, ?)').run('one', value));
    taken.push(performance.now() - begun);
    await pause(GAP_MS);
  }
  db.close();
  await rm(dir, { recursive: true });
  return percentile(taken, 0.5);
}
