import { connect as connectSocket, type Socket } from 'node:net';
import { AppError, deferred, toError, within, type Clock, type Deferred } from '../../src/base/index.js';
import {
  decodeLine,
  encodeCommand,
  LineSplitter,
  LoadReply,
  propertyValue,
  type Command,
  type EntryOptions,
  type MpvEvent,
  type Placing,
  type PropertyName,
  type PropertyValue,
  type Reply,
} from './wire.js';

const REQUEST_MS = 6000;
const UNAVAILABLE = new Set(['property unavailable', 'property not found']);

/** Requests and events over one connection to mpv's socket. When it is over, every pending request is rejected. */
export class MpvClient {
  #socket: Socket;
  #clock: Clock;
  #lines = new LineSplitter();
  #pending = new Map<number, { readonly name: string; readonly settled: Deferred<unknown> }>();
  #lastId = 0;
  #over: Error | undefined;
  #closed = deferred<Error>();
  #listener: ((event: MpvEvent) => void) | undefined;
  #early: MpvEvent[] = [];

  private constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => this.#end(new Error('mpv closed its socket')));
  }

  /** Rejects with the socket's error (ENOENT, ECONNREFUSED) when nobody listens. */
  static async open(path: string, clock: Clock, signal: AbortSignal): Promise<MpvClient> {
    signal.throwIfAborted();
    const socket = connectSocket({ path });
    const connected = deferred<void>();
    const abort = (): void => connected.reject(toError(signal.reason));
    socket.once('connect', () => connected.resolve());
    socket.once('error', (error) => connected.reject(error));
    signal.addEventListener('abort', abort, { once: true });
    try {
      await connected.promise;
      return new MpvClient(socket, clock);
    } catch (error) {
      socket.on('error', () => undefined);
      socket.destroy();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Resolves with the reason when the connection is over. */
  get closed(): Promise<Error> {
    return this.#closed.promise;
  }

  /** Events in order, including those that came before the call. One listener. */
  listen(listener: (event: MpvEvent) => void): void {
    this.#listener = listener;
    for (const event of this.#early.splice(0)) listener(event);
  }

  /** Resolves with mpv's answer; rejects with ERR_PLAYER_REFUSED, ERR_PLAYER_OFFLINE or ERR_PLAYER_TIMEOUT. */
  async request(command: Command, signal?: AbortSignal): Promise<unknown> {
    if (this.#over) throw offline(this.#over);
    const id = ++this.#lastId;
    const line = encodeCommand(id, command);
    const settled = deferred<unknown>();
    settled.promise.catch(() => undefined);
    this.#pending.set(id, { name: command[0], settled });
    this.#socket.write(line);
    const limit = {
      clock: this.#clock,
      what: `mpv ${command[0]}`,
      ms: REQUEST_MS,
      ...(signal && { signal }),
    };
    try {
      return await within(limit, () => settled.promise);
    } finally {
      this.#pending.delete(id);
    }
  }

  /** A property's value; `undefined` while mpv has none. */
  async get<Name extends PropertyName>(
    name: Name,
    signal?: AbortSignal,
  ): Promise<PropertyValue<Name> | undefined> {
    return propertyValue(name, await this.request(['get_property', name], signal));
  }

  /** Puts an entry into the playlist and returns its id there. `indexed`: mpv 0.38 and later want an index before the options. */
  async load(location: string, placing: Placing, options: EntryOptions, indexed: boolean): Promise<number> {
    const reply = await this.request(
      indexed ? ['loadfile', location, placing, -1, options] : ['loadfile', location, placing, options],
    );
    return LoadReply.parse(reply).playlist_entry_id;
  }

  close(): void {
    this.#end(new Error('the link was closed'));
  }

  #read(chunk: Buffer): void {
    if (this.#over) return;
    try {
      for (const line of this.#lines.push(chunk)) {
        const message = decodeLine(line);
        if (message !== undefined) this.#take(message);
      }
    } catch (error) {
      this.#end(new Error('what came over the socket is not mpv', { cause: error }));
    }
  }

  #take(message: Reply | MpvEvent): void {
    if ('event' in message) {
      if (this.#listener) this.#listener(message);
      else this.#early.push(message);
      return;
    }
    const pending = this.#pending.get(message.request_id);
    if (!pending) return;
    if (message.error === 'success') pending.settled.resolve(message.data);
    else if (pending.name === 'get_property' && UNAVAILABLE.has(message.error))
      pending.settled.resolve(undefined);
    else {
      pending.settled.reject(
        new AppError('ERR_PLAYER_REFUSED', `mpv ${pending.name}: ${message.error.slice(0, 200)}`),
      );
    }
  }

  #end(reason: Error): void {
    if (this.#over) return;
    this.#over = reason;
    this.#socket.destroy();
    for (const { settled } of this.#pending.values()) settled.reject(offline(reason));
    this.#pending.clear();
    this.#closed.resolve(reason);
  }
}

export function offline(cause: Error): AppError {
  return new AppError('ERR_PLAYER_OFFLINE', cause.message, { cause });
}
