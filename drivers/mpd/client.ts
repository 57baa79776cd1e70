import { connect, type Socket } from 'node:net';
import {
  AppError,
  deferred,
  toError,
  within,
  type Clock,
  type Deferred,
  type Timer,
} from '../../src/base/index.js';
import { encodeCommand, encodeList, ReplyParser, type Ack, type MpdCommand, type Section } from './wire.js';

const GREETING_MS = 5000;
const REPLY_MS = 10_000;
/** Larger chunks make fewer round trips; 64 KiB chunks meet delayed ACKs and take 42 ms each. */
const BINARY_LIMIT = String(1 << 20);
const WRONG_PASSWORD = 3;
const NO_PERMISSION = 4;

/** MPD's answer to a command it would not obey. */
export class MpdAck extends AppError {
  /** 2 argument, 3 password, 4 permission, 5 unknown command, 50 no such thing, 52 system, 55 player ... */
  readonly ack: number;
  readonly command: string;
  readonly said: string;

  constructor({ code, command, message }: Ack) {
    const password = code === WRONG_PASSWORD || code === NO_PERMISSION;
    super(password ? 'ERR_PLAYER_PASSWORD' : 'ERR_PLAYER_REFUSED', `MPD says: ${message}`, {
      params: { ack: code, command },
    });
    this.ack = code;
    this.command = command;
    this.said = message;
  }
}

export interface MpdTarget {
  readonly host: string;
  readonly port: number;
  /** Path of a unix socket; used instead of host and port. */
  readonly socket?: string | undefined;
  readonly password?: string | undefined;
}

interface Pending extends Deferred<readonly Section[]> {
  /** `idle` waits for ever. */
  readonly patient: boolean;
}

/** One connection: commands go out at once, replies come back in order. When it dies, everything pending rejects. */
export class MpdConnection {
  readonly closed: Promise<Error>;
  #socket: Socket;
  #clock: Clock;
  #parser = new ReplyParser();
  #pending: Pending[] = [];
  #closed = deferred<Error>();
  #over: AppError | undefined;
  #greeting = deferred<string>();
  #deadline: Timer | undefined;
  #version = '';

  private constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    this.closed = this.#closed.promise;
    this.#greeting.promise.catch(() => undefined);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 10_000);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#end(offline(`the connection to MPD broke`, error)));
    socket.on('close', () => this.#end(offline('MPD closed the connection')));
  }

  /** Connects, waits for the greeting, signs in. Leaves nothing open when it rejects. */
  static async open(target: MpdTarget, clock: Clock, signal: AbortSignal): Promise<MpdConnection> {
    signal.throwIfAborted();
    const { host, port, socket: path } = target;
    const connection = new MpdConnection(connect(path === undefined ? { host, port } : { path }), clock);
    try {
      await within({ clock, what: 'the greeting of MPD', ms: GREETING_MS, signal }, async () => {
        connection.#version = await connection.#greeting.promise;
        if (target.password !== undefined) await connection.request('password', target.password);
        await connection.request('binarylimit', BINARY_LIMIT).catch(ignoreUnknownCommand);
      });
    } catch (error) {
      connection.#end(offline('connecting was given up', error));
      throw error;
    }
    return connection;
  }

  get version(): string {
    return this.#version;
  }

  /** The address on this side, where MPD can reach us. Undefined on a unix socket. */
  get localAddress(): string | undefined {
    return this.#socket.localAddress;
  }

  async request(...command: MpdCommand): Promise<Section> {
    const sections = await this.#send(encodeCommand(command), false);
    return sections[0] ?? { pairs: [] };
  }

  /** All or up to the first that fails; one section for each. */
  async list(commands: readonly MpdCommand[]): Promise<readonly Section[]> {
    return commands.length === 0 ? [] : this.#send(encodeList(commands), false);
  }

  /** Resolves with what changed, or with nothing after `interruptIdle`. */
  async idle(subsystems: readonly string[]): Promise<readonly string[]> {
    const sections = await this.#send(encodeCommand(['idle', ...subsystems]), true);
    return sections.flatMap((section) => section.pairs.map(([, value]) => value));
  }

  /** Makes a pending `idle` answer now, changed or not. */
  interruptIdle(): void {
    if (this.#over || this.#pending.length === 0) return;
    this.#socket.write('noidle\n');
    this.#arm();
  }

  /** Whatever is pending rejects with the reason. */
  close(reason: AppError = offline('the connection to MPD was closed')): void {
    this.#end(reason);
  }

  #send(text: string, patient: boolean): Promise<readonly Section[]> {
    if (this.#over) return Promise.reject(this.#over);
    const pending: Pending = { ...deferred<readonly Section[]>(), patient };
    this.#pending.push(pending);
    this.#socket.write(text);
    if (!patient && !this.#deadline) this.#arm();
    return pending.promise;
  }

  #arm(): void {
    this.#deadline?.cancel();
    this.#deadline = this.#clock.after(REPLY_MS, () =>
      this.#end(new AppError('ERR_PLAYER_TIMEOUT', `MPD did not answer within ${REPLY_MS} ms`)),
    );
  }

  #receive(chunk: Buffer): void {
    if (this.#over) return;
    try {
      for (const message of this.#parser.push(chunk)) {
        if (message.type === 'greeting') {
          this.#greeting.resolve(message.version);
          continue;
        }
        const pending = this.#pending.shift();
        if (message.type === 'ack') (pending ?? this.#greeting).reject(new MpdAck(message.ack));
        else pending?.resolve(message.sections);
        this.#deadline?.cancel();
        this.#deadline = undefined;
        if (this.#pending[0]?.patient === false) this.#arm();
      }
    } catch (error) {
      this.#end(error instanceof AppError ? error : offline('MPD sent what nobody understands', error));
    }
  }

  #end(reason: AppError): void {
    if (this.#over) return;
    this.#over = reason;
    this.#deadline?.cancel();
    this.#socket.destroy();
    this.#greeting.reject(reason);
    for (const pending of this.#pending.splice(0)) pending.reject(reason);
    this.#closed.resolve(reason);
  }
}

function offline(message: string, cause?: unknown): AppError {
  const why = cause === undefined ? '' : `: ${toError(cause).message}`;
  return new AppError('ERR_PLAYER_OFFLINE', `${message}${why}`, { cause });
}

/** `binarylimit` came with MPD 0.22.4. */
function ignoreUnknownCommand(error: unknown): void {
  if (!(error instanceof MpdAck) || error.code === 'ERR_PLAYER_PASSWORD') throw error;
}
