import { AppError, within, type Clock, type Timer } from '../../base/index.js';
import { CLOSE, ERRORS, type Caller, type You } from '../../protocol/index.js';
import type { Entrance, Identity } from '../../people/index.js';
import type { Place } from './admission.js';
import type { Guarded, Present } from './present.js';

/** How long somebody has to say who they are. [AU2] */
export const AUTH_MS = 5_000;
/** Bytes of the one message before that. */
export const MAX_FIRST_MESSAGE = 4_096;
/** An access token that has ended is good for so long, for a phone that was asleep when it should have taken a new one. [AU5] */
export const GRACE_MS = 25_000;
/** Timers of node cannot be longer than 24 days. */
const MAX_TIMER_MS = 24 * 3_600_000;

export interface SignInParts {
  readonly door: Entrance;
  readonly clock: Clock;
  readonly present: Present;
  readonly place: Place;
  readonly address: string;
  readonly connectionId: string;
  /** Tells why, and closes the connection. */
  refuse(thrown: unknown, code: number, id?: string): void;
  /** Somebody is here, or has other rights than before. */
  took(identity: Identity): void;
}

/** Who is on one connection: nobody for at most 5 seconds, then somebody for as long as the Door says so. [AU1] */
export class SignIn implements Guarded {
  readonly #parts: SignInParts;
  #identity: Identity | undefined;
  #timer: Timer | undefined;
  #asked = false;
  #over = false;

  constructor(parts: SignInParts, identity: Identity | undefined) {
    this.#parts = parts;
    if (identity) this.#take(identity);
    else
      this.#timer = parts.clock.after(AUTH_MS, () =>
        this.#end(new AppError('ERR_AUTH_REQUIRED', 'Nobody signed in')),
      );
  }

  get identity(): Identity | undefined {
    return this.#identity;
  }

  /** Nothing that comes is listened to any more. */
  get over(): boolean {
    return this.#over;
  }

  /** Who asks now; the rights are read at each use. Throws ERR_AUTH_REQUIRED. */
  caller(): Caller {
    const identity = this.#identity;
    if (!identity) throw new AppError('ERR_AUTH_REQUIRED', 'Sign in first');
    const connection_id = this.#parts.connectionId;
    return this.#parts.door.mode === 'open'
      ? { connection_id, role: identity.role }
      : callerOf(identity, connection_id);
  }

  /** What clients are told about themselves; nothing while auth is open. */
  you(): You | undefined {
    const identity = this.#identity;
    return identity && this.#parts.door.mode === 'required' ? publicIdentity(identity) : undefined;
  }

  /** A message of somebody who has not signed in: it may be one `auth`, and short. False = it was refused and the connection ends. */
  admits(type: string | undefined, bytes: number): boolean {
    if (this.#identity) return true;
    const fine = type === 'auth' && !this.#asked && bytes <= MAX_FIRST_MESSAGE;
    if (fine) this.#asked = true;
    else
      this.#end(
        new AppError('ERR_AUTH_REQUIRED', 'The first message is auth, and nothing comes before its answer'),
      );
    return fine;
  }

  /** `auth` and `auth:refresh` with a token. Resolves with what the reply says, or not at all when the connection ends instead. */
  async authenticate(token: string, id: string): Promise<object | undefined> {
    const { door, address, present, clock } = this.#parts;
    const first = this.#identity === undefined;
    try {
      const ask = within({ clock, what: 'asking who this is', ms: AUTH_MS, code: 'ERR_BUSY' }, () =>
        door.identify(token, 'message', address),
      );
      const taken = await present.identified(ask, (identity) => this.#accept(identity));
      if (taken === 'ended') throw new AppError('ERR_AUTH_REQUIRED', 'This is not valid any more');
      return this.#over ? undefined : this.#told();
    } catch (thrown) {
      if (!first) throw thrown;
      this.#end(thrown, closeCode(thrown), id);
      return undefined;
    }
  }

  /** `auth:refresh` without one: the session gives a new access token, and this connection goes on with it. */
  async refresh(): Promise<object> {
    const { door, present } = this.#parts;
    if (door.mode === 'open') return this.#told();
    const identity = this.#identity;
    if (!identity) throw new AppError('ERR_AUTH_REQUIRED', 'Sign in first');
    const fresh = await door.accessToken(identity);
    await present.identified(Promise.resolve(fresh.identity), (next) => this.#accept(next));
    return {
      ...this.#told(),
      access_token: fresh.access_token,
      expires_in_seconds: fresh.expires_in_seconds,
    };
  }

  changeIdentity(identity: Identity): void {
    this.#take(identity);
  }

  endIdentity(): void {
    this.#end(new AppError('ERR_AUTH_REQUIRED', 'You are not signed in any more'));
  }

  /** What came with the address was no good. */
  turnAway(thrown: unknown): void {
    this.#end(thrown, closeCode(thrown));
  }

  close(): void {
    this.#over = true;
    this.#forget();
    this.#parts.place.leave();
  }

  #told(): object {
    return this.you() ?? { role: this.#identity?.role ?? 'admin' };
  }

  #accept(identity: Identity): void {
    if (this.#over) return;
    const now = this.#identity;
    if (!now) this.#parts.place.signIn(identity.subject_id);
    else if (this.#parts.door.mode === 'open') return;
    else if (now.subject_id !== identity.subject_id)
      throw new AppError('ERR_NOT_ALLOWED', 'Somebody else needs a connection of their own');
    this.#take(identity);
  }

  #take(identity: Identity): void {
    const { present } = this.#parts;
    this.#forget();
    this.#identity = identity;
    present.add(this, identity);
    this.#watchEnd(identity);
    this.#parts.took(identity);
  }

  #watchEnd(identity: Identity): void {
    const { clock } = this.#parts;
    const endMs = identity.expires_at_ms;
    if (endMs === undefined) return;
    const goodUntilMs = endMs + (identity.access_id === undefined ? 0 : GRACE_MS);
    const leftMs = goodUntilMs - clock.wallMs();
    this.#timer = clock.after(Math.max(0, Math.min(leftMs, MAX_TIMER_MS)), () => {
      // The wall clock may have been set back meanwhile.
      if (goodUntilMs > clock.wallMs()) this.#watchEnd(identity);
      else this.#end(new AppError('ERR_AUTH_REQUIRED', 'The sign-in has ended'));
    });
  }

  #forget(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#identity) this.#parts.present.remove(this, this.#identity);
  }

  #end(thrown: unknown, code: number = CLOSE.unauthorized, id?: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#forget();
    this.#identity = undefined;
    this.#parts.refuse(thrown, code, id);
  }
}

/** Whether to come back: not with a token that is no good, later when there were too many. */
function closeCode(thrown: unknown): number {
  return thrown instanceof AppError && ERRORS[thrown.code].retryable ? CLOSE.overloaded : CLOSE.unauthorized;
}

export function callerOf(identity: Identity, connection_id: string): Caller {
  const { role, room_id, scopes, subject_id, name, session_id } = identity;
  return { connection_id, role, room_id, scopes, subject_id, name, session_id };
}

export function publicIdentity(identity: Identity): You {
  const { role, subject_id, name, room_id, scopes, expires_at_ms } = identity;
  return {
    role,
    subject_id,
    name,
    ...(room_id !== undefined && { room_id }),
    ...(scopes !== undefined && { scopes: [...scopes] }),
    ...(expires_at_ms !== undefined && { expires_at: new Date(expires_at_ms).toISOString() }),
  };
}
