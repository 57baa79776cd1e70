import { isIP } from 'node:net';

export interface HostFault {
  readonly reason: string;
  /** What to write instead. */
  readonly suggestion: string;
}

/** What is wrong with the name or address of a machine, as somebody wrote it; undefined when it may be one. */
export function hostFault(text: string): HostFault | undefined {
  if (text === '') return { reason: 'is empty', suggestion: 'Write a name or an address: 192.168.1.20.' };
  const plain = text.trim();
  const bare = plain.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/[/?#].*$/, '');
  if (bare !== plain)
    return {
      reason: 'is a web address, and only the name or address in it is wanted',
      suggestion: 'Leave out what stands before and behind it.',
    };
  const inside = /^\[(.*)\]$/.exec(plain)?.[1];
  if (inside !== undefined && isIP(inside) === 6)
    return {
      reason: 'has brackets, which belong only before a port',
      suggestion: `Write ${quoted(inside)}.`,
    };
  const [, host, port] = /^(\[[^\]]*\]|[^:]*):(\d*)$/.exec(plain) ?? [];
  if (host !== undefined)
    return {
      reason: 'has a port in it',
      suggestion: `Write ${quoted(host.replace(/^\[|\]$/g, '') || '0.0.0.0')} here, and ${port === '' ? 'the port' : port} as port.`,
    };
  if (isIP(text) !== 0) return undefined;
  if (/^[\d.]+$/.test(plain))
    return {
      reason: 'is no address',
      suggestion: 'An address has four numbers from 0 to 255: 192.168.1.20.',
    };
  if (!/^(?!-)[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)*\.?$/u.test(text) || text.length > 253)
    return {
      reason: 'is no name and no address of a machine',
      suggestion: 'Names have letters, digits, dashes and dots: kitchen.lan.',
    };
  return undefined;
}

/** IPv6 has colons, which mean something in a config file. */
function quoted(host: string): string {
  return host.includes(':') ? `'${host}'` : host;
}
