import type { FastifyInstance } from 'fastify';
import { asyncapiDocument } from '../protocol/index.js';
import { docsPage } from './docs/docs-page.js';

/** `GET /docs`: what goes over the wire, for people; and the AsyncAPI document, for programs. Both are made when the first one asks. [DC1] */
export function docsRoutes(app: FastifyInstance, version: string): void {
  let page: string | undefined;
  let document: string | undefined;
  app.get('/docs', (_request, reply) => {
    void reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8');
    return reply.send((page ??= docsPage(version)));
  });
  app.get('/api/v1/asyncapi.json', (_request, reply) => {
    void reply.type('application/json; charset=utf-8');
    return reply.send((document ??= JSON.stringify(asyncapiDocument())));
  });
}
