import { createHash } from 'node:crypto';
import type { Db } from '../storage/index.js';
import type { Still } from './still.js';

/** Sums of a database, hex: of all its bytes, and of those that somebody would miss. */
export interface Sums {
  readonly sha256: string;
  readonly kept_sha256: string;
}

/** Tables that are no reason to make a backup, though each one has them: what Tutti notes of its own work. Of the last one there is more below. */
const OF_OUR_OWN = ['jobs', 'schedule_runs', 'file_sums', 'kept_lists'];
/** When schedules ran last is of our own, whether they run and when is not; the other lists are people's. */
const LISTS = [
  "SELECT list, id, value, own FROM kept_lists WHERE list <> 'schedules' ORDER BY serial",
  "SELECT id, json_extract(value, '$.enabled') AS enabled, json_extract(value, '$.cron') AS cron FROM kept_lists WHERE list = 'schedules' ORDER BY id",
] as const;
/** Of the first page: what counts changes, and which pages are free. */
const COUNTERS = [
  [24, 40],
  [92, 100],
] as const;

/** Reads a database to its end. Two with the same `kept_sha256` differ in nothing but what Tutti noted of its own work. */
export async function sumsOf(still: Still, worked: (bytes: number) => void = () => undefined): Promise<Sums> {
  const { db, page_bytes } = still;
  const kept = keptPages(still);
  const [all, those] = [createHash('sha256'), createHash('sha256')];
  let number = 0;
  for await (const chunk of still.read()) {
    all.update(chunk);
    for (let at = 0; at < chunk.length; at += page_bytes) {
      number += 1;
      if (kept[number] !== 1) continue;
      const page = Buffer.from(chunk.subarray(at, at + page_bytes));
      if (number === 1) for (const [from, to] of COUNTERS) page.fill(0, from, to);
      those.update(`${number}\n`).update(page);
    }
    worked(chunk.length);
  }
  for (const rows of hasLists(db) ? LISTS : [])
    for (const row of db.prepare(rows).all()) those.update(JSON.stringify(row));
  return { sha256: all.digest('hex'), kept_sha256: those.digest('hex') };
}

/** Databases of long ago have none; they are backed up before they get some. */
function hasLists(db: Db): boolean {
  return (
    db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'kept_lists'").get() !== undefined
  );
}

/** By their numbers, from 1: 1 for a page of a table, or of an index on one, that people would miss. */
function keptPages({ db, size_bytes, page_bytes }: Still): Uint8Array {
  const kept = new Uint8Array(size_bytes / page_bytes + 1);
  const ours = OF_OUR_OWN.map((name) => `'${name}'`).join();
  const rows = db
    .prepare(
      `SELECT pageno FROM dbstat WHERE name NOT IN (SELECT name FROM sqlite_master WHERE tbl_name IN (${ours}))`,
    )
    .all();
  for (const { pageno } of rows) kept[Number(pageno)] = 1;
  return kept;
}
