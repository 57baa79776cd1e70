import { toError, type Clock, type Logger, type WallTurn } from '../base/index.js';
import type { Handlers, PeopleCommand } from '../protocol/index.js';
import { secret, type Db } from '../storage/index.js';
import { AccessTokens } from './access-tokens.js';
import { Credentials } from './credentials.js';
import type { Door } from './door.js';
import type { Entrance } from './entrance.js';
import { peopleHandlers } from './handlers.js';
import { HouseEntrance } from './house-entrance.js';
import { signInPath } from './links.js';
import { Passes } from './passes.js';
import { scryptPasswords, type Passwords } from './passwords.js';
import { Presence } from './presence.js';
import { redate } from './redate.js';
import { Sessions } from './sessions.js';
import { Users } from './users.js';

export interface PeopleParts {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly mode: Door['mode'];
  knowsRoom(this: void, roomId: string): boolean;
  /** Something that lists of people show is different. */
  changed(this: void): void;
  readonly passwords?: Passwords;
}

export interface People {
  readonly entrance: Entrance;
  readonly handlers: Handlers<PeopleCommand>;
  /** While sign-in is required and there is no admin: a path that makes one, good once and for an hour. */
  firstLink(): string | undefined;
  /** The clock was set: what was made before the year was known is moved along, and who is to go goes. */
  clockSet(turn: WallTurn): void;
  /** Another process may have written: what it changed reaches live connections now. */
  reread(): void;
  close(): void;
}

/** Everybody of this house, in the process that has the database. */
export function openPeople(parts: PeopleParts): People {
  const { db, clock, changed, mode, knowsRoom, passwords = scryptPasswords() } = parts;
  const log = parts.log.child({ part: 'people' });
  const users = new Users(db);
  const sessions = new Sessions(db);
  const passes = new Passes(db);
  const credentials = new Credentials(db);
  const presence = new Presence(credentials, clock, log);
  const accessTokens = new AccessTokens(secret(db, 'access'), clock);
  presence.onChange((change) => {
    if (change.kind === 'ended' && change.access_id === undefined) sessions.forget(change.session_id);
  });
  const reread = (): void => {
    presence.settle();
    changed();
  };
  return {
    entrance: new HouseEntrance({
      mode,
      db,
      clock,
      log,
      users,
      sessions,
      passes,
      credentials,
      presence,
      passwords,
      accessTokens,
      changed,
    }),
    handlers: peopleHandlers({ db, clock, users, sessions, passes, presence, passwords, knowsRoom, changed }),
    firstLink: () =>
      mode === 'open' || users.firstAdmin()
        ? undefined
        : signInPath(passes.createLink(undefined, clock.wallMs()).link),
    clockSet: ({ by_ms, trusted }) => {
      try {
        if (trusted && redate(db, by_ms, clock.wallMs()))
          log.info({ by_ms }, 'what was made while the year was wrong lasts as long as it should');
      } catch (error) {
        log.warn({ error: toError(error).message }, 'what was made while the year was wrong keeps its end');
      }
      reread();
    },
    reread,
    close: () => presence.close(),
  };
}
