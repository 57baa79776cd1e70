import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { AppError } from '../base/index.js';

/** Until the headers of an answer are there; a picture may have to be made smaller first. */
const ANSWER_MS = 10_000;
const PASSED_ON = ['range', 'if-range', 'if-none-match', 'accept'] as const;
const PASSED_BACK = [
  'content-type',
  'content-length',
  'content-range',
  'accept-ranges',
  'etag',
  'cache-control',
] as const;

/**
 * `/media/<token>` and `/artwork/<id>` where another process has the files: passed on to it as they are asked for, and its answers back.
 * Whatever a token is worth is for that process to say. [MD1] [AR1]
 */
export function filesElsewhere(app: FastifyInstance, from: () => string): void {
  const pass: RouteHandlerMethod = (request, reply) => passOn(from(), request, reply);
  for (const url of ['/media/:token', '/artwork/:id'])
    void app.route({ method: ['GET', 'HEAD'], exposeHeadRoute: false, url, handler: pass });
}

async function passOn(base: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const answer = await ask(base, request, reply);
  const status = answer.statusCode ?? 502;
  void reply.code(status);
  for (const name of PASSED_BACK) {
    const value = answer.headers[name];
    if (value !== undefined) void reply.header(name, value);
  }
  if (request.method === 'HEAD' || status === 304) {
    answer.resume();
    return reply.send();
  }
  return reply.send(answer);
}

function ask(base: string, request: FastifyRequest, reply: FastifyReply): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const fail = (cause?: unknown): void =>
      reject(new AppError('ERR_HOUSE_OFFLINE', 'The server that has the files is not reachable', { cause }));
    // The address comes from the house, the path from whoever asks: it must not lead to another host.
    if (base === '' || !URL.canParse(request.url, base)) return fail();
    const url = new URL(request.url, base);
    if (url.origin !== new URL(base).origin) return fail();
    const headers = Object.fromEntries(
      PASSED_ON.flatMap((name) => {
        const value = request.headers[name];
        return typeof value === 'string' ? [[name, value]] : [];
      }),
    );
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const asked: ClientRequest = send(url, { method: request.method, headers, timeout: ANSWER_MS });
    asked.once('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.once('error', fail);
    asked.once('response', (answer) => {
      asked.setTimeout(0);
      resolve(answer);
    });
    reply.raw.once('close', () => asked.destroy());
    asked.end();
  });
}
