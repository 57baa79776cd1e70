import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { toError } from '../base/index.js';
import { openDbToRead, type Db, type Row } from '../storage/index.js';
import { secretsIn } from './redact.js';

const Kept = z.object({ members: z.array(z.object({ name: z.string() })) });

type Reading = Pick<Db, 'prepare'>;

/** Secrets that the database knows as they are; most are kept as hashes, which nobody can read back. */
export function secretsOf(db: Reading): string[] {
  const rows = [
    ...rowsOf(db, "SELECT '' AS key, own AS value FROM kept_lists"),
    ...rowsOf(db, 'SELECT key, value FROM settings'),
    ...rowsOf(db, "SELECT '' AS key, value FROM players"),
  ];
  return rows.flatMap((row) => secretsIn(parsedOf(String(row['value'])), String(row['key'])));
}

/** What people call themselves here. */
export function namesOf(db: Reading): string[] {
  const named = [
    'SELECT name FROM users',
    'SELECT name FROM invitations',
    'SELECT guest_name AS name FROM sessions WHERE guest_name IS NOT NULL',
  ].flatMap((sql) => rowsOf(db, sql));
  const parties = rowsOf(db, 'SELECT value FROM parties').flatMap(
    (row) => Kept.safeParse(parsedOf(String(row['value']))).data?.members ?? [],
  );
  return [...named.map((row) => String(row['name'])), ...parties.map(({ name }) => name)];
}

/** A database of an earlier version does not have everything. */
function rowsOf(db: Reading, sql: string): Row[] {
  try {
    return db.prepare(sql).all();
  } catch (thrown) {
    if (/^no such (?:table|column)/.test(toError(thrown).message)) return [];
    throw thrown;
  }
}

/** What must not go out of a data folder whose server does not run. Throws when that cannot be read. */
export function hiddenIn(dataDir: string): {
  readonly known: readonly string[];
  readonly people: readonly string[];
} {
  const token = readIfThere(join(dataDir, 'satellite-token'));
  const known = token === undefined ? [] : [token.trim()];
  const file = join(dataDir, 'tutti.db');
  if (!existsSync(file)) return { known, people: [] };
  const db = openDbToRead(file);
  try {
    return { known: [...known, ...secretsOf(db)], people: namesOf(db) };
  } finally {
    db.close();
  }
}

const readIfThere = (path: string): string | undefined =>
  existsSync(path) ? readFileSync(path, 'utf8') : undefined;

/** What is no JSON is a plain text. */
function parsedOf(text: string): unknown {
  try {
    return z.json().parse(JSON.parse(text));
  } catch {
    return text;
  }
}
