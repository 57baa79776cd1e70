import { CLOSE, type Hello } from '../protocol/index.js';
import { readFrame, type ServerFrame } from './frames.js';
import type { ClientClock, Socket, SocketConstructor } from './socket.js';

const FIRST_MS = 500;
const LONGEST_MS = 15_000;
/** From opening the socket to `hello`. */
const OPEN_MS = 8_000;
/** The server beats every 30 s: a longer silence means that nobody is there. */
const SILENCE_MS = 35_000;
/** An attempt older than this, begun on a network that is gone, is not worth waiting for. */
const STUCK_MS = 1_000;
/** For an answer after the machine woke up. */
const WAKE_MS = 3_000;
/** A line that has not answered by then may have died in the sleep: a second one is tried beside it. */
const DOUBT_MS = 100;

export interface LinkOptions {
  readonly url: string;
  readonly WebSocket: SocketConstructor;
  readonly clock: ClientClock;
  /** 0..1 */
  readonly random: () => number;
}

/** The connection is over. */
export interface Lost {
  /** How many attempts in a row have not reached `hello`. */
  readonly failures: number;
  /** Since the last message. */
  readonly silentMs: number;
  /** The server does not want us: it will not be tried again. */
  readonly final: boolean;
}

export interface LinkHandlers {
  onHello(hello: Hello): void;
  onFrame(frame: ServerFrame): void;
  onLost(lost: Lost): void;
}

type TimerName = 'retry' | 'silence' | 'wake' | 'doubt';

/** Keeps one WebSocket to the server: opens it, notices when it is dead, opens the next one. */
export class Link {
  readonly #options: LinkOptions;
  readonly #handlers: LinkHandlers;
  #socket: Socket | undefined;
  /** Tried beside a connection that is in doubt; whichever speaks first stays. */
  #spare: Socket | undefined;
  #greeted = false;
  #failures = 0;
  #heardUs = 0;
  #restartMs: number | undefined;
  #closed = false;
  readonly #timers = new Map<TimerName, { cancel(): void }>();

  constructor(options: LinkOptions, handlers: LinkHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#open();
  }

  /** `hello` was heard on the present connection. */
  get greeted(): boolean {
    return this.#socket !== undefined && this.#greeted;
  }

