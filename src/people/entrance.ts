import type { SignIn } from '../protocol/index.js';
import type { Door, Identity } from './door.js';

/** Where somebody comes from, as the list of sessions shows it. Texts are cut to 200 characters. */
export interface Origin {
  readonly address: string;
  /** The User-Agent header, or what a program calls itself. */
  readonly agent: string;
  /** The cookie that came along: a guest who is in by the same invitation already does not count again. */
  readonly session?: string | undefined;
}

export interface SignedIn {
  readonly identity: Identity;
  /** The session itself: it belongs into the cookie and nowhere else. */
  readonly session: string;
  /** What Max-Age of the cookie should say. */
  readonly max_age_seconds: number;
}

export interface AccessToken {
  readonly access_token: string;
  readonly expires_in_seconds: number;
  /** The identity as it is now, ending with the token: a live connection goes on with it. */
  readonly identity: Identity;
}

export interface Ticket {
  readonly ticket: string;
  readonly expires_in_seconds: number;
}

/**
 * The Door with what makes and ends sessions. Everything crosses the bus as JSON, so that a gateway can ask the house.
 * Refusals are one ERR_AUTH_REQUIRED whatever was wrong, and ERR_RATE_LIMITED with params.retry_after_ms.
 */
export interface Entrance extends Door {
  /**
   * Makes a session. ERR_INVALID with params.path `name` when a link needs a name, ERR_CONFLICT when the name is taken; neither uses the
   * link up.
   */
  signIn(request: SignIn, origin: Origin): Promise<SignedIn>;
  /** Ends the session, token excepted: an API token is revoked, not signed out. */
  signOut(identity: Identity): Promise<void>;
  /** A JWT for 15 minutes, for somebody with a session. In band it is what `auth:refresh` answers with. */
  accessToken(identity: Identity): Promise<AccessToken>;
  /** Makes one access token useless before its end, and tells so: the session goes on. */
  revokeAccess(identity: Identity): Promise<void>;
  /** For the query of one WebSocket address: good once, for 30 seconds. */
  ticket(identity: Identity): Promise<Ticket>;
  /** The sessions whose connections are open: they do not end for want of use. To be called about once an hour. */
  seen(sessionIds: readonly string[]): Promise<void>;
}
