import { silentLogger, type Logger } from '../../src/base/index.js';
import { openPeople, type DoorChange, type People, type Passwords } from '../../src/people/index.js';
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
  readonly db: Db;
  readonly people: People;
  /** How often lists of people were said to be different. */
  listsChanged = 0;

  constructor({ mode = 'required', log = silentLogger, db = openDb(':memory:') }: HouseOptions = {}) {
    this.db = db;
    migrate(db);
    this.people = openPeople({
      db,
      clock: this.clock,
      log,
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
}

interface HouseOptions {
  readonly mode?: 'open' | 'required';
  readonly log?: Logger;
  readonly db?: Db;
}

type SignedInHere = Awaited<ReturnType<People['entrance']['signIn']>>;

/** What stands at the end of the path of a link. */
export const secretIn = (path: string): string => path.split('/').at(-1) ?? '';