  /** False when there is nobody to send to. */
  send(frame: object): boolean {
    if (!this.#socket || !this.#greeted) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** The machine woke up or is online again: try at once, or make sure that the other side is still there. */
  wake(): void {
    if (this.#closed) return;
    if (!this.#socket) return this.#open();
    const silentMs = (this.#options.clock.nowUs() - this.#heardUs) / 1000;
    if (!this.#greeted) return silentMs > STUCK_MS ? this.again() : undefined;
    if (this.#timers.has('wake')) return;
    this.#arm('wake', WAKE_MS, () => this.#socket && this.#lose(this.#socket, 'now'));
    if (silentMs > SILENCE_MS) return this.#lose(this.#socket, 'now');
    this.send({ type: 'ping' });
    this.#arm('doubt', DOUBT_MS, () => this.#trySpare());
  }

  /** The server said that it restarts and when to come back. */
  expectRestart(retryAfterMs: number): void {
    this.#restartMs = retryAfterMs;
  }

  close(): void {
    this.#closed = true;
    this.#disarm();
    this.#dropSpare();
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Whatever happened before: a new connection, now. */
  again(): void {
    this.#closed = false;
    this.#dropSpare();
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) end(socket);
    this.#open();
  }

  #open(): void {
    this.#disarm();
    const socket = this.#dial();
    this.#socket = socket;
    this.#greeted = false;
    this.#heardUs = this.#options.clock.nowUs();
    this.#arm('silence', OPEN_MS, () => this.#lose(socket, 'later'));
  }

  #dial(): Socket {
    const socket = new this.#options.WebSocket(this.#options.url);
    socket.addEventListener('message', (event) => this.#heard(socket, event.data));
    socket.addEventListener('close', (event) => this.#ended(socket, event.code));
    // `close` follows in every case; without a listener ws would throw.
    socket.addEventListener('error', () => undefined);
    return socket;
  }

  #trySpare(): void {
    if (this.#socket && this.#greeted) this.#spare = this.#dial();
  }

  /** The spare one spoke first: it is the connection from now on. */
  #takeSpare(spare: Socket): void {
    const before = this.#socket;
    this.#spare = undefined;
    this.#socket = spare;
    if (before) end(before);
  }

  #dropSpare(): void {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare) end(spare);
  }

  #heard(socket: Socket, text: unknown): void {
    if (socket === this.#spare) this.#takeSpare(socket);
    if (socket !== this.#socket) return;
    this.#heardUs = this.#options.clock.nowUs();
    if (this.#timers.has('wake')) this.#certain();
    const frame = readFrame(text);
    if (frame.kind === 'session' && frame.frame.type === 'hello') {
      this.#greeted = true;
      this.#failures = 0;
      this.#restartMs = undefined;
      this.#watch(socket, SILENCE_MS);
      this.#handlers.onHello(frame.frame);
    } else this.#handlers.onFrame(frame);
  }

  /** The line is alive after all. */
  #certain(): void {
    this.#disarm('wake');
    this.#disarm('doubt');
    this.#dropSpare();
  }

  /** One timer for the whole connection instead of one for each message. */
  #watch(socket: Socket, ms: number): void {
    this.#arm('silence', ms, () => {
      const left = SILENCE_MS - (this.#options.clock.nowUs() - this.#heardUs) / 1000;
      if (left <= 0) this.#lose(socket, 'now');
      else this.#watch(socket, left + 1);
    });
  }

  #ended(socket: Socket, code = 1006): void {
    if (socket === this.#spare) this.#spare = undefined;
    if (socket !== this.#socket) return;
    if (code >= 4000 && code < 4100) this.#lose(socket, 'never');
    else if (code >= 4200 && code < 4300) this.#lose(socket, 'now');
    else this.#lose(socket, code === CLOSE.overloaded ? 'much later' : 'later');
  }

  #lose(socket: Socket, again: 'now' | 'later' | 'much later' | 'never'): void {
    // Somebody looks at the screen right now: no back-off.
    const awake = this.#timers.has('wake') && this.#greeted;
    this.#disarm();
    this.#dropSpare();
    this.#socket = undefined;
    end(socket);
    // Only once at once: a server that drops us right after `hello` must not be hammered.
    const soon = again === 'now' && this.#greeted;
    this.#failures = this.#greeted ? 0 : this.#failures + 1;
    this.#greeted = false;
    if (again === 'never') this.#closed = true;
    else this.#arm('retry', this.#delayMs(soon, again === 'much later'), () => this.#open());
    const silentMs = (this.#options.clock.nowUs() - this.#heardUs) / 1000;
    this.#handlers.onLost({ failures: this.#failures, silentMs, final: again === 'never' });
    if (awake && !this.#closed && !this.#socket && again !== 'much later') this.#open();
  }

  /** Full jitter: anywhere below a ceiling that doubles, so that a household of phones does not come back in one instant. */
  #delayMs(soon: boolean, late: boolean): number {
    if (this.#restartMs !== undefined) return this.#restartMs + this.#options.random() * FIRST_MS;
    const ceiling = late ? LONGEST_MS : Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(this.#failures, 10));
    return (soon ? FIRST_MS / 2 : ceiling) * this.#options.random();
  }

  #arm(name: TimerName, ms: number, run: () => void): void {
    this.#timers.get(name)?.cancel();
    const timer = this.#options.clock.after(ms, () => {
      this.#timers.delete(name);
      run();
    });
    this.#timers.set(name, timer);
  }

  /** One timer, or all of them. */
  #disarm(name?: TimerName): void {
    for (const [armed, timer] of this.#timers) {
      if (name !== undefined && armed !== name) continue;
      timer.cancel();
      this.#timers.delete(armed);
    }
  }
}

function end(socket: Socket): void {
  if (socket.terminate) socket.terminate();
  else socket.close();
}
