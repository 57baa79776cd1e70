import { AppError, toError, type Clock, type Logger } from '../base/index.js';
import type { SignIn } from '../protocol/index.js';
import type { Db } from '../storage/index.js';
import { ACCESS_SECONDS, type AccessTokens } from './access-tokens.js';
import type { Credential, Credentials } from './credentials.js';
import type { Carrier, Door, DoorChange, Identity } from './door.js';
import type { AccessToken, Entrance, Origin, SignedIn, Ticket } from './entrance.js';
import { TOKEN_PREFIX, type Passes } from './passes.js';
import type { Passwords } from './passwords.js';
import type { Presence } from './presence.js';
import { hashOf } from './secrets.js';
import type { NewSession, Sessions } from './sessions.js';
import { Throttle } from './throttle.js';
import { TICKET_SECONDS, Tickets } from './tickets.js';
import type { Users } from './users.js';
import { written } from './written.js';

/** What one sees of a secret that is no good, whatever was wrong with it. */
export const refused = (): AppError => new AppError('ERR_AUTH_REQUIRED', 'Sign in first');

const MAX_SECRET = 4096;
/** Secrets whose owner is remembered: more than are ever connected. */
const MAX_OWNERS = 2000;
/** A phone that slept over the end of its access token may take a new one for so long; it lets nobody in any more. */
const REFRESH_GRACE_MS = 60_000;

export interface EntranceParts {
  readonly mode: Door['mode'];
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly users: Users;
  readonly sessions: Sessions;
  readonly passes: Passes;
  readonly credentials: Credentials;
  readonly presence: Presence;
  readonly passwords: Passwords;
  readonly accessTokens: AccessTokens;
  /** Something that lists of people show is different. */
  changed(this: void): void;
}

type By<H extends SignIn['how']> = Extract<SignIn, { how: H }>;
interface Found extends Credential {
  /** Of a secret that stands for itself: its kind and hash. */
  readonly key?: string;
}

/** `seen_ms`: when its use was written down last. */
interface Owner {
  readonly session_id: string;
  readonly seen_ms: number;
}

type Made = Omit<NewSession, 'session'> & { readonly session: string };

/** Who comes in, in the process that has the database. */
export class HouseEntrance implements Entrance {
  readonly mode: Door['mode'];
  readonly #parts: EntranceParts;
  readonly #tickets: Tickets;
  /** Passwords can be guessed; everything else is too long for that and only must not cost much. */
  readonly #guesses: Throttle;
  readonly #strangers: Throttle;
  /**
   * Whose a secret is, by its kind and hash: that never changes, and whether it is still good is asked of `presence`. A whole house that comes
   * back at once waits for no database.
   */
  readonly #owners = new Map<string, Owner>();

  constructor(parts: EntranceParts) {
    this.#parts = parts;
    this.mode = parts.mode;
    this.#tickets = new Tickets(parts.clock);
    this.#guesses = new Throttle(parts.clock);
    this.#strangers = new Throttle(parts.clock);
  }

  onChange(listener: (change: DoorChange) => void): () => void {
    return this.#parts.presence.onChange(listener);
  }

  async identify(secret: string, carrier: Carrier, address: string): Promise<Identity> {
    const found = secret.length > MAX_SECRET ? undefined : await this.#identityOf(secret, carrier);
    if (!found) throw this.#refusal(address);
    this.#note(found.identity.session_id, found.seen_ms, found.key);
    return found.identity;
  }

  async signIn(request: SignIn, origin: Origin): Promise<SignedIn> {
    const { credentials, presence, clock, log } = this.#parts;
    const { session, session_id, expires_ms } = await this.#made(request, origin);
    const identity = credentials.called(session_id, clock.wallMs())?.identity;
    if (!identity) throw refused();
    presence.settle();
    this.#parts.changed();
    const { subject_id, role } = identity;
    log.info({ subject_id, role, session_id, how: request.how, address: origin.address }, 'signed in');
    const max_age_seconds = Math.floor((expires_ms - clock.wallMs()) / 1000);
    return { identity, session, max_age_seconds };
  }

