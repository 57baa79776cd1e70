import type {
  AccessToken,
  Carrier,
  DoorChange,
  Entrance,
  Identity,
  Origin,
  SignedIn,
  Ticket,
} from '../people/index.js';
import type { SignIn } from '../protocol/index.js';
import type { HouseLine } from './house-line.js';
import { KnownSessions } from './known-sessions.js';

const SESSIONS_PER_ASK = 500;

/** The Entrance of a house that is another process. */
export class RemoteEntrance implements Entrance {
  mode: 'open' | 'required' = 'required';
  readonly #line: Pick<HouseLine, 'ask'>;
  readonly #listeners = new Set<(change: DoorChange) => void>();
  readonly #known = new KnownSessions();
  #comparing: Promise<void> | undefined;
  #again = false;

  constructor(line: Pick<HouseLine, 'ask'>) {
    this.#line = line;
  }

  async identify(secret: string, carrier: Carrier, address: string): Promise<Identity> {
    return this.#let(await this.#line.ask('identify', { secret, carrier, address }));
  }

  onChange(listener: (change: DoorChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async signIn(request: SignIn, origin: Origin): Promise<SignedIn> {
    const signed = await this.#line.ask('sign_in', { request, origin });
    this.#let(signed.identity);
    return signed;
  }

  async signOut(identity: Identity): Promise<void> {
    await this.#line.ask('sign_out', identity);
  }

  async accessToken(identity: Identity): Promise<AccessToken> {
    const token = await this.#line.ask('access_token', identity);
    this.#let(token.identity);
    return token;
  }

  async revokeAccess(identity: Identity): Promise<void> {
    await this.#line.ask('revoke_access', identity);
  }

  ticket(identity: Identity): Promise<Ticket> {
    return this.#line.ask('ticket', identity);
  }

  async seen(sessionIds: readonly string[]): Promise<void> {
    await this.#line.ask('seen', { session_ids: [...sessionIds] });
  }

  /** What the house told. */
  changed(change: DoorChange): void {
    this.#known.changed(change);
    for (const listener of [...this.#listeners]) listener(change);
  }

  /** Another house: everybody has to come in anew. */
  forget(): void {
    this.#known.clear();
  }

  /**
   * Changes may have been missed: asks who is still who. Whom the house does not know any more has ended. However often it is called, one
   * question goes out at a time.
   */
  compare(): Promise<void> {
    this.#again = this.#comparing !== undefined;
    this.#comparing ??= this.#compareAll().finally(() => (this.#comparing = undefined));
    return this.#comparing;
  }

  async #compareAll(): Promise<void> {
    do {
      this.#again = false;
      const ids = this.#known.ids();
      for (let from = 0; from < ids.length; from += SESSIONS_PER_ASK)
        await this.#compareSome(ids.slice(from, from + SESSIONS_PER_ASK));
    } while (this.#again);
  }

  async #compareSome(asked: readonly string[]): Promise<void> {
    const { identities } = await this.#line.ask('sessions', { session_ids: [...asked] });
    const found = new Map(identities.map((identity) => [identity.session_id, identity]));
    for (const session_id of asked) {
      const identity = found.get(session_id);
      this.changed(identity ? { kind: 'changed', identity } : { kind: 'ended', session_id });
    }
  }

  #let(identity: Identity): Identity {
    this.#known.let(identity);
    return identity;
  }
}
