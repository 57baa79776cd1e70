import type { Client, WireClient } from 'castv2-client';
import { AppError, deferred, toError, within, type Clock } from '../../src/base/index.js';
import { Frames } from './frames.js';

const LIBRARY_MS = 5000;
const CONNECT_MS = 7000;
/** Our name on the receiver. */
const SENDER = 'sender-tutti';

export interface Incoming {
  readonly source: string;
  readonly namespace: string;
  readonly text: string;
}

/**
 * The fence around castv2-client: its TLS connection and its codec, and nothing else of it. Its framing ends the process when a
 * connection ends within four bytes, on a length beyond 1 GiB, and on a packet that does not decode; so packets are cut here.
 */
export class CastConnection {
  readonly closed: Promise<AppError>;
  #client: WireClient;
  #closed = deferred<AppError>();
  #over: AppError | undefined;
  #frames = new Frames();
  #heard: Incoming[] = [];
  #listener: ((message: Incoming) => void) | undefined;
  #localAddress = '127.0.0.1';

  private constructor(client: WireClient) {
    this.closed = this.#closed.promise;
    this.#client = client;
    client.on('error', (error: unknown) =>
      this.#end(offline('the connection to the Chromecast broke', error)),
    );
    client.on('close', () => this.#end(offline('the Chromecast closed the connection')));
    client.on('message', (source: unknown, destination: unknown, namespace: unknown, text: unknown) => {
      const ours = destination === SENDER || destination === '*';
      if (!ours || typeof source !== 'string' || typeof namespace !== 'string' || typeof text !== 'string')
        return;
      this.#heard.push({ source, namespace, text });
    });
  }

  /** Connects. Leaves nothing open when it rejects. */
  static async open(
    { host, port }: { readonly host: string; readonly port: number },
    clock: Clock,
    signal: AbortSignal,
  ): Promise<CastConnection> {
    const library = await load(clock, signal);
    signal.throwIfAborted();
    const connection = new CastConnection(new library.Client().client);
    try {
      await within({ clock, what: 'a connection to the Chromecast', ms: CONNECT_MS, signal }, () =>
        connection.#connect(host, port),
      );
      return connection;
    } catch (error) {
      connection.close(offline('connecting was given up', error));
      throw error;
    }
  }

  /** The address on this side, where the receiver can reach us. */
  get localAddress(): string {
    return this.#localAddress;
  }

  /** Messages in order. One listener. */
  listen(listener: (message: Incoming) => void): void {
    this.#listener = listener;
    this.#deliver();
  }

  /** Throws ERR_PLAYER_OFFLINE when the connection is over. */
  send(destination: string, namespace: string, message: Readonly<Record<string, unknown>>): void {
    if (this.#over) throw this.#over;
    try {
      this.#client.send(SENDER, destination, namespace, JSON.stringify(message));
    } catch (error) {
      this.#end(offline('the connection to the Chromecast broke', error));
      throw this.#over ?? error;
    }
  }

  close(reason: AppError = offline('the link was closed')): void {
    this.#end(reason);
  }

  async #connect(host: string, port: number): Promise<void> {
    const connected = deferred<void>();
    this.#client.connect({ host, port }, () => connected.resolve());
    // castv2 forgets its own listener before the socket is done.
    this.#client.socket?.on('error', () => undefined);
    const failed = this.#closed.promise.then((reason) => Promise.reject(reason));
    await Promise.race([connected.promise, failed]);
    this.#tame();
  }

  /** Takes the bytes away from castv2's framing, and gives its codec whole packets of a sane size. */
  #tame(): void {
    const { socket } = this.#client;
    if (!socket) throw offline('the Chromecast closed the connection');
    this.#localAddress = socket.localAddress ?? this.#localAddress;
    socket.setNoDelay(true);
    socket.removeAllListeners('readable');
    socket.on('readable', () => {
      for (let chunk: unknown = socket.read(); chunk instanceof Buffer; chunk = socket.read())
        this.#receive(chunk);
    });
  }

  #receive(chunk: Buffer): void {
    if (this.#over) return;
    try {
      for (const packet of this.#frames.push(chunk)) {
        this.#client.ps?.emit?.('packet', packet);
      }
    } catch (error) {
      const strange = new AppError('ERR_PLAYER_REFUSED', 'what answers there is no Chromecast', {
        cause: error,
      });
      this.#deliver();
      return this.#end(strange);
    }
    this.#deliver();
  }

  /** Outside of the fence, so that a fault of ours is not taken for one of theirs. */
  #deliver(): void {
    if (!this.#listener) return;
    for (const message of this.#heard.splice(0)) if (!this.#over) this.#listener(message);
  }

  #end(reason: AppError): void {
    if (this.#over) return;
    this.#over = reason;
    this.#listener = undefined;
    this.#client.socket?.destroy();
    this.#closed.resolve(reason);
  }
}

export function offline(message: string, cause?: unknown): AppError {
  return new AppError('ERR_PLAYER_OFFLINE', message, cause === undefined ? {} : { cause: toError(cause) });
}

/**
 * The library, when the first Chromecast needs it: it and protobufjs cost 10 MB. It reads its message format from a file after it was
 * imported, and throws at who sends before that.
 */
async function load(clock: Clock, signal: AbortSignal): Promise<{ readonly Client: typeof Client }> {
  return within({ clock, what: 'loading castv2-client', ms: LIBRARY_MS, signal }, async (given) => {
    const library = await import('castv2-client');
    const { client } = new library.Client();
    client.ps = { send: () => undefined };
    while (!given.aborted && !canSpeak(client)) await new Promise((resolve) => setImmediate(resolve));
    return library;
  });
}

function canSpeak(client: WireClient): boolean {
  try {
    client.send(SENDER, SENDER, '', '');
    return true;
  } catch {
    return false;
  }
}
