import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** An IPv4 network with other machines on it. */
export interface Network {
  readonly name: string;
  readonly address: string;
  readonly netmask: string;
}

/** One address for each interface that is not this machine's own loop. */
export function ownNetworks(): Network[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
      .slice(0, 1)
      .map(({ address, netmask }) => ({ name, address, netmask })),
  );
}

/** Of these, networks on which everybody hears everybody: no tunnels (VPN) between two ends. */
export async function heardByAll(
  networks: readonly Network[],
  read: (path: string) => Promise<string | undefined>,
): Promise<Network[]> {
  const flags = await Promise.all(networks.map(({ name }) => read(`/sys/class/net/${name}/flags`)));
  return networks.filter((_network, at) => (Number(flags[at] ?? 0) & POINT_TO_POINT) === 0);
}

/** As the kernel numbers it: IFF_POINTOPOINT. */
const POINT_TO_POINT = 0x10;

/** Whether an address can be reached without a router. */
export function isNear(address: string, networks: readonly Network[]): boolean {
  if (!isIPv4(address) || address.startsWith('127.')) return true;
  return networks.some((network) => {
    const mask = asNumber(network.netmask);
    return (asNumber(address) & mask) === (asNumber(network.address) & mask);
  });
}

/** Addresses of houses: what is said to be elsewhere on the internet is no network of ours. */
export const isPrivate = (address: string): boolean =>
  /^(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01])|169\.254)\./.test(address);

const asNumber = (address: string): number =>
  address.split('.').reduce((number, part) => (number << 8) | Number(part), 0);
