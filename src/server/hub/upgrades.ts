import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';
import { AppError, toError, within, type Clock, type Logger } from '../../base/index.js';
import type { Door, Identity } from '../../people/index.js';
import { allows, ERRORS, TOPIC_ACCESS, type ErrorCode } from '../../protocol/index.js';
import { bearerOf, cookieOf, queryTokenOf, type Credential } from '../credentials.js';
import type { Gate } from '../gate.js';
import { streamedJob } from '../job-stream.js';
import { rateLimited, type ServerLimits } from '../limits.js';
import { KeyedBuckets } from '../token-bucket.js';
import { EVERYBODY } from '../open-door.js';
import type { Proxies } from '../proxies.js';
import { wireError } from '../wire-errors.js';
import { Admission, type Place } from './admission.js';
import type { Present } from './present.js';

/** Upgrades that wait for the Door's answer, from all addresses; each ends within the time below. */
const MAX_ASKING = 256;
const ASK_MS = 5_000;
/** The close code of RFC 6455 for a fault of the server. */
const INTERNAL = 1011;

/** Somebody who got in: known, anonymous for a while, or let in only to be told why not. */
export interface Arrival {
  readonly ws: WebSocket;
  readonly socket: Socket;
  readonly address: string;
  /** Who wants the stream of one job instead of everything. [JB5] */
  readonly jobId: string | undefined;
  readonly place: Place;
  readonly identity: Identity | undefined;
  readonly refusal: unknown;
}

export interface UpgradeParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly gate: Gate;
  readonly proxies: Proxies;
  readonly door: Door;
  readonly present: Present;
  readonly limits: ServerLimits;
  readonly welcome: (arrival: Arrival) => void;
}

/** ws defaults allow 100 MiB messages and 131,072 fragments; none of ours needs more than this. [EN6] */
function wsOptions({
  messageBytes,
  compression,
}: ServerLimits): ServerOptions & { readonly closeTimeout: number } {
  return {
    noServer: true,
    clientTracking: false,
    // Never a window per client: that is 245 KB each.
    perMessageDeflate: compression === 'shared' && {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
    },
    maxPayload: messageBytes,
    maxFragments: 64,
    maxBufferedChunks: 1024,
    closeTimeout: 3_000,
    allowSynchronousEvents: true,
    autoPong: true,
    skipUTF8Validation: false,
  };
}

/** Everything that is decided before the 101, so that a refused page learns nothing and costs nothing. [GT3] */
export class Upgrades {
  readonly #parts: UpgradeParts;
  readonly #wss: WebSocketServer;
  readonly #admission: Admission;
  readonly #streamRates: KeyedBuckets;
  #asking = 0;
  readonly #refusals = new Map<ErrorCode, number>();
  #closing = false;

  constructor(parts: UpgradeParts) {
    this.#parts = parts;
    this.#wss = new WebSocketServer(wsOptions(parts.limits));
    this.#admission = new Admission(parts.limits);
    this.#streamRates = new KeyedBuckets(parts.limits.jobStreams);
  }

  get anonymous(): number {
    return this.#admission.anonymous;
  }

  /** How many were refused, by error code. */
  get refusals(): ReadonlyMap<ErrorCode, number> {
    return this.#refusals;
  }

