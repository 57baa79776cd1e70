import type { Door, Identity } from './door.js';

/** Ways to come in that make a session. Each secret is used up or counted by it. */
export type SignInRequest =
  | { readonly how: 'password'; readonly name: string; readonly password: string }
  /**
   * A one-time link. One for an account signs that account in; one of the first start makes the first admin, and needs a name.
   * With a password the account has that one from then on.
   */
  | {
      readonly how: 'link';
      readonly link: string;
      readonly name?: string | undefined;
      readonly password?: string | undefined;
    }
  /** A guest by invitation. `session`: the cookie that came along; who is in by the same invitation already does not count again. */
  | {
      readonly how: 'invitation';
      readonly invitation: string;
      readonly name: string;
      readonly session?: string | undefined;
    };

/** Where somebody comes from, as the list of sessions shows it. Texts are cut to 200 characters. */
export interface Origin {
  readonly address: string;
  /** The User-Agent header, or what a program calls itself. */
  readonly agent: string;
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
  signIn(request: SignInRequest, origin: Origin): Promise<SignedIn>;
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
