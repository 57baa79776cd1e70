import type { Permission } from '../protocol/index.js';

/** Who a connection or a request is. Never trusted for longer than until the next change of the Door. */
export interface Identity extends Permission {
  /** The user, API token or guest: what counts connections and commands "per user". */
  readonly subject_id: string;
  readonly name: string;
  /** The session, API token or guest pass behind it: what a revocation names. */
  readonly session_id: string;
  /** The access token that it came with, if it did. */
  readonly access_id?: string | undefined;
  /**
   * Wall clock, milliseconds: when the credential ends. Absent: not before it is revoked. The Door tells the end of sessions, API tokens
   * and passes; the end of an access token (`access_id`) is for whoever holds the connection to keep.
   */
  readonly expires_at_ms?: number | undefined;
}

/**
 * Where a secret was found. A session is good in a cookie alone, a ticket in a query alone; an API token in a message, a query or as
 * bearer; an access token in a message or as bearer.
 */
export type Carrier = 'message' | 'query' | 'cookie' | 'bearer';

/**
 * `ended`: revoked, expired, removed; with an `access_id` only who came with that access token. `changed`: the same session, with another
 * role, name, scopes or end; a connection that came with an access token keeps its `access_id` and the earlier of both ends.
 */
export type DoorChange =
  | { readonly kind: 'ended'; readonly session_id: string; readonly access_id?: string }
  | { readonly kind: 'changed'; readonly identity: Identity };

/** What the server asks about people. In the process that has the database it answers itself, on a gateway over the bus. */
export interface Door {
  /** `open`: everybody is admin and nothing is asked. */
  readonly mode: 'open' | 'required';
  /**
   * Throws ERR_AUTH_REQUIRED for a secret that is unknown, expired, used or revoked (one message for all of them), and
   * ERR_RATE_LIMITED with params.retry_after_ms after too many failures from one address. A good secret is let in all the same.
   */
  identify(secret: string, carrier: Carrier, address: string): Promise<Identity>;
  /** Told at once when somebody's rights change; the server acts on live connections. */
  onChange(listener: (change: DoorChange) => void): () => void;
}
