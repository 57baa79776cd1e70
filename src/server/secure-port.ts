import {
  createServer as createPlain,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { Socket } from 'node:net';

/** PEM texts. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
}

/** The first byte of a TLS handshake; no HTTP method begins with it. */
const HANDSHAKE = 0x16;
const FIRST_BYTE_MS = 5_000;

/**
 * One port for https, and for what only players ask without it: they know no certificate of a house, so files of signed addresses and
 * pictures come by http too. Everything else by http is sent to the same address by https. [TS1]
 */
export function securePort(
  options: ServerOptions,
  tls: Tls,
  handler: RequestListener,
  maxHeaders: number,
): Server {
  const secure = createSecure({ ...options, ...tls }, handler);
  const plain = createPlain(options, (request, response) => {
    if (isFile(request.url ?? '')) return handler(request, response);
    const { host = '' } = request.headers;
    if (!/^[\w.:[\]-]{1,260}$/.test(host)) return void response.writeHead(400).end();
    return void response.writeHead(308, { location: `https://${host}${request.url ?? '/'}` }).end();
  });
  plain.maxHeadersCount = maxHeaders;
  const unsafe = new Set<Socket>();
  const handshake = secure.listeners('connection') as ((socket: Socket) => void)[];
  secure.removeAllListeners('connection');
  secure.on('connection', (socket: Socket) => {
    socket.setTimeout(FIRST_BYTE_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.once('data', (first: Buffer) => {
      socket.pause();
      socket.setTimeout(0);
      socket.removeAllListeners('timeout');
      socket.unshift(first);
      if (first[0] === HANDSHAKE) for (const listener of handshake) listener.call(secure, socket);
      else {
        unsafe.add(socket.once('close', () => unsafe.delete(socket)));
        plain.emit('connection', socket);
      }
      process.nextTick(() => socket.resume());
    });
  });
  // Upgrades and refusals are those of one server; a plain connection ends with it.
  plain.on('clientError', (error, socket) => secure.emit('clientError', error, socket));
  plain.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 426 Refused\r\nconnection: close\r\n\r\n'));
  const closeAll = secure.closeAllConnections.bind(secure);
  secure.closeAllConnections = () => {
    closeAll();
    for (const socket of unsafe) socket.destroy();
  };
  return secure;
}

function isFile(url: string): boolean {
  return /^\/(?:media|artwork)\//.test(url) || url === '/health';
}
