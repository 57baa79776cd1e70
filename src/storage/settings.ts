import type { Db } from './db.js';

/** One line of the settings, by its key. */
export function setting(db: Db, key: string): { read(): string | undefined; write(text: string): void } {
  return {
    read() {
      const row = db.prepare('SELECT value FROM settings WHERE key = ?').get(key);
      return row && String(row['value']);
    },
    write: (text) =>
      void db.prepare('INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)').run(key, text),
  };
}
