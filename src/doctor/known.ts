import * as z from 'zod';
import type { Db } from '../storage/index.js';
import { secretsIn } from './redact.js';

const Kept = z.object({ members: z.array(z.object({ name: z.string() })) });

/** Secrets that the database knows as they are; most are kept as hashes, which nobody can read back. */
export function secretsOf(db: Db): string[] {
  const rows = [
    ...db.prepare("SELECT '' AS key, own AS value FROM kept_lists").all(),
    ...db.prepare('SELECT key, value FROM settings').all(),
    ...db.prepare("SELECT '' AS key, value FROM players").all(),
  ];
  return rows.flatMap((row) => secretsIn(parsedOf(String(row['value'])), String(row['key'])));
}

/** What people call themselves here. */
export function namesOf(db: Db): string[] {
  const named = [
    'SELECT name FROM users',
    'SELECT name FROM invitations',
    'SELECT guest_name AS name FROM sessions WHERE guest_name IS NOT NULL',
  ].flatMap((sql) => db.prepare(sql).all());
  const parties = db
    .prepare('SELECT value FROM parties')
    .all()
    .flatMap((row) => Kept.safeParse(parsedOf(String(row['value']))).data?.members ?? []);
  return [...named.map((row) => String(row['name'])), ...parties.map(({ name }) => name)];
}

/** What is no JSON is a plain text. */
function parsedOf(text: string): unknown {
  try {
    return z.json().parse(JSON.parse(text));
  } catch {
    return text;
  }
}
