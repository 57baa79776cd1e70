import type { Logger } from '../../src/base/index.js';
import { openPeople, type DoorChange, type People, type Passwords } from '../../src/people/index.js';
import type { Caller, CommandInput, CommandReply } from '../../src/protocol/index.js';
import { migrate, openDb, type Db } from '../../src/storage/index.js';
import { ManualClock } from './manual-clock.js';

/** Compares at no cost, and counts how often it was asked: real passwords take 0.1 s each. */
export class PlainPasswords implements Passwords {
  asked = 0;

  async hash(password: string): Promise<string> {
    return `plain:${password}`;
  }

  async matches(password: string, kept: string | undefined): Promise<boolean> {
    this.asked += 1;
    return kept === `plain:${password}`;
  }
}

export const ORIGIN = { address: '192.168.1.20', agent: 'test phone' };

/** Everybody of a house with an empty database and a clock turned by hand. */
export class PeopleHouse {
  readonly clock = new ManualClock();
  readonly passwords = new PlainPasswords();
  readonly changes: DoorChange[] = [];
  /** Every line of the log, as JSON. */
  readonly logged: string[] = [];
  /** Whoever may do everything, on no connection of a person. */
  readonly caller: Caller = { connection_id: 'test', role: 'admin' };
  readonly db: Db;
  readonly people: People;
  /** How often lists of people were said to be different. */
  listsChanged = 0;

  constructor({ mode = 'required', db = openDb(':memory:') }: HouseOptions = {}) {
    this.db = db;
    migrate(db);
    this.people = openPeople({
      db,
      clock: this.clock,
      log: this.#log(),
      mode,
      passwords: this.passwords,
      knowsRoom: (roomId) => ['kitchen', 'bath'].includes(roomId),
      changed: () => (this.listsChanged += 1),
    });
    this.people.entrance.onChange((change) => this.changes.push(change));
  }

  /** The secret of the link of a first start. */
  firstLink(): string {
    return secretIn(this.people.firstLink() ?? '');
  }

  /** The first admin, signed in by the link of the first start. */
  async admin(name = 'Ann', password?: string): Promise<SignedInHere> {
    const request = { how: 'link', link: this.firstLink(), name, password } as const;
    return this.people.entrance.signIn(request, ORIGIN);
  }

  signIn(name: string, password: string, address = ORIGIN.address): Promise<SignedInHere> {
    return this.people.entrance.signIn({ how: 'password', name, password }, { ...ORIGIN, address });
  }

  /** Invites to a room. */
  async invite(asked: Partial<CommandInput<'invitation:create'>> = {}): Promise<Invited> {
    const defaults = { room_id: 'kitchen', name: 'Guests', expires_in_seconds: 86_400, max_uses: 20 };
    return this.people.handlers['invitation:create']({ ...defaults, ...defined(asked) }, this.caller);
  }

  /** Comes in as a guest by the path of an invitation. */
  enter(path: string, name: string, session?: string): Promise<SignedInHere> {
    const request = { how: 'invitation', invitation: secretIn(path), name } as const;
    return this.people.entrance.signIn(request, { ...ORIGIN, session });
  }

  /** Everything in the tables about people, as JSON. */
  everythingKept(): string {
    const tables = ['users', 'sessions', 'api_tokens', 'invitations', 'sign_in_links', 'revoked_access'];
    return JSON.stringify(tables.map((table) => this.db.prepare(`SELECT * FROM ${table}`).all()));
  }

  #log(): Logger {
    const note =
      (level: string) =>
      (fields: object, message: string): void =>
        void this.logged.push(JSON.stringify({ level, ...fields, message }));
    const log: Logger = {
      trace: note('trace'),
      debug: note('debug'),
      info: note('info'),
      warn: note('warn'),
      error: note('error'),
      child: () => log,
    };
    return log;
  }
}

type Invited = CommandReply<'invitation:create'>;

const defined = <T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };

interface HouseOptions {
  readonly mode?: 'open' | 'required';
  readonly db?: Db;
}

type SignedInHere = Awaited<ReturnType<People['entrance']['signIn']>>;

/** What stands at the end of the path of a link. */
export const secretIn = (path: string): string => path.split('/').at(-1) ?? '';
