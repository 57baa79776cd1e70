import { accessSync, closeSync, constants, existsSync, openSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { DatabaseSync, type DatabaseSyncInstance, type StatementSyncInstance } from '@photostructure/sqlite';
import { AppError, codeOf, isDiskRefusal, isForbidden } from '../base/index.js';

export type SqlValue = string | number | bigint | null | Uint8Array;
export type Row = Record<string, SqlValue>;

export interface Statement {
  run(...values: SqlValue[]): { readonly changes: number; readonly lastId: number };
  get(...values: SqlValue[]): Row | undefined;
  all(...values: SqlValue[]): Row[];
}

/** What a transaction that returned survives: `normal` a `kill -9`; `full` a power cut too, for the price of waiting for the disk. */
export type Durability = 'full' | 'normal';

/**
 * SQLite, as thin as it can be: Node's own `node:sqlite` has the same shape and replaces the package when Node 20 is gone. What the disk refuses
 * (full, read-only, faulty) is an AppError with ERR_DISK; what is damaged and what is wrong are SQLite's own errors.
 */
export interface Db {
  exec(sql: string): void;
  /** Statements are cached by their text. */
  prepare(sql: string): Statement;
  /** All or nothing; nested calls join the outer one. `normal` relaxes this one transaction; everything else is `full`. */
  transaction<T>(work: () => T, durability?: Durability): T;
  close(): void;
}

/**
 * Opens or makes a database file in WAL mode. A new file is ours alone (0600): it holds keys. `:memory:` for tests.
 */
export function openDb(file: string): Db {
  const raw = refusing(() => opened(file));
  const statements = new Map<string, Statement>();
  let depth = 0;
  const whole = <T>(work: () => T): T => {
    refusing(() => raw.exec('BEGIN IMMEDIATE'));
    depth++;
    try {
      const result = work();
      refusing(() => raw.exec('COMMIT'));
      return result;
    } catch (error) {
      undo(raw);
      throw error;
    } finally {
      depth--;
    }
  };
  return {
    exec: (sql) => refusing(() => raw.exec(sql)),
    prepare(sql) {
      let statement = statements.get(sql);
      if (!statement) statements.set(sql, (statement = wrap(raw.prepare(sql))));
      return statement;
    },
    transaction(work, durability = 'full') {
      if (depth > 0) return work();
      if (durability === 'normal') raw.exec(OF_BULK);
      try {
        return whole(work);
      } finally {
        if (durability === 'normal') raw.exec(OF_COMMANDS);
      }
    },
    close() {
      statements.clear();
      // SQLite folds the log in when it closes, but statements that wait for the garbage collector keep the file open beyond `close()`.
      try {
        raw.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      } catch (error) {
        // A disk that refuses: the log stays beside the database and is folded in at the next start.
        if (diskFault(error) === undefined) throw error;
      }
      raw.close();
    },
  };
}

/**
 * A log that does not grow is written over in place: on ext4 a small write then costs 30 kB of the card, not 44, as no blocks are given out
 * and the journal has less to say. What comes in bulk folds the log in less often.
 */
const OF_COMMANDS = 'PRAGMA synchronous=full; PRAGMA wal_autocheckpoint=64;';
const OF_BULK = 'PRAGMA synchronous=normal; PRAGMA wal_autocheckpoint=1000;';

/**
 * Opens a database that nobody has open only to look into it, also on a disk that is full or takes nothing: then as it was when its log was
 * last folded in. For programs of their own, never beside another connection of the same process.
 */
export function openDbToRead(file: string): Pick<Db, 'prepare' | 'close'> {
  const raw = openedToRead(pathToFileURL(file));
  return { prepare: (sql) => wrap(raw.prepare(sql)), close: () => raw.close() };
}

function openedToRead(place: URL): DatabaseSyncInstance {
  for (const how of ['', '?immutable=1']) {
    const raw = new DatabaseSync(`${place.href}${how}`, { readOnly: true });
    try {
      raw.prepare('SELECT count(*) FROM sqlite_master').get();
      return raw;
    } catch (error) {
      raw.close();
      if (how !== '') throw error;
    }
  }
  throw new AppError('ERR_DISK', 'the database cannot be read');
}

function opened(file: string): DatabaseSyncInstance {
  if (file !== ':memory:') made(file);
  const raw = new DatabaseSync(file);
  try {
    raw.exec(
      `PRAGMA journal_mode=WAL; ${OF_COMMANDS} PRAGMA foreign_keys=ON; PRAGMA busy_timeout=2000; PRAGMA cache_size=-2000;`,
    );
    return raw;
  } catch (error) {
    raw.close();
    throw error;
  }
}

/**
 * Makes the file where there is none. One that is there is not opened: closing it would take from all connections of this process the lock
 * (POSIX) that tells other programs of them, and the next program to close this database would take itself for the last one and delete the log.
 */
function made(file: string): void {
  try {
    if (existsSync(file)) accessSync(file, constants.R_OK | constants.W_OK);
    else closeSync(openSync(file, 'ax', 0o600));
  } catch (cause) {
    const code = codeOf(cause);
    // Another process has just made it.
    if (code === 'EEXIST') return;
    if (!isDiskRefusal(cause) && !isForbidden(cause)) throw cause;
    throw new AppError('ERR_DISK', `the database cannot be written (${code})`, { cause });
  }
}

/** SQLite takes a transaction back by itself when the disk is full. */
function undo(raw: DatabaseSyncInstance): void {
  try {
    raw.exec('ROLLBACK');
  } catch (error) {
    if (!/no transaction is active/.test(String(error))) throw error;
  }
}

const READONLY = 8;
const IOERR = 10;
const FULL = 13;
const CANTOPEN = 14;

/** What SQLite says of a disk that refuses, in words; undefined for every other error. */
function diskFault(thrown: unknown): string | undefined {
  const result = resultOf(thrown);
  if (result === FULL) return 'the disk is full';
  if (result === READONLY) return 'the disk can only be read';
  return result === IOERR || result === CANTOPEN ? 'the disk cannot be read or written' : undefined;
}

/** Where only SQLite's words come through: they are the same in every version. */
const WORDS: Readonly<Record<string, number>> = {
  'attempt to write a readonly database': READONLY,
  'disk I/O error': IOERR,
  'database disk image is malformed': 11,
  'database or disk is full': FULL,
  'unable to open database file': CANTOPEN,
  'file is not a database': 26,
};

/** SQLite's primary result code of an error, if it is one of SQLite's. */
export function resultOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error)) return undefined;
  if ('errcode' in thrown && typeof thrown.errcode === 'number') return thrown.errcode & 0xff;
  return WORDS[thrown.message];
}

function refusing<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const fault = diskFault(cause);
    throw fault === undefined ? cause : new AppError('ERR_DISK', `it could not be kept: ${fault}`, { cause });
  }
}

function wrap(statement: StatementSyncInstance): Statement {
  return {
    run(...values) {
      const { changes, lastInsertRowid } = refusing(() => statement.run(...values));
      return { changes: Number(changes), lastId: Number(lastInsertRowid) };
    },
    get: (...values) => refusing(() => statement.get(...values) as Row | undefined),
    all: (...values) => refusing(() => statement.all(...values) as Row[]),
  };
}
