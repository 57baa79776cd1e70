import type { DoorChange, Identity } from '../people/index.js';

const MAX_KNOWN = 20_000;

/** Who was let in through gateways in this server life, as they are now. Who is not here has to come in again. */
export class KnownSessions {
  readonly #known = new Map<string, Identity>();

  let(identity: Identity): void {
    this.#known.delete(identity.session_id);
    this.#known.set(identity.session_id, identity);
    const oldest = this.#known.keys().next();
    if (this.#known.size > MAX_KNOWN && oldest.done === false) this.#known.delete(oldest.value);
  }

  changed(change: DoorChange): void {
    if (change.kind === 'changed') {
      if (this.#known.has(change.identity.session_id)) this.let(change.identity);
    } else if (change.access_id === undefined) this.#known.delete(change.session_id);
  }

  get(sessionId: string): Identity | undefined {
    return this.#known.get(sessionId);
  }

  clear(): void {
    this.#known.clear();
  }

  ids(): string[] {
    return [...this.#known.keys()];
  }
}
