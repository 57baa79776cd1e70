import { randomBytes } from 'node:crypto';
import type { Db } from './db.js';

/** A random key of this installation, 32 bytes, made when it is first asked for. */
export function secret(db: Db, name: string): Buffer {
  const key = `secret/${name}`;
  const stored = db.prepare('SELECT value FROM settings WHERE key = ?').get(key);
  if (stored) return Buffer.from(String(stored['value']), 'base64');
  const fresh = randomBytes(32);
  db.prepare('INSERT INTO settings (key, value) VALUES (?, ?)').run(key, fresh.toString('base64'));
  return fresh;
}
