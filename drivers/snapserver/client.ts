import { connect, type Socket } from 'node:net';
import type * as z from 'zod';
import { AppError, deferred, toError, within, type Clock, type Deferred } from '../../src/base/index.js';
import { encodeRequest, MessageLines, type Message } from './wire.js';

const CONNECT_MS = 5000;
const REPLY_MS = 5000;

/** One JSON-RPC connection to a snapserver. When it dies, everything pending rejects. */
export class SnapControl {
  readonly closed: Promise<AppError>;
  /** Something has changed that this connection did not change itself. */
  onNotice: (() => void) | undefined;
  #socket: Socket;
  #clock: Clock;
  #lines = new MessageLines();
  #pending = new Map<number, Deferred<unknown>>();
  #lastId = 0;
  #over: AppError | undefined;
  #ended = deferred<AppError>();

  private constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    this.closed = this.#ended.promise;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 10_000);
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('error', (error) =>
      this.close(offline(`snapserver is not reachable: ${error.message}`, error)),
    );
    socket.on('close', () => this.close(offline('snapserver closed the connection')));
  }

  /** Leaves nothing open when it rejects. */
  static async open(
    target: { readonly host: string; readonly port: number },
    clock: Clock,
    signal: AbortSignal,
  ): Promise<SnapControl> {
    signal.throwIfAborted();
    const { host, port } = target;
    const socket = connect({ host, port });
    const control = new SnapControl(socket, clock);
    const connected = deferred<void>();
    socket.once('connect', () => connected.resolve());
    const gone = control.closed.then((reason) => {
      throw reason;
    });
    try {
      const limit = { clock, what: 'connecting to snapserver', ms: CONNECT_MS, signal };
      await within(limit, () => Promise.race([connected.promise, gone]));
    } catch (error) {
      gone.catch(() => undefined);
      control.close(offline('connecting was given up', error));
      throw error;
    }
    gone.catch(() => undefined);
    return control;
  }

  /** Its result, checked. Rejects with ERR_PLAYER_REFUSED when snapserver would not. A missing answer ends the connection. */
  async request<T>(method: string, params: unknown, result: z.ZodType<T>): Promise<T> {
    if (this.#over) throw this.#over;
    const id = ++this.#lastId;
    const reply = deferred<unknown>();
    this.#pending.set(id, reply);
    this.#socket.write(encodeRequest(id, method, params));
    const timer = this.#clock.after(REPLY_MS, () =>
      this.close(new AppError('ERR_PLAYER_TIMEOUT', `snapserver did not answer ${method} in ${REPLY_MS} ms`)),
    );
    const answer = await reply.promise.finally(() => timer.cancel());
    const read = result.safeParse(answer);
    if (read.success) return read.data;
    const reason = new AppError('ERR_BAD_MESSAGE', `snapserver answered ${method} with something else`);
    this.close(reason);
    throw reason;
  }

  close(reason: AppError = offline('the connection to snapserver was closed')): void {
    if (this.#over) return;
    this.#over = reason;
    this.onNotice = undefined;
    this.#socket.destroy();
    for (const reply of this.#pending.values()) reply.reject(reason);
    this.#pending.clear();
    this.#ended.resolve(reason);
  }

  #read(bytes: Buffer): void {
    if (this.#over) return;
    try {
      for (const message of this.#lines.push(bytes)) this.#take(message);
    } catch (error) {
      this.close(error instanceof AppError ? error : offline('snapserver sent nonsense', error));
    }
  }

  #take(message: Message): void {
    if ('method' in message) return this.onNotice?.();
    const reply = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    const { error, result } = message;
    if (!error) return reply?.resolve(result);
    const why = typeof error.data === 'string' ? error.data : error.message;
    reply?.reject(new AppError('ERR_PLAYER_REFUSED', `snapserver says: ${why.slice(0, 200)}`));
  }
}

function offline(message: string, cause?: unknown): AppError {
  const why = cause === undefined ? {} : { cause: toError(cause) };
  return new AppError('ERR_PLAYER_OFFLINE', message, why);
}
