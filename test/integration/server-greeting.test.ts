import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import { afterEach, expect, it } from 'vitest';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { Gate } from '../../src/server/gate.js';
import { Present } from '../../src/server/hub/present.js';
import { Upgrades } from '../../src/server/hub/upgrades.js';
import { DEFAULT_LIMITS, openDoor } from '../../src/server/index.js';
import { Proxies } from '../../src/server/proxies.js';

let server: Server;
let upgrades: Upgrades;

afterEach(() => {
  upgrades.close();
  server.close();
});

/** A server that fails at what comes after the 101. */
async function failing(): Promise<number> {
  server = createServer();
  const port = (): number => (server.address() as AddressInfo).port;
  upgrades = new Upgrades({
    clock: systemClock,
    log: silentLogger,
    gate: new Gate({ allowedHosts: [], allowedOrigins: [], hostname: 'tutti', addresses: () => [], port }),
    proxies: new Proxies([]),
    door: openDoor,
    present: new Present(openDoor),
    limits: DEFAULT_LIMITS,
    welcome: () => {
      throw new Error('a bug');
    },
  });
  server.on('upgrade', (request, stream, head) => upgrades.upgrade(request, stream, head));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return port();
}

it('a fault after the 101 closes the WebSocket with 1011, and never writes HTTP into it', async () => {
  const ws = new WebSocket(`ws://127.0.0.1:${await failing()}/ws`);
  const faults: string[] = [];
  ws.on('error', ({ message }) => faults.push(message));
  const code = await new Promise<number>((resolve) => ws.once('close', resolve));
  expect({ code, faults }).toEqual({ code: 1011, faults: [] });
});
