import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, type Logger } from '../base/index.js';
import { ERRORS } from '../protocol/index.js';
import { wireError } from './wire-errors.js';

const NO_PAGE =
  'Tutti is running, but its page is not built.\n\n' +
  'Build it with: npm run build\n\n' +
  'The API is at /api/v1 (described by /api/v1/openapi.json) and the WebSocket at /ws.\n';

/** The phone page: files of `webRoot`, and index.html for every address that the page itself understands. [WB1] */
export async function webRoutes(
  app: FastifyInstance,
  webRoot: string | undefined,
  log: Logger,
): Promise<void> {
  const root = webRoot !== undefined && existsSync(join(webRoot, 'index.html')) ? webRoot : undefined;
  if (root !== undefined)
    await app.register(fastifyStatic, {
      root,
      cacheControl: false,
      index: ['index.html'],
      dotfiles: 'ignore',
      setHeaders: (reply, path) => void reply.header('cache-control', cachingOf(path.slice(root.length))),
    });
  app.setNotFoundHandler((request, reply) => {
    if (!wantsPage(request)) return notFound(reply, log);
    if (root !== undefined) return reply.sendFile('index.html');
    return reply.code(404).type('text/plain; charset=utf-8').send(NO_PAGE);
  });
}

/** Files under assets/ have their hash in the name; everything else may change with the next version. */
function cachingOf(path: string): string {
  return path.split(sep)[1] === 'assets' ? 'public, max-age=31536000, immutable' : 'no-cache';
}

function wantsPage(request: FastifyRequest): boolean {
  const path = request.url.split('?', 1)[0] ?? '/';
  const isPage =
    path === '/' || !/^\/(?:api|media|artwork|assets|ws|health|metrics)(?:\/|$)|\.[^/]*$/.test(path);
  return (request.method === 'GET' || request.method === 'HEAD') && isPage;
}

function notFound(reply: FastifyReply, log: Logger): FastifyReply {
  const error = wireError(new AppError('ERR_NOT_FOUND', 'There is nothing at this address'), log, 'http');
  return reply.code(ERRORS.ERR_NOT_FOUND.status).send({ error });
}
