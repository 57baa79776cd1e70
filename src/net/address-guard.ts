import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { AppError, toError, within, type Clock } from '../base/index.js';

export interface Resolved {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Every address of a name. */
export type Resolve = (host: string) => Promise<readonly Resolved[]>;

export interface GuardOptions {
  readonly clock: Clock;
  /** What is let through although it is inside: `nas.local`, `192.168.1.20`, `10.0.0.0/8`, each also with a port: `127.0.0.1:8000`. */
  readonly allow: readonly string[];
  readonly resolve?: Resolve;
  /** Addresses of this machine. */
  readonly own?: () => readonly string[];
}

/** An address that may be asked, and what it stands for: connect there and nowhere else, whatever the name says a moment later. */
export interface Checked {
  readonly url: URL;
  readonly addresses: readonly Resolved[];
}

const MAX_URL = 2048;
const RESOLVE_MS = 10_000;
/** Below 1024 only the web is asked. */
const WEB_PORTS = [80, 443];

/** Not the public internet; IANA's special-purpose registries. */
const REFUSED_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
/** Of global unicast: protocol assignments with Teredo, documentation, 6to4. All beyond 2000::/3 is refused anyway, with it mapped IPv4 and NAT64. */
const REFUSED_V6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const refusedV4 = blockList('ipv4', REFUSED_V4);
const refusedV6 = blockList('ipv6', REFUSED_V6);
const globalV6 = blockList('ipv6', [['2000::', 3]]);

function blockList(family: 'ipv4' | 'ipv6', nets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [net, bits] of nets) list.addSubnet(net, bits, family);
  return list;
}

/** Whether an address belongs to the public internet. What is no address does not. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !refusedV4.check(address, 'ipv4');
  if (family !== 6 || address.includes('%')) return false;
  return globalV6.check(address, 'ipv6') && !refusedV6.check(address, 'ipv6');
}

interface Allowed {
  readonly port: number | undefined;
  readonly host?: string;
  readonly nets?: BlockList;
}

/**
 * Says which web addresses may be asked: http and https without user name and password, to the public internet and to what the
 * configuration lets through. One check resolves once, and who asks connects to what was checked. [DL1]
 */
export class AddressGuard {
  readonly #clock: Clock;
  readonly #resolve: Resolve;
  readonly #own: () => readonly string[];
  readonly #allowed: readonly Allowed[];

  constructor({ clock, allow, resolve = systemResolve, own = ownAddresses }: GuardOptions) {
    this.#clock = clock;
    this.#resolve = resolve;
    this.#own = own;
    this.#allowed = allow.map(parseAllowed);
  }

  /** Throws ERR_ADDRESS_REFUSED for what is never asked, ERR_SOURCE for a name that nobody knows. */
  async check(text: string, signal?: AbortSignal): Promise<Checked> {
    const url = plainUrl(text);
    const host = hostOf(url);
    const port = portOf(url);
    const named = this.#allowed.some((entry) => entry.host === host && (entry.port ?? port) === port);
    const addresses = await this.#addresses(host, signal);
    for (const { address } of addresses) {
      if (named || this.#lets(address, port)) continue;
      if (port < 1024 && !WEB_PORTS.includes(port)) throw refused('Music is not fetched from this port');
      if (!isPublicAddress(address) || this.#own().includes(address))
        throw refused('This address is inside the own network; allow_private_addresses can let it through');
    }
    return { url, addresses };
  }

  #lets(address: string, port: number): boolean {
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    return this.#allowed.some(
      (entry) => entry.nets?.check(address, family) === true && (entry.port ?? port) === port,
    );
  }

  async #addresses(host: string, signal: AbortSignal | undefined): Promise<readonly Resolved[]> {
    const family = isIP(host);
    if (family !== 0) return [{ address: host, family: family === 6 ? 6 : 4 }];
    try {
      const found = await within(
        {
          clock: this.#clock,
          what: 'looking up a name',
          ms: RESOLVE_MS,
          code: 'ERR_SOURCE',
          ...(signal && { signal }),
        },
        () => this.#resolve(host),
      );
      if (found.length > 0) return found;
    } catch (thrown) {
      if (signal?.aborted) throw toError(signal.reason);
      throw unknownName(thrown);
    }
    throw unknownName();
  }
}

const unknownName = (cause?: unknown): AppError =>
  new AppError('ERR_SOURCE', 'The name in this address is not known', { cause });

function refused(sentence: string): AppError {
  return new AppError('ERR_ADDRESS_REFUSED', sentence);
}

function plainUrl(text: string): URL {
  if (text.length > MAX_URL || /[\s\p{Cc}\p{Cs}\\]/u.test(text) || !/^https?:\/\//i.test(text))
    throw refused('Only web addresses are fetched: https://… or http://…');
  if (!URL.canParse(text)) throw refused('This is no web address');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refused('Only http and https are fetched');
  if (url.username !== '' || url.password !== '')
    throw refused('An address with user name and password in it is not fetched');
  if (hostOf(url) === '') throw refused('This address names no server');
  return url;
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

/** Throws ERR_INVALID for an entry that names nothing. */
function parseAllowed(entry: string): Allowed {
  const text = entry.trim().toLowerCase();
  const bare = isIP(text) === 6;
  const [, name = text, digits] = (bare ? null : /^(.*):(\d{1,5})$/.exec(text)) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && (port === 0 || port > 65535)) throw notAllowable(entry);
  const host = name.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const [net = '', bits] = host.split('/', 2);
  const family = isIP(net);
  if (family === 0) {
    // All digits: an address with a mistake in it, never a name.
    if (bits !== undefined || !/^[a-z0-9._-]{1,253}$/.test(host) || !/[a-z]/.test(host))
      throw notAllowable(entry);
    return { port, host };
  }
  const most = family === 6 ? 128 : 32;
  const length = bits === undefined ? most : Number(bits);
  if (!Number.isInteger(length) || length < 0 || length > most || bits === '') throw notAllowable(entry);
  return { port, nets: blockList(family === 6 ? 'ipv6' : 'ipv4', [[net, length]]) };
}

function notAllowable(entry: string): AppError {
  const text = `allow_private_addresses: ${entry.slice(0, 60)} is neither a host name nor an address nor a network`;
  return new AppError('ERR_INVALID', text);
}

async function systemResolve(host: string): Promise<readonly Resolved[]> {
  const found = await lookup(host, { all: true, verbatim: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
}
