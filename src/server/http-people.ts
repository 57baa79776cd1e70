import type { FastifyRequest } from 'fastify';
import { AppError } from '../base/index.js';
import type { Entrance, Identity } from '../people/index.js';
import type { Caller } from '../protocol/index.js';
import { bearerOf, cookieOf } from './credentials.js';
import { headerValues, type Authority, type Gate } from './gate.js';
import { callerOf } from './hub/sign-in.js';
import { isLoopback } from './hub/admission.js';
import { EVERYBODY } from './open-door.js';
import type { Proxies, Seen } from './proxies.js';

const READS = ['GET', 'HEAD'];

/** Who asks by HTTP: by bearer token, or by the session cookie when the page that asks is ours. [AU6] */
export class HttpPeople {
  readonly #door: Entrance;
  readonly #gate: Gate;
  readonly #proxies: Proxies;
  readonly #publicUrl: string | undefined;

  constructor(parts: {
    readonly door: Entrance;
    readonly gate: Gate;
    readonly proxies: Proxies;
    readonly publicUrl: string | undefined;
  }) {
    this.#door = parts.door;
    this.#gate = parts.gate;
    this.#proxies = parts.proxies;
    this.#publicUrl = parts.publicUrl;
  }

  see(request: FastifyRequest): Seen {
    return this.#proxies.see(request.raw);
  }

  authority(request: FastifyRequest): Authority {
    return this.#gate.host(request.raw, this.see(request));
  }

  /** Whether the browser came by https, as far as we may believe it: its cookies then go no other way. */
  secure(request: FastifyRequest): boolean {
    const seen = this.see(request);
    if (seen.secure) return true;
    const known = this.#publicUrl === undefined ? undefined : new URL(this.#publicUrl);
    return known?.protocol === 'https:' && known.hostname === this.authority(request).host;
  }

  /** Throws ERR_AUTH_REQUIRED for nobody, ERR_ORIGIN for a cookie that somebody else's page sent along. */
  async identity(request: FastifyRequest): Promise<Identity> {
    if (this.#door.mode === 'open') return EVERYBODY;
    const { address } = this.see(request);
    const bearer = bearerOf(request.raw);
    if (bearer) return this.#door.identify(bearer.secret, bearer.carrier, address);
    const cookie = cookieOf(request.raw);
    if (!cookie) throw new AppError('ERR_AUTH_REQUIRED', 'Sign in first');
    this.#refuseForeign(request);
    return this.#door.identify(cookie.secret, cookie.carrier, address);
  }

  async caller(request: FastifyRequest): Promise<Caller> {
    const connection_id = `http-${request.id}`;
    if (this.#door.mode === 'open') return { connection_id, role: 'admin' };
    return callerOf(await this.identity(request), connection_id);
  }

  /** Numbers about the house: for programs of this machine, and for who may read metrics. [MT1] */
  async allowMetrics(request: FastifyRequest): Promise<void> {
    const { address, direct } = this.see(request);
    // Behind a proxy that nobody told us of everybody seems to be on this machine.
    if (this.#door.mode === 'open' || (direct && isLoopback(address))) return;
    const { role, scopes = [] } = await this.identity(request);
    const may = role === 'admin' || scopes.includes('metrics') || scopes.includes('admin');
    if (!may) throw new AppError('ERR_NOT_ALLOWED', 'This needs a token with the scope metrics');
  }

  /** A browser sends the cookie whoever asks, so the page has to be ours. Bookmarks and typed addresses may read. [AU6] */
  #refuseForeign(request: FastifyRequest): void {
    const sites = headerValues(request.raw.rawHeaders, 'sec-fetch-site');
    const foreign = sites.some((site) => site !== 'same-origin' && site !== 'none');
    const reads = READS.includes(request.method);
    const page = this.#gate.origin(request.raw, this.authority(request), this.see(request));
    if (foreign || (!reads && page !== 'ours'))
      throw new AppError('ERR_ORIGIN', 'The page that asks was not loaded from here');
  }
}
