import type { Door, DoorChange, Identity } from '../../people/index.js';

/** Somebody who is connected, as far as sign-in goes. */
export interface Guarded {
  readonly identity: Identity | undefined;
  /** The rights are others now. */
  changeIdentity(identity: Identity): void;
  /** Nothing is left of them. */
  endIdentity(): void;
}

/**
 * Who is connected with which credential, so that a revocation or another role acts on open connections at once. What the Door tells
 * while somebody is still being identified is remembered for them: the answer may be older than the news. [AU4]
 */
export class Present {
  readonly #bySession = new Map<string, Set<Guarded>>();
  readonly #stop: () => void;
  #identifying = 0;
  #news: DoorChange[] = [];

  constructor(door: Door) {
    this.#stop = door.onChange((change) => this.#changed(change));
  }

  get sessionIds(): string[] {
    return [...this.#bySession.keys()];
  }

  /** Asks the Door; `take` gets the answer in the same turn as what has changed since, and is not called when nothing is left of it. */
  async identified<T>(ask: Promise<Identity>, take: (identity: Identity) => T): Promise<T | 'ended'> {
    const from = this.#news.length;
    this.#identifying += 1;
    try {
      let identity = await ask;
      for (const change of this.#news.slice(from)) {
        const next = applied(identity, change);
        if (next === 'ended') return 'ended';
        identity = next;
      }
      return take(identity);
    } finally {
      this.#identifying -= 1;
      if (this.#identifying === 0) this.#news = [];
    }
  }

  add(who: Guarded, { session_id }: Identity): void {
    const others = this.#bySession.get(session_id);
    if (others) others.add(who);
    else this.#bySession.set(session_id, new Set([who]));
  }

  remove(who: Guarded, { session_id }: Identity): void {
    const others = this.#bySession.get(session_id);
    others?.delete(who);
    if (others?.size === 0) this.#bySession.delete(session_id);
  }

  close(): void {
    this.#stop();
    this.#bySession.clear();
  }

  #changed(change: DoorChange): void {
    if (this.#identifying > 0) this.#news.push(change);
    const session_id = change.kind === 'ended' ? change.session_id : change.identity.session_id;
    for (const who of [...(this.#bySession.get(session_id) ?? [])]) {
      if (!who.identity) continue;
      const next = applied(who.identity, change);
      if (next === 'ended') who.endIdentity();
      else if (next !== who.identity) who.changeIdentity(next);
    }
  }
}

/** What a change makes of an identity. An access token keeps its own end, whatever its session is given. */
function applied(identity: Identity, change: DoorChange): Identity | 'ended' {
  if (change.kind === 'ended') {
    if (change.session_id !== identity.session_id) return identity;
    return change.access_id === undefined || change.access_id === identity.access_id ? 'ended' : identity;
  }
  if (change.identity.session_id !== identity.session_id) return identity;
  if (identity.access_id === undefined) return change.identity;
  const { access_id, expires_at_ms } = identity;
  return { ...change.identity, access_id, expires_at_ms };
}
