import { createSocket } from 'node:dgram';
import { afterAll, expect, it } from 'vitest';
import { checkSeen } from '../../src/doctor/mdns.js';
import { echo, question } from '../../src/doctor/multicast.js';
import { within, systemClock } from '../../src/base/index.js';

const GROUP = '224.0.0.251';
const LOOP = { name: 'lo', address: '127.0.0.1', netmask: '255.0.0.0' };
const responder = createSocket({ type: 'udp4', reuseAddr: true });
afterAll(() => void responder.close());

/** Answers every question for MPDs on this machine's own loop, on a port that nobody else has. */
async function announce(): Promise<number> {
  await new Promise<void>((resolve) => responder.bind(0, resolve));
  const { port } = responder.address();
  responder.addMembership(GROUP, LOOP.address);
  responder.setMulticastInterface(LOOP.address);
  responder.setMulticastLoopback(true);
  const name = question('_mpd', '_tcp').subarray(12, -4);
  const target = question('Kitchen', '_mpd', '_tcp').subarray(12, -4);
  const head = Buffer.from([0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
  const record = Buffer.from([0, 12, 0, 1, 0, 0, 0, 120, 0, target.length]);
  responder.on('message', (packet) => {
    if ((packet[2]! & 0x80) === 0 && packet.includes('_mpd'))
      responder.send(Buffer.concat([head, name, record, target]), port, GROUP);
  });
  return port;
}

it('multicast that really goes out and comes back is heard, and who announces itself', async () => {
  const port = await announce();
  const limit = { clock: systemClock, what: 'the echo', ms: 20_000 };
  const heard = await within(limit, (signal) => echo(signal, { port, networks: [LOOP] }));
  expect(heard).toMatchObject({ heardOn: ['lo'] });
  expect(heard.failed).toBeUndefined();
  expect(heard.seen).toContainEqual({ network: 'lo', service: '_mpd._tcp', ours: true });
  expect(checkSeen(heard, true).severity).toBe('notice');
});

it('no network is no error', async () => {
  const heard = await echo(new AbortController().signal, { networks: [] });
  expect(heard).toMatchObject({ networks: [], heardOn: [], answers: 0 });
});