  close(): void {
    this.#closing = true;
    this.#wss.close();
  }

  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on('error', () => stream.destroy());
    const visit = { request, stream, head };
    try {
      this.#look(visit);
    } catch (thrown) {
      this.#refuse(stream, thrown);
    }
  }

  #look(visit: Visit): void {
    const { gate, proxies, door } = this.#parts;
    const { request, stream } = visit;
    if (!(stream instanceof Socket)) throw new AppError('ERR_BAD_MESSAGE', 'This is no network connection');
    const seen = proxies.see(request);
    const authority = gate.host(request, seen);
    const url = request.url ?? '';
    const jobId = streamedJob(url.split('?', 1)[0]!);
    if (jobId === undefined && url.split('?', 1)[0] !== '/ws')
      throw new AppError('ERR_NOT_FOUND', 'WebSockets are at /ws');
    const page = gate.origin(request, authority, seen);
    if (this.#closing) throw new AppError('ERR_BUSY', 'The server is stopping');
    const { address } = seen;
    if (jobId !== undefined) this.#countStream(address);
    if (door.mode === 'open') {
      this.#enter(visit, stream, address, EVERYBODY);
      return;
    }
    // A browser adds the cookie whoever asks: it counts only where the page is known to be ours. [GT2]
    const credential =
      bearerOf(request) ?? queryTokenOf(url) ?? (page === 'ours' ? cookieOf(request) : undefined);
    if (credential) this.#ask(visit, stream, address, credential);
    else this.#enter(visit, stream, address, undefined);
  }

  /** Streams end and are asked for again: so many a minute from one address. */
  #countStream(address: string): void {
    const retryAfterMs = this.#streamRates.take(address, this.#parts.clock.nowUs());
    if (retryAfterMs > 0) throw rateLimited(retryAfterMs);
  }

  #ask(visit: Visit, socket: Socket, address: string, credential: Credential): void {
    const { clock, door, present } = this.#parts;
    if (this.#asking >= MAX_ASKING) throw new AppError('ERR_BUSY', 'Too many come in at once');
    this.#asking += 1;
    const { secret, carrier } = credential;
    const ask = within({ clock, what: 'asking who this is', ms: ASK_MS, code: 'ERR_BUSY' }, () =>
      door.identify(secret, carrier, address),
    );
    present
      .identified(ask, (identity) => this.#enter(visit, socket, address, identity))
      .then((entered) => {
        if (entered === 'ended') throw new AppError('ERR_AUTH_REQUIRED', 'This is not valid any more');
      })
      .catch((thrown: unknown) => this.#unknown(visit, socket, address, credential, thrown))
      .finally(() => (this.#asking -= 1));
  }

  /** A cookie that has ended is as good as none; a browser sees no status of a refused upgrade, so a token of the query is told inside. */
  #unknown(visit: Visit, socket: Socket, address: string, { carrier }: Credential, thrown: unknown): void {
    try {
      const unknown = thrown instanceof AppError && thrown.code === 'ERR_AUTH_REQUIRED';
      if (!unknown || carrier === 'bearer') throw thrown;
      this.#enter(visit, socket, address, undefined, carrier === 'query' ? thrown : undefined);
    } catch (refusal) {
      this.#refuse(socket, refusal);
    }
  }

  #enter(
    { request, head }: Visit,
    socket: Socket,
    address: string,
    identity: Identity | undefined,
    refusal?: unknown,
  ): void {
    if (socket.destroyed) return;
    if (this.#closing) throw new AppError('ERR_BUSY', 'The server is stopping');
    const jobId = streamedJob((request.url ?? '').split('?', 1)[0]!);
    if (jobId !== undefined) mayStream(identity, refusal);
    const subject = this.#parts.door.mode === 'open' ? undefined : identity?.subject_id;
    const place = identity
      ? this.#admission.enter(address, subject)
      : this.#admission.enterAnonymous(address);
    socket.once('close', place.leave);
    // The 101 and the first frame leave in one write: when a whole house comes back at once, each counts.
    socket.cork();
    try {
      this.#wss.handleUpgrade(request, socket, head, (ws) =>
        this.#greet({ ws, socket, address, jobId, place, identity, refusal }),
      );
    } catch (thrown) {
      place.leave();
      throw thrown;
    } finally {
      socket.uncork();
    }
  }

  /** After the 101 there is no way back to HTTP: what goes wrong then ends this WebSocket, in its own words. */
  #greet(arrival: Arrival): void {
    try {
      this.#parts.welcome(arrival);
    } catch (err) {
      this.#parts.log.error({ err }, 'a client could not be greeted');
      arrival.ws.on('error', () => arrival.ws.terminate());
      arrival.ws.close(INTERNAL, 'could not be greeted');
    }
  }

  #refuse(stream: Duplex, thrown: unknown): void {
    const error = wireError(thrown, this.#parts.log, 'upgrade');
    this.#refusals.set(error.code, (this.#refusals.get(error.code) ?? 0) + 1);
    this.#parts.log.debug({ code: error.code }, 'websocket refused');
    const body = JSON.stringify({ error });
    const { status } = ERRORS[error.code];
    stream.once('finish', () => stream.destroy());
    stream.end(
      `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
        `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  }
}

/** Nobody signs in on a stream: who they are has come with the address. */
function mayStream(identity: Identity | undefined, refusal: unknown): void {
  if (refusal !== undefined) throw toError(refusal);
  if (!identity) throw new AppError('ERR_AUTH_REQUIRED', 'Sign in first');
  if (!allows(TOPIC_ACCESS['job/*'], identity))
    throw new AppError('ERR_NOT_ALLOWED', 'You may not do this', {
      params: { access: TOPIC_ACCESS['job/*'] },
    });
}

interface Visit {
  readonly request: IncomingMessage;
  readonly stream: Duplex;
  readonly head: Buffer;
}
