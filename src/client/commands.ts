import {
  COMMANDS,
  type CommandInput,
  type CommandReply,
  type CommandSpec,
  type CommandType,
  type WireError,
} from '../protocol/index.js';
import { ClientError, disconnected } from './client-error.js';
import type { ClientClock } from './socket.js';

const REPLY_MS = 10_000;
/** The server remembers so many answers: an older command could be done twice. */
const REMEMBERED = 128;

interface Waiting {
  readonly type: CommandType;
  readonly frame: object;
  readonly timer: { cancel(): void };
  /** The connection that it went out on last. */
  connection: number;
  done(reply: unknown): void;
  failed(error: ClientError): void;
}

/**
 * Commands that wait for their reply. Each one settles: by reply, error or time-out. When the connection is lost meanwhile, they are sent
 * again on the next one with the same id, so that each has one effect; where the server does not know them any more, they fail. [RE1]
 */
export class PendingCommands {
  readonly #clock: ClientClock;
  readonly #nextId: () => string;
  readonly #transmit: (frame: object) => boolean;
  readonly #waiting = new Map<string, Waiting>();
  #connection = 0;
  #resumeId: string | undefined;

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
      const frame = { id, type, data };
      if (!this.#transmit(frame)) return reject(disconnected());
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
        const checked = checkedReply(type, reply);
        if (checked === undefined) reject(badReply(type));
        else resolve(checked);
      };
      this.#waiting.set(id, { type, frame, timer, connection: this.#connection, done, failed: reject });
    });
  }

  /** A new connection: tells who we are, and then asks again what was not answered. */
  resume(clientId: string): void {
    this.#connection += 1;
    this.#resumeId = this.#nextId();
    this.#transmit({ id: this.#resumeId, type: 'resume', data: { client_id: clientId } });
  }

  /** True when `id` was waited for. */
  reply(id: string, data: unknown): boolean {
    if (id === this.#resumeId) {
      const { resumed } = typeof data === 'object' && data !== null ? (data as { resumed?: unknown }) : {};
      this.#resumed(resumed === true);
      return true;
    }
    const waiting = this.#take(id);
    waiting?.done(data);
    return waiting !== undefined;
  }

  /** `error` undefined: an answer came that cannot be read. */
  error(id: string, error: WireError | undefined): boolean {
    if (id === this.#resumeId) {
      this.#resumed(false);
      return true;
    }
    const waiting = this.#take(id);
    waiting?.failed(error ? new ClientError(error) : badReply(waiting.type));
    return waiting !== undefined;
  }

  /** There will be no other connection: nobody knows whether these were done. */
  rejectAll(): void {
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.failed(disconnected());
  }

  #resumed(known: boolean): void {
    this.#resumeId = undefined;
    const old = [...this.#waiting].filter(([, waiting]) => waiting.connection < this.#connection);
    const lasting = new Set(old.filter(([, { type }]) => hasEffect(type)).slice(-REMEMBERED));
    for (const entry of old) {
      const [id, waiting] = entry;
      if (hasEffect(waiting.type) && !(known && lasting.has(entry))) {
        this.#take(id)?.failed(disconnected());
        continue;
      }
      waiting.connection = this.#connection;
      this.#transmit(waiting.frame);
    }
  }

  #take(id: string): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.timer.cancel();
    return waiting;
  }
}

/** What only reads may be asked as often as one likes. */
function hasEffect(type: CommandType): boolean {
  const { http }: CommandSpec = COMMANDS[type];
  return !http.startsWith('GET ');
}

/** The reply when it is what the command promises. */
export function checkedReply<T extends CommandType>(type: T, reply: unknown): CommandReply<T> | undefined {
  const checked = COMMANDS[type].reply.safeParse(reply);
  return checked.success ? (checked.data as CommandReply<T>) : undefined;
}

export function badReply(type: CommandType): ClientError {
  return new ClientError({
    code: 'ERR_BAD_REPLY',
    message: `the reply to ${type} cannot be read`,
    retryable: false,
  });
}
