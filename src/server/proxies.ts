import { BlockList, isIP } from 'node:net';
import type { IncomingMessage } from 'node:http';
import { AppError } from '../base/index.js';
import { headerValues } from './gate.js';

/** A request as it left the browser, as far as we may believe it. */
export interface Seen {
  /** Of the client, without a zone and without the IPv6 form of IPv4. */
  readonly address: string;
  readonly secure: boolean;
  /** What a proxy we trust says that the browser asked for, instead of the Host header. */
  readonly host: string | undefined;
  /** Nobody stands between, as far as the request tells. */
  readonly direct: boolean;
}

export type SeenRequest = Pick<IncomingMessage, 'rawHeaders'> & {
  readonly socket: { readonly remoteAddress?: string | undefined; readonly encrypted?: boolean };
};

const FORWARDING = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'forwarded', 'x-real-ip'];

/** Reads X-Forwarded-For, -Proto and -Host of reverse proxies that were named, and of nobody else. [PX1] */
export class Proxies {
  readonly #trusted = new BlockList();
  readonly #none: boolean;

  /** Addresses and networks: `127.0.0.1`, `10.0.0.0/8`. Throws ERR_INVALID for anything else. */
  constructor(trusted: readonly string[]) {
    this.#none = trusted.length === 0;
    for (const text of trusted) this.#trust(text);
  }

  see(request: SeenRequest): Seen {
    const { rawHeaders, socket } = request;
    const peer = plain(socket.remoteAddress ?? 'unknown');
    const secure = socket.encrypted === true;
    if (!this.#trusts(peer)) {
      const direct = !FORWARDING.some((name) => headerValues(rawHeaders, name).length > 0);
      return { address: peer, secure, host: undefined, direct };
    }
    const proto = last(headerValues(rawHeaders, 'x-forwarded-proto'));
    return {
      address: this.#client(headerValues(rawHeaders, 'x-forwarded-for'), peer),
      secure: proto === undefined ? secure : proto.toLowerCase() === 'https',
      host: last(headerValues(rawHeaders, 'x-forwarded-host')),
      direct: false,
    };
  }

  /** The last address that no proxy of ours has: what stands before it is what the client wrote. */
  #client(headers: readonly string[], peer: string): string {
    let address = peer;
    for (const text of headers.join(',').split(',').reverse()) {
      const hop = plain(text.trim());
      if (isIP(hop) === 0) return address;
      address = hop;
      if (!this.#trusts(hop)) return hop;
    }
    return address;
  }

  #trusts(address: string): boolean {
    if (this.#none) return false;
    const family = isIP(address);
    return family !== 0 && this.#trusted.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }

  #trust(text: string): void {
    const [address = '', bits, ...rest] = text.trim().split('/');
    const family = isIP(address);
    const most = family === 6 ? 128 : 32;
    const length = bits === undefined ? most : Number(bits);
    if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits ?? '0') || length > most)
      throw new AppError('ERR_INVALID', `trusted_proxies: ${text} is no address and no network`);
    this.#trusted.addSubnet(address, length, family === 6 ? 'ipv6' : 'ipv4');
  }
}

function last(values: readonly string[]): string | undefined {
  const text = values.at(-1)?.split(',').at(-1)?.trim();
  return text === '' ? undefined : text;
}

function plain(address: string): string {
  return address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
}
