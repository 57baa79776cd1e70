import { createSocket, type Socket } from 'node:dgram';
import { randomId } from '../base/index.js';
import { readAnswer } from './dns-answer.js';
import { pause } from './finding.js';
import type { Echo } from './mdns.js';
import { isNear, ownNetworks, type Network } from './networks.js';

const GROUP = '224.0.0.251';
const PORT = 5353;
const LISTEN_MS = 1_500;
/** How players of all kinds announce themselves, and we as an MPD. */
export const SERVICES = ['_mpd._tcp', '_googlecast._tcp', '_snapcast._tcp'] as const;
const MOST_SEEN = 256;

/** Asks every network who is there, and hears what comes back: our own question, and answers of others. */
export async function echo(
  signal: AbortSignal,
  { port = PORT, networks = ownNetworks() }: { port?: number; networks?: readonly Network[] } = {},
): Promise<Echo> {
  const own = new Set(networks.map(({ address }) => address));
  const heardOn = new Set<string>();
  const others = new Set<string>();
  const seen = new Map<string, Echo['seen'][number]>();
  const addresses = new Set<string>();
  const sockets: Socket[] = [];
  const result = (): Echo => ({
    networks,
    heardOn: [...heardOn],
    answers: others.size,
    seen: [...seen.values()],
    addresses: [...addresses],
  });
  try {
    for (const network of networks) {
      const label = `tutti-${randomId()}`;
      const socket = createSocket({ type: 'udp4', reuseAddr: true });
      sockets.push(socket);
      socket.on('message', (packet, from) => {
        if (packet.includes(label)) heardOn.add(network.name);
        const answer = readAnswer(packet);
        if (!answer || seen.size >= MOST_SEEN) return;
        const ours = own.has(from.address);
        if (!ours) others.add(from.address);
        // Every socket of this port hears all networks: where something was said tells the address alone.
        const { name: where } = networks.find((one) => isNear(from.address, [one])) ?? network;
        for (const { name, to } of answer.pointers) {
          const service = SERVICES.find((one) => name === `${one}.local`);
          if (service !== undefined) seen.set(`${from.address} ${to}`, { network: where, service, ours });
        }
        if (!ours) for (const address of answer.addresses.slice(0, 16)) addresses.add(address);
      });
      await bound(socket, port);
      socket.addMembership(GROUP, network.address);
      socket.setMulticastInterface(network.address);
      socket.setMulticastLoopback(true);
      const questions = ['_services._dns-sd._udp', ...SERVICES].map((name) => question(...name.split('.')));
      await sent(socket, port, question(label), ...questions);
    }
    // Others delay their answers by up to half a second.
    if (networks.length > 0) await pause(LISTEN_MS, signal);
    return result();
  } catch (thrown) {
    const { code = 'unknown' } = thrown as NodeJS.ErrnoException;
    return { failed: code, ...result() };
  } finally {
    for (const socket of sockets) socket.close();
  }
}

function bound(socket: Socket, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, () => {
      socket.off('error', reject);
      socket.on('error', () => undefined);
      resolve();
    });
  });
}

async function sent(socket: Socket, port: number, ...packets: Buffer[]): Promise<void> {
  for (const packet of packets)
    await new Promise<void>((resolve, reject) =>
      socket.send(packet, port, GROUP, (error) => (error ? reject(error) : resolve())),
    );
}

/** A DNS question for the pointer records of a name in `local`. */
export function question(...labels: string[]): Buffer {
  const name = [...labels, 'local'].flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  const head = Buffer.from([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([head, ...name, Buffer.from([0, 0, 12, 0, 1])]);
}
