import {
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { AppError, toError, within, type Clock } from '../base/index.js';
import type { AddressGuard, Checked } from './address-guard.js';

export interface WebRequest {
  readonly guard: AddressGuard;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface WebAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** To be read or destroyed. */
  readonly body: IncomingMessage;
  /** Where the last redirect led. */
  readonly url: URL;
}

const MOST_HOPS = 5;
/** Until the headers of an answer are there. */
const ANSWER_MS = 30_000;
const REDIRECTS = [301, 302, 303, 307, 308];
const AGENT = 'Tutti';

/** GET through the guard, each redirect anew. Nothing but these headers is sent, to nobody. Rejects with ERR_SOURCE or what the guard says. */
export async function openWeb(address: string, request: WebRequest): Promise<WebAnswer> {
  let at = address;
  for (let hop = 0; hop <= MOST_HOPS; hop++) {
    const checked = await request.guard.check(at, request.signal);
    const answer = await ask(checked, request);
    const { location } = answer.headers;
    const status = answer.statusCode ?? 0;
    if (!REDIRECTS.includes(status) || location === undefined)
      return { status, headers: answer.headers, body: answer, url: checked.url };
    answer.destroy();
    if (!URL.canParse(location, checked.url.href))
      throw new AppError('ERR_SOURCE', 'The server leads nowhere');
    at = new URL(location, checked.url).href;
  }
  throw new AppError('ERR_SOURCE', 'The server leads from one address to the next without end', {
    retryable: false,
  });
}

async function ask(checked: Checked, request: WebRequest): Promise<IncomingMessage> {
  const { clock, signal } = request;
  let asked: ClientRequest | undefined;
  try {
    return await within({ clock, signal, what: 'the answer', ms: ANSWER_MS, code: 'ERR_SOURCE' }, () => {
      asked = send(checked, { 'user-agent': AGENT, 'accept-encoding': 'identity', ...request.headers });
      return answerOf(asked);
    });
  } catch (thrown) {
    asked?.destroy();
    if (signal.aborted) throw toError(signal.reason);
    if (thrown instanceof AppError) throw thrown;
    throw new AppError('ERR_SOURCE', `The server cannot be reached (${codeOf(thrown)})`, { cause: thrown });
  }
}

function answerOf(asked: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.on('error', reject);
    asked.once('response', resolve);
    asked.end();
  });
}

/** A request that connects to what was checked: the name is not looked up again. */
export function send(
  { url, addresses }: Checked,
  headers: OutgoingHttpHeaders,
  method = 'GET',
): ClientRequest {
  const options = {
    method,
    headers,
    agent: false,
    lookup: pinned(addresses),
    maxHeaderSize: 32_768,
  } as const;
  return url.protocol === 'https:' ? httpsRequest(url, options) : httpRequest(url, options);
}

/** A lookup that knows one answer. */
export function pinned(addresses: Checked['addresses']): LookupFunction {
  return (_host, options, done) => {
    const first = addresses[0];
    if (!first) return done(new Error('no address was checked'), '', 4);
    if (options.all === true) return done(null, [...addresses]);
    done(null, first.address, first.family);
  };
}

/** `ECONNREFUSED` and the like: says enough and names nobody. */
export function codeOf(thrown: unknown): string {
  const { code } = thrown as { code?: unknown };
  return typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code) ? code : 'the connection broke';
}

/** A text that is not longer than allowed. */
export async function readText(answer: WebAnswer, limitBytes: number, request: WebRequest): Promise<string> {
  const { clock, signal } = request;
  const what = 'reading the answer';
  try {
    return await within({ clock, signal, what, ms: ANSWER_MS, code: 'ERR_SOURCE' }, async () => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > limitBytes) throw new AppError('ERR_TOO_LARGE', 'The answer is longer than allowed');
        chunks.push(chunk);
      }
      return Buffer.concat(chunks).toString('utf8');
    });
  } catch (thrown) {
    if (signal.aborted) throw toError(signal.reason);
    if (thrown instanceof AppError) throw thrown;
    throw new AppError('ERR_SOURCE', `The answer broke off (${codeOf(thrown)})`, { cause: thrown });
  } finally {
    answer.body.destroy();
  }
}
