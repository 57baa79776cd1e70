import { isIP } from 'node:net';
import { AppError } from '../base/index.js';

export interface GateParts {
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly hostname: string;
  /** Where people reach us, when a proxy stands before us: `https://music.example`. */
  readonly publicUrl?: string | undefined;
  /** Addresses of this machine now. */
  addresses(): readonly string[];
  /** The port we listen on. */
  port(): number;
}

/** What the gate looks at: both http.IncomingMessage and a hand-made request have it. */
export interface GateRequest {
  readonly rawHeaders: readonly string[];
  readonly socket: { readonly localAddress?: string | undefined };
}

export interface Authority {
  readonly host: string;
  readonly port: number;
}

/** What a proxy that we trust says of the request; without one, how it came. */
export interface Asked {
  readonly secure: boolean;
  readonly host: string | undefined;
}

const AUTHORITY = /^(?:\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::[0-9]{1,5})?$/i;
const ORIGIN = /^(https?):\/\/([^/?#@\s]+)$/i;

/** Authorities that were read lately: a house has few, and everybody who comes in says one. */
const MAX_READ = 64;
const read = new Map<string, Authority>();

/** A Host header or the like, normalised as browsers do: lower case, IPv4 in dots, no trailing dot, default port filled in. */
export function parseAuthority(text: string, scheme: 'http' | 'https' = 'http'): Authority | undefined {
  const whole = `${scheme}://${text}/`;
  const known = read.get(whole);
  if (known) return known;
  if (!AUTHORITY.test(text) || !URL.canParse(whole)) return undefined;
  const url = new URL(whole);
  const fallback = scheme === 'http' ? 80 : 443;
  const authority = { host: plainHost(url.hostname), port: url.port === '' ? fallback : Number(url.port) };
  if (read.size >= MAX_READ) read.clear();
  read.set(whole, authority);
  return authority;
}

function plainHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

/** An address as the operating system writes it, in the spelling of parseAuthority. */
function plainAddress(address: string): string {
  const bare = address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(bare) === 6 ? (parseAuthority(`[${bare}]`)?.host ?? bare) : bare;
}

/** Every value of a header, in order: node joins or drops repeated ones, and a repeated one is never honest here. */
export function headerValues(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    if (rawHeaders[at]!.toLowerCase() === name) values.push(rawHeaders[at + 1]!);
  return values;
}

/**
 * Decides by Host and Origin whether a request is meant for us and comes from one of our pages. The Host check is what stops a page
 * whose own name was pointed at our address; the Origin check stops every other page. [GT1] [GT2]
 */
export class Gate {
  readonly #parts: GateParts;
  #hosts: ReadonlySet<string> = new Set();
  #origins: ReadonlySet<string> = new Set();

  constructor(parts: GateParts) {
    this.#parts = parts;
    this.allow(parts);
  }

  /** From now on these names and origins are ours too, besides what always is. */
  allow({ allowedHosts, allowedOrigins }: Pick<GateParts, 'allowedHosts' | 'allowedOrigins'>): void {
    const own = this.#parts.hostname.toLowerCase();
    const label = own.split('.')[0] ?? own;
    const publicUrl = this.#parts.publicUrl === undefined ? [] : [new URL(this.#parts.publicUrl)];
    const configured = [...allowedHosts, ...publicUrl.map(({ host }) => host)].flatMap(
      (host) => parseAuthority(host)?.host ?? [],
    );
    this.#hosts = new Set(['localhost', own, `${label}.local`, ...configured].filter((name) => name !== ''));
    this.#origins = new Set(
      [...allowedOrigins, ...publicUrl.map(({ origin }) => origin)]
        .filter((text) => URL.canParse(text))
        .map((text) => new URL(text).origin),
    );
  }

  /** The Host header (or what a trusted proxy says it was) when it names us; throws ERR_HOST otherwise. */
  host(request: GateRequest, asked: Asked): Authority {
    const values = asked.host === undefined ? headerValues(request.rawHeaders, 'host') : [asked.host];
    const scheme = asked.secure ? 'https' : 'http';
    const authority = values.length === 1 ? parseAuthority(values[0]!, scheme) : undefined;
    if (authority && this.#isOurs(authority.host, request)) return authority;
    throw new AppError('ERR_HOST', 'This server does not answer to that host name; see allowed_hosts');
  }

  /** `ours`, or `absent` for programs. Throws ERR_ORIGIN for the page of somebody else. `authority` is what host() gave. */
  origin(request: GateRequest, authority: Authority, asked: Asked): 'ours' | 'absent' {
    const values = headerValues(request.rawHeaders, 'origin');
    if (values.length === 0) return 'absent';
    if (values.length === 1 && this.#isOurPage(values[0]!, authority, asked, request)) return 'ours';
    throw new AppError('ERR_ORIGIN', 'The page that asks was not loaded from here; see allowed_origins');
  }

  #isOurPage(text: string, authority: Authority, { secure }: Asked, request: GateRequest): boolean {
    const match = ORIGIN.exec(text);
    const scheme = match?.[1]?.toLowerCase() === 'https' ? 'https' : 'http';
    const from = match ? parseAuthority(match[2]!, scheme) : undefined;
    if (!from) return false;
    if (this.#origins.has(new URL(text).origin)) return true;
    if (scheme !== (secure ? 'https' : 'http')) return false;
    if (from.host === authority.host && from.port === authority.port) return true;
    return from.port === this.#parts.port() && this.#isOurs(from.host, request);
  }

  #isOurs(host: string, request: GateRequest): boolean {
    if (this.#hosts.has(host)) return true;
    if (isIP(host) === 0) return false;
    const local = request.socket.localAddress;
    if (local !== undefined && plainAddress(local) === host) return true;
    return this.#parts.addresses().some((address) => plainAddress(address) === host);
  }
}
