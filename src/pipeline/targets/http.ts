import type * as z from 'zod';
import { AppError, within, type Clock } from '../../base/index.js';
import { refusal, TargetFault } from './contract.js';

export interface HttpParts {
  /** As the admin wrote it: no secret, no question mark. */
  readonly url: string;
  readonly clock: Clock;
  /** How long one answer may take. */
  readonly answerMs: number;
  /** Is cut out of whatever a server says. */
  readonly secret?: string | undefined;
}

export interface Ask {
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>> | URLSearchParams;
  /** Statuses that are an answer here and not a fault. */
  readonly also?: readonly number[];
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

const MOST_BYTES = 16 << 20;
const MOST_REDIRECTS = 3;

/** Codes of errors, in words. The text of such an error is never shown: it may quote what was sent. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at this address and port',
  ENOTFOUND: 'no machine has this name',
  EAI_AGAIN: 'no machine has this name right now',
  EHOSTUNREACH: 'no way leads to this machine; it may be off',
  ENETUNREACH: 'no way leads to its network',
  ETIMEDOUT: 'the machine does not answer',
  ECONNRESET: 'it hung up',
  UND_ERR_SOCKET: 'it hung up',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'its certificate is signed by itself; use its http address or a real certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by nobody known; use its http address',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by nobody known; use its http address',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak https here; try http',
};

/** The few requests a target needs, of a server whose address an admin chose. Nothing it answers is believed before a schema has seen it. */
export class TargetHttp {
  readonly #parts: HttpParts;

  constructor(parts: HttpParts) {
    this.#parts = parts;
  }

  async json<T>(ask: Ask, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    return this.parse((await this.ask(ask, signal)).text, schema);
  }

  parse<T>(text: string, schema: z.ZodType<T>): T {
    const parsed = schema.safeParse(parse(text));
    if (!parsed.success)
      throw new TargetFault('refused', 'It answers what nobody understands; is this the right address?');
    return parsed.data;
  }

  /** Throws for everything that is not 2xx or in `also`. */
  async ask(ask: Ask, signal: AbortSignal): Promise<Answer> {
    const { clock, answerMs } = this.#parts;
    signal.throwIfAborted();
    try {
      return await within({ clock, what: 'the answer', ms: answerMs, signal }, (stop) =>
        this.#send(ask, stop),
      );
    } catch (thrown) {
      if (signal.aborted || thrown instanceof TargetFault) throw thrown;
      if (thrown instanceof AppError)
        throw new TargetFault('unreachable', 'It did not answer in time; it is tried again.');
      throw new TargetFault('unreachable', `It cannot be reached: ${reasonOf(thrown)}.`);
    }
  }

  /** What a server said, short and without the secret. */
  said(text: string): string {
    const { secret } = this.#parts;
    const plain = text.replace(/\p{Cc}+/gu, ' ').trim();
    return (secret === undefined ? plain : plain.replaceAll(secret, '***')).slice(0, 200);
  }

  async #send(ask: Ask, signal: AbortSignal): Promise<Answer> {
    let url = this.#urlOf(ask);
    for (let turn = 0; ; turn++) {
      const response = await fetch(url, { ...this.#init(ask), redirect: 'manual', signal });
      if (response.status < 300 || response.status > 399) return this.#read(response, ask.also ?? []);
      await response.body?.cancel();
      const next = addressOf(response.headers.get('location') ?? '', url);
      if (!next || turn >= MOST_REDIRECTS || !isSameHouse(url, next) || ask.method === 'POST')
        throw refusal('It sends us on to another address. Enter the address where it really is.');
      url = next;
    }
  }

  #urlOf({ path, query = {} }: Ask): URL {
    const url = new URL(this.#parts.url);
    url.pathname = url.pathname.replace(/\/+$/, '') + path;
    url.search = new URLSearchParams(query).toString();
    return url;
  }

  #init({ method = 'GET', headers = {}, json, form }: Ask): RequestInit {
    const sent = { accept: 'application/json', 'user-agent': 'Tutti', ...headers };
    if (json !== undefined)
      return { method, headers: { ...sent, 'content-type': 'application/json' }, body: JSON.stringify(json) };
    return { method, headers: sent, ...(form && { body: new URLSearchParams(form) }) };
  }

  async #read(response: Response, also: readonly number[]): Promise<Answer> {
    const { status } = response;
    if (!response.ok && !also.includes(status)) {
      await response.body?.cancel();
      throw faultOf(status);
    }
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    const reader = response.body?.getReader();
    for (;;) {
      const part = await reader?.read();
      if (!part || part.done) break;
      bytes += part.value.length;
      if (bytes > MOST_BYTES) {
        await reader?.cancel();
        throw new TargetFault('refused', 'It answers far more than it should; is this the right address?');
      }
      chunks.push(part.value);
    }
    return { status, text: Buffer.concat(chunks).toString('utf8') };
  }
}

/** A secret as the value of a header. Throws a fault of its own: what `fetch` throws would quote it. */
export function headerValue(secret: string | undefined): string {
  if (secret === undefined) throw refusal('It needs a token or key. Enter one.');
  if (!/^[\x21-\x7e]+$/.test(secret))
    throw refusal('The token has characters that no token has. Enter it again.');
  return secret;
}

function faultOf(status: number): TargetFault {
  if (status === 401) return refusal('It does not accept the token or password. Enter it again.');
  if (status === 403) return refusal('It says that this token or user may not do that. Use one of an admin.');
  if (status === 404)
    return new TargetFault('refused', 'It does not know this request; is the address right?');
  if (status === 503)
    return new TargetFault('unreachable', 'It answers that it is starting or busy (503); it is tried again.');
  if (status === 429 || status >= 500)
    return new TargetFault(
      'unreachable',
      `It answers with an error of its own (${status}); it is tried again.`,
    );
  return new TargetFault('refused', `It refuses the request (${status}); is the address right?`);
}

/** The same machine, and never from https down to http. */
function isSameHouse(from: URL, to: URL): boolean {
  if (to.hostname !== from.hostname || to.username !== '' || to.password !== '') return false;
  return to.protocol === from.protocol ? to.port === from.port : to.protocol === 'https:';
}

const addressOf = (text: string, base: URL): URL | undefined =>
  URL.canParse(text, base.href) ? new URL(text, base) : undefined;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Why a connection came to nothing, in words. */
export function reasonOf(thrown: unknown): string {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const { code } = error as { readonly code?: unknown };
    const reason = typeof code === 'string' && Object.hasOwn(REASONS, code) ? REASONS[code] : undefined;
    if (reason !== undefined) return reason;
  }
  return 'the connection failed';
}