  signOut(identity: Identity): Promise<void> {
    return this.#settled(() => this.#parts.sessions.end(this.#sessionOf(identity)));
  }

  async accessToken(identity: Identity): Promise<AccessToken> {
    const { credentials, accessTokens, clock } = this.#parts;
    const now = credentials.called(this.#sessionOf(identity), clock.wallMs())?.identity;
    if (!now || this.#isOver(identity, REFRESH_GRACE_MS)) throw refused();
    const { token, ...claims } = await accessTokens.sign(now.subject_id, now.session_id);
    return {
      access_token: token,
      expires_in_seconds: ACCESS_SECONDS,
      identity: bound(now, claims.access_id, claims.expires_at_ms),
    };
  }

  async revokeAccess({ session_id, access_id, expires_at_ms }: Identity): Promise<void> {
    const { db, passes, presence, clock } = this.#parts;
    if (access_id === undefined)
      throw new AppError('ERR_NOT_SUPPORTED', 'this connection came without an access token');
    const ends = expires_at_ms ?? clock.wallMs() + ACCESS_SECONDS * 1000;
    written(db, () => passes.revokeAccess(access_id, ends + REFRESH_GRACE_MS));
    presence.tell({ kind: 'ended', session_id, access_id });
  }

  async ticket(identity: Identity): Promise<Ticket> {
    const { session_id, access_id, expires_at_ms } = identity;
    const ticket = this.#tickets.issue({
      session_id,
      ...(access_id !== undefined && { access_id, expires_at_ms }),
    });
    return { ticket, expires_in_seconds: TICKET_SECONDS };
  }

  async seen(sessionIds: readonly string[]): Promise<void> {
    const { credentials, clock } = this.#parts;
    const nowMs = clock.wallMs();
    for (const id of sessionIds) {
      const found = credentials.called(id, nowMs);
      if (found) this.#note(id, found.seen_ms);
    }
  }

  /** A full disk does not keep anybody out: only when they were here is not written down then. */
  #note(id: string, notedMs: number, key?: string): void {
    const { sessions, clock, log } = this.#parts;
    try {
      const seen_ms = sessions.used(id, notedMs, clock.wallMs());
      if (key === undefined) return;
      if (this.#owners.size >= MAX_OWNERS) this.#owners.clear();
      this.#owners.set(key, { session_id: id, seen_ms });
    } catch (error) {
      log.warn({ session_id: id, reason: toError(error).message }, 'a visit could not be noted');
    }
  }

