import { createSocket, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { randomId, systemClock, within } from '../../base/index.js';
import type { Echo } from './mdns.js';

const GROUP = '224.0.0.251';
const PORT = 5353;
const LISTEN_MS = 1_500;

interface Network {
  readonly name: string;
  readonly address: string;
}

/** Asks every network who is there, and hears what comes back: our own question, and answers of others. */
export async function echo(signal: AbortSignal, port = PORT): Promise<Echo> {
  const networks = own();
  const names = networks.map(({ name }) => name);
  const heardOn = new Set<string>();
  const others = new Set<string>();
  const sockets: Socket[] = [];
  try {
    for (const network of networks) {
      const label = `tutti-${randomId()}`;
      const socket = createSocket({ type: 'udp4', reuseAddr: true });
      sockets.push(socket);
      socket.on('message', (packet, from) => {
        if (packet.includes(label)) heardOn.add(network.name);
        else if (isAnswer(packet) && !networks.some(({ address }) => address === from.address))
          others.add(from.address);
      });
      await bound(socket, port);
      socket.addMembership(GROUP, network.address);
      socket.setMulticastInterface(network.address);
      socket.setMulticastLoopback(true);
      await sent(socket, port, question(label), question('_services', '_dns-sd', '_udp'));
    }
    await heard(signal);
    return { networks: names, heardOn: [...heardOn], answers: others.size };
  } catch (thrown) {
    const { code = 'unknown' } = thrown as NodeJS.ErrnoException;
    return { failed: code, networks: names, heardOn: [...heardOn], answers: others.size };
  } finally {
    for (const socket of sockets) socket.close();
  }
}

/** IPv4 networks with other machines on them, one address each. */
function own(): Network[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
      .slice(0, 1)
      .map(({ address }) => ({ name, address })),
  );
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

/** Long enough for answers, which others delay by up to half a second. */
async function heard(signal: AbortSignal): Promise<void> {
  const limit = { clock: systemClock, what: 'listening', ms: LISTEN_MS + 1_000, signal };
  await within(limit, () => new Promise<void>((resolve) => void systemClock.after(LISTEN_MS, resolve)));
}

const isAnswer = (packet: Buffer): boolean => packet.length > 12 && (packet[2]! & 0x80) !== 0;

/** A DNS question for the pointer records of a name in `local`. */
export function question(...labels: string[]): Buffer {
  const name = [...labels, 'local'].flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  const head = Buffer.from([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([head, ...name, Buffer.from([0, 0, 12, 0, 1])]);
}
