import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { AppError, type Logger } from '../base/index.js';
import { ERRORS, type ErrorCode } from '../protocol/index.js';
import type { Authority, Gate } from './gate.js';
import { parseJson } from './json-door.js';
import type { Proxies } from './proxies.js';
import { securePort, type Tls } from './secure-port.js';
import { wireError } from './wire-errors.js';

/** Against clients that connect and dawdle; a request of ours is small and whole within a second. [HT1] */
const HTTP_OPTIONS = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8_192,
} as const;
const MAX_HEADERS = 50;
const BODY_LIMIT = 65_536;

/** What goes in and out is judged by our own schemas: with compilers of its own Fastify loads 3 MB of programs that nobody calls. */
const noCompiler = (): never => {
  throw new Error('routes have no schema of Fastify');
};
const NO_SCHEMAS = { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } };

/** fastify with our doors: Host and Origin, JSON, errors as {error}, headers. Routes come from elsewhere. */
export function httpApp(gate: Gate, proxies: Proxies, tls: Tls | undefined, log: Logger): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 1024 },
    schemaController: NO_SCHEMAS,
    frameworkErrors: (thrown, _request, reply: FastifyReply) => sendFault(reply, thrown, log, 'http'),
    clientErrorHandler: refuseRaw,
    serverFactory: (handler) => serverFor(handler, tls),
  });
  doors(app, gate, proxies);
  app.setErrorHandler((thrown: FastifyError, request, reply) =>
    sendFault(reply, thrown, log, `${request.method} ${request.routeOptions.url ?? ''}`),
  );
  return app;
}

/** With a certificate the same port speaks https too. */
function serverFor(handler: RequestListener, tls: Tls | undefined): Server {
  const server = tls
    ? securePort(HTTP_OPTIONS, tls, handler, MAX_HEADERS)
    : createServer(HTTP_OPTIONS, handler);
  server.maxHeadersCount = MAX_HEADERS;
  return server;
}

function sendFault(reply: FastifyReply, thrown: FastifyError, log: Logger, where: string): void {
  const error = wireError(requestFault(thrown), log, where);
  // A route may have begun to describe a file.
  for (const name of ['etag', 'content-length', 'accept-ranges']) void reply.removeHeader(name);
  void reply.header('cache-control', 'no-store').type('application/json; charset=utf-8');
  void reply.code(ERRORS[error.code].status).send({ error });
}

function doors(app: FastifyInstance, gate: Gate, proxies: Proxies): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    const seen = proxies.see(request.raw);
    const authority = gate.host(request.raw, seen);
    if (request.method !== 'GET' && request.method !== 'HEAD') gate.origin(request.raw, authority, seen);
    void reply.headers(headersFor(request.url, authority, seen.host ?? request.headers.host ?? ''));
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body.length === 0 ? {} : parseJson(body.toString()));
    } catch (thrown) {
      done(thrown as AppError);
    }
  });
}

/** What a browser may do with an answer. Players fetch media and pictures from pages of their own, so those may be embedded. [WB2] */
function headersFor(url: string, authority: Authority, host: string): Record<string, string> {
  if (/^\/(?:media|artwork)\//.test(url)) return { 'content-security-policy': "default-src 'none'; sandbox" };
  const socket = authority.host === '' ? '' : ` ws://${host} wss://${host}`;
  return {
    'content-security-policy':
      `default-src 'self'; connect-src 'self'${socket}; img-src 'self' data:; object-src 'none'; ` +
      "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    'x-frame-options': 'DENY',
    'cross-origin-resource-policy': 'same-origin',
    ...(url.startsWith('/api/') ? { 'cache-control': 'no-store' } : {}),
  };
}

/** fastify's own errors in our codes; ours and bugs stay as they are. */
function requestFault(thrown: FastifyError): Error {
  if (thrown instanceof AppError) return thrown;
  if (thrown.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new AppError('ERR_TOO_LARGE', `A body may have ${BODY_LIMIT} bytes`, { cause: thrown });
  if (thrown.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new AppError('ERR_BAD_MESSAGE', 'A body has to be application/json', { cause: thrown });
  if (thrown.statusCode !== undefined && thrown.statusCode < 500)
    return new AppError('ERR_BAD_MESSAGE', 'The request is not well-formed', { cause: thrown });
  return thrown;
}

/** Bytes that are no HTTP request: answered in three words and cut off. */
function refuseRaw(thrown: NodeJS.ErrnoException, socket: Socket): void {
  if (thrown.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status =
    thrown.code === 'HPE_HEADER_OVERFLOW' ? 431 : thrown.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const code: ErrorCode = status === 431 ? 'ERR_TOO_LARGE' : 'ERR_BAD_MESSAGE';
  const error = { code, message: 'The request is not well-formed', retryable: false, params: {} };
  const body = JSON.stringify({ error });
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Listens, or says in a sentence what to set. */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<number> {
  try {
    await app.listen({ host, port, backlog: 511 });
  } catch (cause) {
    throw listenFault(cause, host, port);
  }
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

function listenFault(cause: unknown, host: string, port: number): unknown {
  const code = (cause as NodeJS.ErrnoException).code;
  const said: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} is taken by another program: stop it, or set port (TUTTI_PORT) to a free one`,
    EACCES: `Port ${port} needs more rights than Tutti has: set TUTTI_PORT to a port above 1023`,
    EADDRNOTAVAIL: `This machine has no address ${host}: set TUTTI_HOST to 127.0.0.1, 0.0.0.0 or one of its own`,
    ENOTFOUND: `The name ${host} is not known: set TUTTI_HOST to 127.0.0.1, 0.0.0.0 or an address of this machine`,
  };
  const sentence = code === undefined ? undefined : said[code];
  return sentence === undefined ? cause : new AppError('ERR_CONFLICT', sentence, { cause, params: { port } });
}
