import { toError, type Clock, type Logger, type Timer } from '../base/index.js';
import type { Credentials } from './credentials.js';
import type { DoorChange, Identity } from './door.js';

/** The wall clock may be set meanwhile, and timers hold no more than 24 days. */
const LOOK_AGAIN_MS = 10 * 60_000;

/**
 * Tells whose rights have changed: it compares who may come in with who could before. Whoever changed something says `settle()`, and
 * ends by time are seen by a timer.
 */
export class Presence {
  readonly #credentials: Credentials;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #listeners = new Set<(change: DoorChange) => void>();
  #known: Map<string, Identity>;
  #timer: Timer | undefined;
  #closed = false;

  constructor(credentials: Credentials, clock: Clock, log: Logger) {
    this.#credentials = credentials;
    this.#clock = clock;
    this.#log = log;
    this.#known = credentials.all(clock.wallMs());
    this.#arm();
  }

  /** Who comes with a session or API token, as it is now for those who are connected by it. */
  who(sessionId: string): Identity | undefined {
    const identity = this.#known.get(sessionId);
    const ends = identity?.expires_at_ms ?? Infinity;
    return ends > this.#clock.wallMs() ? identity : undefined;
  }

  onChange(listener: (change: DoorChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** True when somebody's rights have changed. */
  settle(): boolean {
    const nowMs = this.#clock.wallMs();
    this.#sweep(nowMs);
    const before = this.#known;
    const after = (this.#known = this.#credentials.all(nowMs));
    this.#arm();
    let changed = after.size !== before.size;
    for (const [session_id, was] of before) {
      const identity = after.get(session_id);
      if (identity && JSON.stringify(identity) === JSON.stringify(was)) continue;
      changed = true;
      this.tell(identity ? { kind: 'changed', identity } : { kind: 'ended', session_id });
    }
    return changed;
  }

  tell(change: DoorChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#listeners.clear();
  }

  /** Also with a full disk everybody hears at once whose time is over. */
  #sweep(nowMs: number): void {
    try {
      this.#credentials.sweep(nowMs);
    } catch (error) {
      this.#log.warn({ reason: toError(error).message }, 'what has ended could not be deleted');
    }
  }

  #arm(): void {
    this.#timer?.cancel();
    const nowMs = this.#clock.wallMs();
    const next = this.#closed ? undefined : this.#credentials.nextEndMs(nowMs);
    if (next === undefined) return;
    const wait = Math.min(LOOK_AGAIN_MS, next - nowMs);
    this.#timer = this.#clock.after(wait, () => this.settle());
  }
}
