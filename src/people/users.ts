import { AppError, randomId } from '../base/index.js';
import type { Person } from '../protocol/index.js';
import type { Db, Row } from '../storage/index.js';
import { isoTime } from './sessions.js';

export type UserRole = Person['role'];
const MAX_USERS = 500;

export interface User {
  readonly user_id: string;
  readonly name: string;
  readonly role: UserRole;
  /** How it is kept; undefined: there is none. */
  readonly password: string | undefined;
}

/** What is undefined stays. */
export interface UserChange {
  readonly name?: string | undefined;
  readonly role?: UserRole | undefined;
  readonly password?: string | undefined;
}

/** Two spellings of one name are one name. */
const fold = (name: string): string => name.normalize('NFKC').trim().toLowerCase();

/** The rows of people with an account. */
export class Users {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  called(name: string): User | undefined {
    return userIn(this.#db.prepare('SELECT * FROM users WHERE name_fold = ?').get(fold(name)));
  }

  find(userId: string): User | undefined {
    return userIn(this.#db.prepare('SELECT * FROM users WHERE user_id = ?').get(userId));
  }

  get(userId: string): User {
    const user = this.find(userId);
    if (!user) throw new AppError('ERR_NOT_FOUND', 'nobody has this id');
    return user;
  }

  /** The admin who has been one for longest. */
  firstAdmin(): User | undefined {
    return userIn(
      this.#db.prepare("SELECT * FROM users WHERE role = 'admin' ORDER BY created_ms, user_id LIMIT 1").get(),
    );
  }

  add(name: string, role: UserRole, password: string | undefined, nowMs: number): string {
    this.#requireFree(name, '');
    const count = this.#db.prepare('SELECT count(*) AS n FROM users').get();
    if (Number(count?.['n']) >= MAX_USERS) throw new AppError('ERR_BUSY', 'there are too many accounts');
    const user_id = randomId();
    this.#db
      .prepare(
        'INSERT INTO users (user_id, name, name_fold, role, password, created_ms) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(user_id, name, fold(name), role, password ?? null, nowMs);
    return user_id;
  }

  update(userId: string, change: UserChange): void {
    const user = this.get(userId);
    const { name = user.name, role = user.role, password = user.password } = change;
    if (name !== user.name) this.#requireFree(name, userId);
    if (role !== 'admin') this.#requireOtherAdmin(user);
    this.#db
      .prepare('UPDATE users SET name = ?, name_fold = ?, role = ?, password = ? WHERE user_id = ?')
      .run(name, fold(name), role, password ?? null, userId);
  }

  remove(userId: string): void {
    this.#requireOtherAdmin(this.get(userId));
    this.#db.prepare('DELETE FROM users WHERE user_id = ?').run(userId);
  }

  /** By name; `seenMs` says when a user was last here. */
  list(seenMs: (userId: string) => number | undefined): Person[] {
    const rows = this.#db
      .prepare(
        `SELECT u.*, (SELECT count(*) FROM sessions s WHERE s.user_id = u.user_id) AS sessions
         FROM users u ORDER BY u.name_fold`,
      )
      .all();
    return rows.map((row) => {
      const user_id = String(row['user_id']);
      const seen = seenMs(user_id);
      return {
        user_id,
        name: String(row['name']),
        role: roleIn(row),
        has_password: row['password'] !== null,
        session_count: Number(row['sessions']),
        created_at: isoTime(row['created_ms']),
        ...(seen !== undefined && { last_seen_at: isoTime(seen) }),
      };
    });
  }

  #requireFree(name: string, exceptId: string): void {
    const other = this.called(name);
    if (other && other.user_id !== exceptId)
      throw new AppError('ERR_CONFLICT', 'somebody has this name already', { params: { path: 'name' } });
  }

  #requireOtherAdmin({ user_id, role }: User): void {
    if (role !== 'admin') return;
    const other = this.#db
      .prepare("SELECT 1 FROM users WHERE role = 'admin' AND user_id <> ? LIMIT 1")
      .get(user_id);
    if (!other) throw new AppError('ERR_CONFLICT', 'this is the last admin: make somebody else one first');
  }
}

const roleIn = (row: Row): UserRole => (row['role'] === 'admin' ? 'admin' : 'user');

function userIn(row: Row | undefined): User | undefined {
  return (
    row && {
      user_id: String(row['user_id']),
      name: String(row['name']),
      role: roleIn(row),
      password: row['password'] === null ? undefined : String(row['password']),
    }
  );
}
