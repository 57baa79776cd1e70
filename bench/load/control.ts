import { createServer, type AddressInfo, type Socket } from 'node:net';
import { collectGarbage } from '../control/garbage.js';
import { answerParent } from './asks.js';
import { UNTOLD } from './untold.js';

/**
 * The floor every figure of the control plane is compared with: bare sockets, one buffer, one write per client. Whoever connects gets a
 * 101 and one frame for its subscription; what comes in on /tap goes out to everybody as the bytes it was given.
 */
const SUBSCRIBED = Buffer.from('{"type":"subscribed"}');
const listeners = new Set<Socket>();
let payloads: readonly Buffer[] = [];
let beat: NodeJS.Timeout | undefined;

function tell(): void {
  for (const socket of listeners) for (const payload of payloads) socket.write(payload);
}

function welcome(socket: Socket, request: string): void {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
  if (request.startsWith('GET /tap')) {
    socket.on('data', tell);
    return;
  }
  socket.once('data', (subscription) => {
    socket.write(Buffer.concat([Buffer.from([0x81, SUBSCRIBED.length]), SUBSCRIBED]));
    socket.resume();
    if (!subscription.includes(UNTOLD)) listeners.add(socket);
  });
}

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.once('close', () => listeners.delete(socket));
  socket.once('data', (request) => welcome(socket, request.toString('latin1')));
});

const asks = {
  async listen(): Promise<number> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  },

  /** What is told from now on: each piece in a write of its own. */
  tell(...pieces: Uint8Array[]): void {
    payloads = pieces.map((bytes) => Buffer.from(bytes));
  },

  /** Gives back what memory is not needed. */
  collect: () => collectGarbage(),

  /** Tells by itself every so many milliseconds; 0 = not any more. */
  every(ms: number): void {
    clearInterval(beat);
    if (ms > 0) beat = setInterval(tell, ms);
  },
};

export type ControlAsks = typeof asks;

answerParent(asks);
