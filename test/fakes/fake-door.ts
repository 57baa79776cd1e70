import { AppError } from '../../src/base/index.js';
import type {
  AccessToken,
  Carrier,
  DoorChange,
  Entrance,
  Identity,
  SignedIn,
  Ticket,
} from '../../src/people/index.js';
import type { SignIn } from '../../src/protocol/index.js';

export function someone(name: string, more: Partial<Identity> = {}): Identity {
  return { role: 'user', subject_id: `u-${name}`, session_id: `s-${name}`, name, ...more };
}

/** A Door that knows the secrets a test gives it, each where it may be found, and tells what a test wants to be told. */
export class FakeDoor implements Entrance {
  readonly mode = 'required';
  /** `cookie abc` -> who that is. */
  readonly #secrets = new Map<string, Identity>();
  readonly #once = new Set<string>();
  readonly #listeners = new Set<(change: DoorChange) => void>();
  readonly asked: { readonly secret: string; readonly carrier: Carrier; readonly address: string }[] = [];
  readonly signedOut: string[] = [];
  readonly origins: unknown[] = [];
  #held: Promise<void> | undefined;
  #serial = 0;

  knows(carrier: Carrier, secret: string, identity: Identity, { once = false } = {}): void {
    this.#secrets.set(`${carrier} ${secret}`, identity);
    if (once) this.#once.add(`${carrier} ${secret}`);
  }

  /** Answers come only after the returned function is called. */
  hold(): () => void {
    let release: () => void = () => undefined;
    this.#held = new Promise((resolve) => (release = resolve));
    return () => {
      this.#held = undefined;
      release();
    };
  }

  tell(change: DoorChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  async identify(secret: string, carrier: Carrier, address: string): Promise<Identity> {
    this.asked.push({ secret, carrier, address });
    const key = `${carrier} ${secret}`;
    const identity = this.#secrets.get(key);
    if (this.#once.has(key)) this.#secrets.delete(key);
    await this.#held;
    if (!identity) throw new AppError('ERR_AUTH_REQUIRED', 'This is not valid');
    return identity;
  }

  onChange(listener: (change: DoorChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async signIn(request: SignIn, origin: unknown): Promise<SignedIn> {
    this.origins.push(origin);
    if (request.how === 'password' && request.password !== 'right')
      throw new AppError('ERR_AUTH_REQUIRED', 'This is not valid');
    const identity = someone(request.how === 'link' ? 'linked' : request.name);
    const session = `session-${++this.#serial}`;
    this.knows('cookie', session, identity);
    return { identity, session, max_age_seconds: 3600 };
  }

  async signOut({ session_id }: Identity): Promise<void> {
    this.signedOut.push(session_id);
    this.tell({ kind: 'ended', session_id });
  }

  async accessToken(identity: Identity): Promise<AccessToken> {
    const access_token = `access-${++this.#serial}`;
    const next = {
      ...identity,
      access_id: access_token,
      expires_at_ms: (identity.expires_at_ms ?? 0) + 900_000,
    };
    this.knows('message', access_token, next);
    return { access_token, expires_in_seconds: 900, identity: next };
  }

  async revokeAccess({ session_id, access_id }: Identity): Promise<void> {
    this.tell({ kind: 'ended', session_id, ...(access_id !== undefined && { access_id }) });
  }

  async ticket(identity: Identity): Promise<Ticket> {
    const ticket = `ticket-${++this.#serial}`;
    this.knows('query', ticket, identity, { once: true });
    return { ticket, expires_in_seconds: 30 };
  }

  async seen(): Promise<void> {
    // Sessions of a test end only when it says so.
  }
}
