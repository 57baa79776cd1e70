import { jwtVerify, SignJWT } from 'jose';
import * as z from 'zod';
import { AppError, randomId, type Clock } from '../base/index.js';

export const ACCESS_SECONDS = 15 * 60;
/** A clock that was set back by a little does not sign everybody out. */
const SET_BACK_SECONDS = 60 * 60;
const [ISSUER, AUDIENCE] = ['tutti', 'tutti'];
const [ALGORITHM, TYPE] = ['HS256', 'at+jwt'];

const Claims = z.object({
  sub: z.string().min(1),
  sid: z.string().min(1),
  jti: z.string().min(1),
  exp: z.number(),
});

export interface AccessClaims {
  readonly subject_id: string;
  readonly session_id: string;
  readonly access_id: string;
  readonly expires_at_ms: number;
}

/**
 * JWTs for programs that cannot hold a cookie. They say which session asks and nothing of what it may: that is read when it is used.
 * The clock that checks is the clock that signed, so there is no leeway for skew.
 */
export class AccessTokens {
  readonly #key: Uint8Array;
  readonly #clock: Clock;

  constructor(key: Uint8Array, clock: Clock) {
    this.#key = key;
    this.#clock = clock;
  }

  async sign(subjectId: string, sessionId: string): Promise<AccessClaims & { readonly token: string }> {
    const issued = Math.floor(this.#clock.wallMs() / 1000);
    const expires = issued + ACCESS_SECONDS;
    const access_id = randomId(24);
    const token = await new SignJWT({ sid: sessionId })
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(subjectId)
      .setJti(access_id)
      .setIssuedAt(issued)
      .setExpirationTime(expires)
      .sign(this.#key);
    return { token, subject_id: subjectId, session_id: sessionId, access_id, expires_at_ms: expires * 1000 };
  }

  /** Throws ERR_AUTH_REQUIRED for whatever is not one of ours and valid now. */
  async verify(token: string): Promise<AccessClaims> {
    try {
      if (!token.split('.').every(isCanonical)) throw new Error('not canonical base64url');
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: [ALGORITHM],
        typ: TYPE,
        issuer: ISSUER,
        audience: AUDIENCE,
        requiredClaims: ['sub', 'sid', 'jti', 'iat', 'exp'],
        clockTolerance: 0,
        currentDate: new Date(this.#clock.wallMs()),
      });
      const { sub, sid, jti, exp } = Claims.parse(payload);
      const leftSeconds = exp - this.#clock.wallMs() / 1000;
      if (leftSeconds > ACCESS_SECONDS + SET_BACK_SECONDS)
        throw new Error('signed by a clock that was ahead');
      return { subject_id: sub, session_id: sid, access_id: jti, expires_at_ms: exp * 1000 };
    } catch (cause) {
      throw new AppError('ERR_AUTH_REQUIRED', 'Sign in first', { cause });
    }
  }
}

/** The last character of base64url has bits that decoders ignore: the same token would have several spellings. */
function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part;
}
