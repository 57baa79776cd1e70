import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../base/index.js';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { ACCESS_SECONDS, AccessTokens } from './access-tokens.js';

const KEY = Buffer.alloc(32, 7);
const clock = new ManualClock();
const tokens = new AccessTokens(KEY, clock);
const nowSeconds = Math.floor(clock.wallMs() / 1000);
const { token } = await tokens.sign('ann', 'phone');

const verdict = async (candidate: string, by = tokens): Promise<string> => {
  try {
    return (await by.verify(candidate)).subject_id;
  } catch (error) {
    return error instanceof AppError ? error.code : `thrown: ${String(error)}`;
  }
};

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const HEADER = { alg: 'HS256', typ: 'at+jwt' };
const CLAIMS = {
  iss: 'tutti',
  aud: 'tutti',
  sub: 'ann',
  sid: 'phone',
  jti: 'one',
  iat: nowSeconds,
  exp: nowSeconds + 60,
};

/** A token with a valid signature of our own key, whatever it says. */
function forged(header: object, claims: object, hash = 'sha256'): string {
  const body = `${part(header)}.${part(claims)}`;
  return `${body}.${createHmac(hash, KEY).update(body).digest('base64url')}`;
}

const without = (name: keyof typeof CLAIMS): object =>
  Object.fromEntries(Object.entries(CLAIMS).filter(([key]) => key !== name));

describe('an access token [S4]', () => {
  it('says whose session it is for 15 minutes', async () => {
    expect(await tokens.verify(token)).toMatchObject({ subject_id: 'ann', session_id: 'phone' });
    expect(ACCESS_SECONDS).toBe(900);
    expect(await verdict(forged(HEADER, CLAIMS))).toBe('ann');
  });

  it('is refused when any bit of it is another', async () => {
    const bits = token.length * 8;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bits - 1 }), async (bit) => {
        const bytes = Buffer.from(token, 'latin1');
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        expect(await verdict(bytes.toString('latin1'))).toBe('ERR_AUTH_REQUIRED');
      }),
      { numRuns: 400 },
    );
  });

  it('is refused with another spelling of the same signature', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(token.at(-1)!);
    const same = token.slice(0, -1) + alphabet[last ^ 1]!;
    expect(Buffer.from(same.split('.')[2]!, 'base64url')).toEqual(
      Buffer.from(token.split('.')[2]!, 'base64url'),
    );
    expect(await verdict(same)).toBe('ERR_AUTH_REQUIRED');
    expect(await verdict(`${token}=`)).toBe('ERR_AUTH_REQUIRED');
  });

  it.each(['none', 'NoNe', 'NONE', 'RS256', 'ES256', 'PS256', 'EdDSA', 'HS384', 'HS512', 'hs256', ''])(
    'is refused when its algorithm is called %j',
    async (alg) => {
      for (const hash of ['sha256', 'sha384', 'sha512'])
        expect(await verdict(forged({ ...HEADER, alg }, CLAIMS, hash))).toBe('ERR_AUTH_REQUIRED');
      expect(await verdict(`${part({ ...HEADER, alg })}.${part(CLAIMS)}.`)).toBe('ERR_AUTH_REQUIRED');
    },
  );

  it.each([
    ['another issuer', { ...CLAIMS, iss: 'other' }],
    ['another audience', { ...CLAIMS, aud: 'other' }],
    ['an end 61 s ago', { ...CLAIMS, exp: nowSeconds - 61 }],
    ['an end 1 s ago', { ...CLAIMS, exp: nowSeconds - 1 }],
    ['no end', without('exp')],
    ['no id', without('jti')],
    ['no audience', without('aud')],
    ['no issuer', without('iss')],
    ['no session', without('sid')],
    ['no subject', without('sub')],
    ['a subject that is no text', { ...CLAIMS, sub: 7 }],
    ['a start that lies ahead', { ...CLAIMS, nbf: nowSeconds + 61 }],
  ])('is refused with %s, though we signed it', async (_what, claims) => {
    expect(await verdict(forged(HEADER, claims))).toBe('ERR_AUTH_REQUIRED');
  });

  it.each([
    ['another type', { ...HEADER, typ: 'JWT' }],
    ['a critical extension', { ...HEADER, crit: ['b64'], b64: false }],
  ])('is refused with %s in its header', async (_what, header) => {
    expect(await verdict(forged(header, CLAIMS))).toBe('ERR_AUTH_REQUIRED');
  });

  it('is refused by another installation', async () => {
    expect(await verdict(token, new AccessTokens(Buffer.alloc(32, 8), clock))).toBe('ERR_AUTH_REQUIRED');
  });

  it('is refused as anything that is no token', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 200 }), async (text) => {
        expect(await verdict(text)).toBe('ERR_AUTH_REQUIRED');
      }),
      { numRuns: 100 },
    );
  });
});
