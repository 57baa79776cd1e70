import type { IncomingMessage } from 'node:http';
import type { Carrier } from '../people/index.js';
import { headerValues } from './gate.js';

export const SESSION_COOKIE = 'tutti_session';
const MAX_SECRET = 4096;

/** A secret that came with a request, and where it was found. */
export interface Credential {
  readonly secret: string;
  readonly carrier: Carrier;
}

type Headers = Pick<IncomingMessage, 'rawHeaders'>;

/** `Authorization: Bearer …`. Two of them are none. */
export function bearerOf({ rawHeaders }: Headers): Credential | undefined {
  const values = headerValues(rawHeaders, 'authorization');
  const secret = values.length === 1 ? /^bearer +([\x21-\x7e]+) *$/i.exec(values[0]!)?.[1] : undefined;
  return usable(secret) ? { secret, carrier: 'bearer' } : undefined;
}

/** `?token=` of a WebSocket address. */
export function queryTokenOf(url: string): Credential | undefined {
  const values = new URLSearchParams(url.split('?', 2)[1] ?? '').getAll('token');
  const secret = values.length === 1 ? values[0] : undefined;
  return usable(secret) ? { secret, carrier: 'query' } : undefined;
}

/** The session cookie. Two of the same name are none: a page of a neighbouring name may have set one. */
export function cookieOf({ rawHeaders }: Headers): Credential | undefined {
  const values = headerValues(rawHeaders, 'cookie')
    .flatMap((header) => header.split(';'))
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${SESSION_COOKIE}=`))
    .map((pair) => pair.slice(SESSION_COOKIE.length + 1));
  const secret = values.length === 1 ? values[0] : undefined;
  return usable(secret) ? { secret, carrier: 'cookie' } : undefined;
}

function usable(secret: string | undefined): secret is string {
  return secret !== undefined && secret.length > 0 && secret.length <= MAX_SECRET;
}