  async #identityOf(secret: string, carrier: Carrier): Promise<Found | undefined> {
    const { credentials, presence, clock } = this.#parts;
    const nowMs = clock.wallMs();
    if (carrier === 'cookie' || secret.startsWith(TOKEN_PREFIX)) {
      const hash = hashOf(secret);
      const key = `${carrier === 'cookie' ? 'session' : 'token'} ${hash}`;
      const owner = this.#owners.get(key);
      const identity = owner && presence.who(owner.session_id);
      if (identity) return { identity, seen_ms: owner.seen_ms, key };
      const found =
        carrier === 'cookie' ? credentials.sessionWith(hash, nowMs) : credentials.tokenWith(hash, nowMs);
      return found && { ...found, key };
    }
    const claims = carrier === 'query' ? this.#tickets.redeem(secret) : await this.#claimsOf(secret);
    const found = claims && credentials.called(claims.session_id, nowMs);
    if (!claims || !found) return undefined;
    const { access_id, expires_at_ms } = claims;
    if (access_id === undefined) return found;
    const identity = bound(found.identity, access_id, expires_at_ms);
    return this.#isOver(identity, 0) ? undefined : { ...found, identity };
  }

  async #claimsOf(token: string): Promise<Awaited<ReturnType<AccessTokens['verify']>> | undefined> {
    try {
      return await this.#parts.accessTokens.verify(token);
    } catch (error) {
      if (error instanceof AppError && error.code === 'ERR_AUTH_REQUIRED') return undefined;
      throw error;
    }
  }

  #isOver({ access_id, expires_at_ms }: Identity, graceMs: number): boolean {
    const { passes, clock } = this.#parts;
    if (access_id === undefined) return false;
    return (expires_at_ms ?? 0) + graceMs <= clock.wallMs() || passes.isRevoked(access_id);
  }

  #made(request: SignIn, origin: Origin): Promise<Made> {
    switch (request.how) {
      case 'password':
        return this.#byPassword(request, origin);
      case 'link':
        return this.#byLink(request, origin);
      case 'invitation':
        return this.#byInvitation(request, origin);
      default:
        return request satisfies never;
    }
  }

  async #byPassword({ name, password }: By<'password'>, origin: Origin): Promise<Made> {
    const { db, clock, log, users, sessions, passwords } = this.#parts;
    const notAFailure = this.#guesses.begin(origin.address, sessions.knowsAddress(origin.address));
    const user = users.called(name);
    const right = await passwords.matches(password, user?.password).catch((error: unknown) => {
      notAFailure();
      throw error;
    });
    if (!user || !right || users.called(name)?.password !== user.password) {
      log.warn({ address: origin.address }, 'a sign-in was refused');
      throw refused();
    }
    notAFailure();
    return written(db, () => sessions.create(user, origin, clock.wallMs()));
  }

  async #byLink({ link, name, password }: By<'link'>, origin: Origin): Promise<Made> {
    const { db, clock, users, sessions, passes, passwords } = this.#parts;
    const asked = this.#accountOf(link);
    if (!asked) throw this.#refusal(origin.address);
    if (asked.user_id === undefined && name === undefined)
      throw new AppError('ERR_INVALID', 'The first admin needs a name', { params: { path: 'name' } });
    const kept = password === undefined ? undefined : await passwords.hash(password);
    return written(db, () => {
      const account = this.#accountOf(link);
      if (!account) throw refused();
      const nowMs = clock.wallMs();
      const user_id = account.user_id ?? users.add(name ?? '', 'admin', kept, nowMs);
      passes.forgetLinks(account.user_id);
      if (account.user_id !== undefined && kept !== undefined) {
        users.update(user_id, { password: kept });
        sessions.endAllOf(user_id);
      }
      return sessions.create({ user_id }, origin, nowMs);
    });
  }

  /** What a link is good for. One that makes the first admin is good for nothing once there is one. */
  #accountOf(link: string): { readonly user_id: string | undefined } | undefined {
    const { clock, users, passes } = this.#parts;
    const found = passes.linkWith(hashOf(link), clock.wallMs());
    return found?.user_id === undefined && users.firstAdmin() ? undefined : found;
  }

  async #byInvitation({ invitation, name }: By<'invitation'>, origin: Origin): Promise<Made> {
    const { db, clock, sessions, passes } = this.#parts;
    const nowMs = clock.wallMs();
    const made = written(db, () => {
      const row = passes.invitationWith(hashOf(invitation), nowMs);
      if (!row) return undefined;
      const { session } = origin;
      const again = session !== undefined && sessions.renameGuest(hashOf(session), row.invitation_id, name);
      if (again) return { ...again, session };
      return passes.countUse(row.invitation_id)
        ? sessions.create({ ...row, name }, origin, nowMs)
        : undefined;
    });
    if (!made) throw this.#refusal(origin.address);
    return made;
  }

  /** What somebody is told whose secret is no good: the same for everybody, and after a few times to wait. */
  #refusal(address: string): AppError {
    this.#strangers.begin(address, this.#parts.sessions.knowsAddress(address));
    return refused();
  }

  #sessionOf({ role, session_id }: Identity): string {
    if (role === 'device') throw new AppError('ERR_NOT_ALLOWED', 'an API token is no session');
    return session_id;
  }

  async #settled(work: () => void): Promise<void> {
    written(this.#parts.db, work);
    this.#parts.presence.settle();
    this.#parts.changed();
  }
}

/** An identity that came with an access token ends with the earlier of both. */
function bound(identity: Identity, access_id: string, tokenEnds: number | undefined): Identity {
  const expires_at_ms = Math.min(identity.expires_at_ms ?? Infinity, tokenEnds ?? 0);
  return { ...identity, access_id, expires_at_ms };
}
