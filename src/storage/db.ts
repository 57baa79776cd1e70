import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSyncInstance } from '@photostructure/sqlite';

export type SqlValue = string | number | bigint | null | Uint8Array;
export type Row = Record<string, SqlValue>;

export interface Statement {
  run(...values: SqlValue[]): { readonly changes: number; readonly lastId: number };
  get(...values: SqlValue[]): Row | undefined;
  all(...values: SqlValue[]): Row[];
}

/** What a transaction that returned survives: `normal` a `kill -9`; `full` a power cut too, for the price of waiting for the disk. */
export type Durability = 'full' | 'normal';

/** SQLite, as thin as it can be: Node's own `node:sqlite` has the same shape and replaces the package when Node 20 is gone. */
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
  if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600));
  const raw = new DatabaseSync(file);
  raw.exec(
    'PRAGMA journal_mode=WAL; PRAGMA synchronous=full; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=2000; PRAGMA cache_size=-2000;',
  );
  const statements = new Map<string, Statement>();
  let depth = 0;
  return {
    exec: (sql) => raw.exec(sql),
    prepare(sql) {
      let statement = statements.get(sql);
      if (!statement) statements.set(sql, (statement = wrap(raw.prepare(sql))));
      return statement;
    },
    transaction(work, durability = 'full') {
      if (depth > 0) return work();
      if (durability === 'normal') raw.exec('PRAGMA synchronous=normal');
      raw.exec('BEGIN IMMEDIATE');
      depth++;
      try {
        const result = work();
        raw.exec('COMMIT');
        return result;
      } catch (error) {
        raw.exec('ROLLBACK');
        throw error;
      } finally {
        depth--;
        if (durability === 'normal') raw.exec('PRAGMA synchronous=full');
      }
    },
    close() {
      statements.clear();
      // SQLite folds the log in when it closes, but statements that wait for the garbage collector keep the file open beyond `close()`.
      raw.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      raw.close();
    },
  };
}

function wrap(statement: StatementSyncInstance): Statement {
  return {
    run(...values) {
      const { changes, lastInsertRowid } = statement.run(...values);
      return { changes: Number(changes), lastId: Number(lastInsertRowid) };
    },
    get: (...values) => statement.get(...values) as Row | undefined,
    all: (...values) => statement.all(...values) as Row[],
  };
}
