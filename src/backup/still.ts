import { open, type FileHandle } from 'node:fs/promises';
import { openDb, resultOf, versionOf, type Db } from '../storage/index.js';

/**
 * A database that stands still: its file alone holds all that was committed, and nobody writes to it until it is let go. Others go on reading
 * and writing meanwhile; what they write waits in the log.
 */
export interface Still {
  readonly db: Db;
  /** The version of its tables. */
  readonly schema: number;
  /** What of the file is the database. */
  readonly size_bytes: number;
  readonly page_bytes: number;
  /** The database from its beginning to its end, in whole pages; as often as it is asked for. */
  read(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

const TRIES = 4;
const PAGES_AT_ONCE = 64;
/** SQLite's result code: somebody else writes for long. */
const BUSY = 5;

/**
 * Has a database stand still, without a copy of it. Undefined when others keep it from that: then a copy has to do. Only in a process that has
 * the database open nowhere else: closing the file there would take SQLite's locks away.
 */
export async function holdStill(file: string): Promise<Still | undefined> {
  // Closed last, for the same reason.
  const handle = await open(file, 'r');
  const db = openDb(file);
  const gate = openDb(file);
  const close = async (): Promise<void> => {
    for (const one of [gate, db]) {
      // Folding the log in as it closes is for who has time: whoever waits there for readers keeps everybody from writing.
      one.exec('PRAGMA busy_timeout=0');
      one.close();
    }
    await handle.close();
  };
  try {
    for (let left = TRIES; left > 0; left--) {
      if (!isHeld(db, gate)) continue;
      const number = (pragma: string): number => Number(Object.values(db.prepare(pragma).get() ?? {})[0]);
      const page_bytes = number('PRAGMA page_size');
      const size_bytes = page_bytes * number('PRAGMA page_count');
      return {
        db,
        schema: versionOf(db),
        size_bytes,
        page_bytes,
        read: () => pages(handle, size_bytes, page_bytes * PAGES_AT_ONCE),
        async close() {
          db.exec('ROLLBACK');
          await close();
        },
      };
    }
  } catch (error) {
    await close();
    throw error;
  }
  await close();
  return undefined;
}

/**
 * Folds the log into the file, and begins to read in the moment in which nothing is left in it: as long as somebody reads who began then, SQLite
 * folds nothing more in (https://sqlite.org/wal.html, checkpointing). While it is looked at nobody writes.
 */
function isHeld(db: Db, gate: Db): boolean {
  if (!isFolded(db)) return false;
  try {
    gate.exec('BEGIN IMMEDIATE');
  } catch (error) {
    if (resultOf(error) === BUSY) return false;
    throw error;
  }
  try {
    if (!isFolded(db)) return false;
    db.exec('BEGIN');
    db.prepare('SELECT count(*) FROM sqlite_master').get();
    return true;
  } finally {
    gate.exec('ROLLBACK');
  }
}

function isFolded(db: Db): boolean {
  const { log, checkpointed } = db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get() ?? {};
  return log !== undefined && log === checkpointed;
}

async function* pages(handle: FileHandle, size: number, atOnce: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size;) {
    const { buffer, bytesRead } = await handle.read(
      Buffer.allocUnsafe(atOnce),
      0,
      Math.min(atOnce, size - at),
      at,
    );
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
