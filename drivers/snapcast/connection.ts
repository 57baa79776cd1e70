import type { Socket } from 'node:net';
import { AppError, deferred, Ending, toError, type Clock, type Logger } from '../../src/base/index.js';
import {
  ClientInfo,
  encodeChunkHead,
  encodeCodecHeader,
  encodeSettings,
  encodeTime,
  Hello,
  MESSAGE,
  MessageReader,
  readJson,
  type Message,
  type ServerSettings,
} from './wire.js';

/** Who connects must say Hello within this. */
const HELLO_MS = 5000;
/** A client asks for the time every second; one that is silent for so long is gone. */
const SILENT_MS = 6000;
/** Data that lies here for so long is not wanted. */
const STUCK_MS = 5000;

export interface ConnectionParts {
  readonly socket: Socket;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called once, in the moment of the Hello; the settings go out at once. Throws to refuse the client. */
  onHello(hello: Hello, connection: Connection): ServerSettings;
}

/** One snapclient's TCP connection: reads what it says, answers its questions, and holds no more for it than it takes. */
export class Connection {
  onVolume: ((change: ClientInfo) => void) | undefined;
  #parts: ConnectionParts;
  #ending = new Ending((reason) => new AppError('ERR_PLAYER_OFFLINE', reason.message));
  #reader = new MessageReader();
  #hello: Hello | undefined;
  #helloId = 0;
  #nextId = 0;
  #heardUs: number;
  #takenUs: number;
  #listeners = new Set<() => void>();
  #timers: { cancel(): void }[];

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    const { socket, clock } = parts;
    this.#heardUs = this.#takenUs = clock.nowUs();
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('error', (cause) =>
      this.end(new Error(`the snapclient has gone: ${cause.message}`, { cause })),
    );
    socket.on('close', () => this.end(new Error('the snapclient has gone')));
    socket.on('drain', () => (this.#takenUs = clock.nowUs()));
    this.#timers = [
      clock.after(HELLO_MS, () => {
        if (!this.#hello) this.end(new Error('no Hello came'));
      }),
      clock.every(1000, () => this.#watch()),
    ];
  }

  /** Resolves with the reason when it is over. */
  get closed(): Promise<Error> {
    return this.#ending.closed;
  }

  get over(): boolean {
    return this.#ending.reason !== undefined;
  }

  get address(): string {
    return this.#parts.socket.remoteAddress ?? '';
  }

  get hello(): Hello | undefined {
    return this.#hello;
  }

  /** Bytes it has not taken yet. */
  get backlog(): number {
    return this.#parts.socket.writableLength;
  }

  /** Microseconds since it said anything. */
  silentUs(): number {
    return this.#parts.clock.nowUs() - this.#heardUs;
  }

  /** Resolves when the client says something after now; it asks for the time every second. */
  async heard(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const word = deferred<void>();
    const listener = (): void => word.resolve();
    this.#listeners.add(listener);
    try {
      await this.#ending.outlasts(word.promise, signal);
    } finally {
      this.#listeners.delete(listener);
    }
  }

  settings(settings: ServerSettings): void {
    this.#write(encodeSettings(this.#base(), settings));
  }

  /** The client drops what it holds and waits for new sound. */
  codecHeader(codec: string, header: Buffer): void {
    this.#write(encodeCodecHeader(this.#base(), codec, header));
  }

  /** Sound; the bytes are shared between clients and not copied. */
  chunk(atUs: number, bytes: Buffer): void {
    const { socket } = this.#parts;
    if (this.over) return;
    socket.cork();
    this.#write(encodeChunkHead(this.#base(), atUs, bytes.length));
    this.#write(bytes);
    process.nextTick(() => socket.uncork());
  }

  end(reason: Error): void {
    if (this.over) return;
    this.#ending.end(reason);
    for (const timer of this.#timers) timer.cancel();
    this.#listeners.clear();
    this.#parts.socket.destroy();
  }

  #base(refersTo = 0): { id: number; refersTo: number; sent_us: number } {
    this.#nextId = (this.#nextId + 1) % 0x1_0000;
    return { id: this.#nextId, refersTo, sent_us: this.#parts.clock.nowUs() };
  }

  #write(bytes: Buffer): void {
    const { socket, clock } = this.#parts;
    if (this.over) return;
    if (socket.writableLength === 0) this.#takenUs = clock.nowUs();
    socket.write(bytes);
  }

  #read(bytes: Buffer): void {
    const receivedUs = this.#parts.clock.nowUs();
    if (this.over) return;
    try {
      for (const message of this.#reader.push(bytes)) {
        if (this.over) return;
        this.#take(message, receivedUs);
      }
    } catch (error) {
      this.#parts.log.warn({ address: this.address, reason: toError(error).message }, 'snapclient refused');
      this.end(toError(error));
    }
  }

  #take(message: Message, receivedUs: number): void {
    this.#heardUs = receivedUs;
    if (message.type === MESSAGE.hello) this.#greet(message);
    else if (message.type === MESSAGE.time) {
      // The client keeps the middle of its last exchanges: an answer that is not late itself is worth more than any sum.
      this.#write(encodeTime(this.#base(message.id), receivedUs - message.sent_us));
    } else if (message.type === MESSAGE.clientInfo) this.onVolume?.(readJson(message, ClientInfo));
    for (const listener of this.#listeners) listener();
  }

  #greet(message: Message): void {
    if (this.#hello) throw new AppError('ERR_BAD_MESSAGE', 'a second Hello on one connection');
    this.#hello = readJson(message, Hello);
    this.#helloId = message.id;
    const settings = this.#parts.onHello(this.#hello, this);
    this.#write(encodeSettings(this.#base(this.#helloId), settings));
  }

  #watch(): void {
    const now = this.#parts.clock.nowUs();
    if (this.silentUs() > SILENT_MS * 1000) this.end(new Error('the snapclient does not answer'));
    else if (this.backlog > 0 && now - this.#takenUs > STUCK_MS * 1000)
      this.end(new Error('the snapclient does not take its sound'));
  }
}
