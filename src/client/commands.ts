import {
  COMMANDS,
  type CommandInput,
  type CommandReply,
  type CommandType,
  type WireError,
} from '../protocol/index.js';
import { ClientError, disconnected } from './client-error.js';
import type { ClientClock } from './socket.js';

const REPLY_MS = 10_000;

interface Waiting {
  readonly type: CommandType;
  readonly timer: { cancel(): void };
  done(reply: unknown): void;
  failed(error: ClientError): void;
}

/** Commands that wait for their reply. Each one settles: by reply, error, time-out or the end of the connection. */
export class PendingCommands {
  readonly #clock: ClientClock;
  readonly #nextId: () => string;
  readonly #transmit: (frame: object) => boolean;
  readonly #waiting = new Map<string, Waiting>();

  constructor(clock: ClientClock, nextId: () => string, transmit: (frame: object) => boolean) {
    this.#clock = clock;
    this.#nextId = nextId;
    this.#transmit = transmit;
  }

  send<T extends CommandType>(
    type: T,
    data: CommandInput<T>,
    timeoutMs = REPLY_MS,
  ): Promise<CommandReply<T>> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId();
      if (!this.#transmit({ id, type, data })) return reject(disconnected());
      const timer = this.#clock.after(timeoutMs, () => {
        this.#waiting.delete(id);
        reject(
          new ClientError({
            code: 'ERR_NO_REPLY',
            message: `no reply to ${type} within ${timeoutMs} ms`,
            retryable: true,
          }),
        );
      });
      const done = (reply: unknown): void => {
        const checked = COMMANDS[type].reply.safeParse(reply);
        if (checked.success) resolve(checked.data as CommandReply<T>);
        else reject(badReply(type));
      };
      this.#waiting.set(id, { type, timer, done, failed: reject });
    });
  }

  /** True when `id` was waited for. */
  reply(id: string, data: unknown): boolean {
    const waiting = this.#take(id);
    waiting?.done(data);
    return waiting !== undefined;
  }

  /** `error` undefined: an answer came that cannot be read. */
  error(id: string, error: WireError | undefined): boolean {
    const waiting = this.#take(id);
    waiting?.failed(error ? new ClientError(error) : badReply(waiting.type));
    return waiting !== undefined;
  }

  /** The connection is over: nobody knows whether these were done. */
  rejectAll(): void {
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.failed(disconnected());
  }

  #take(id: string): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.timer.cancel();
    return waiting;
  }
}

function badReply(type: CommandType): ClientError {
  return new ClientError({
    code: 'ERR_BAD_REPLY',
    message: `the reply to ${type} cannot be read`,
    retryable: false,
  });
}
