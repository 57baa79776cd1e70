import { fieldOf, textOf } from './dom.js';

export type LineState = 'connecting' | 'open' | 'closed';

export interface LineParts {
  /** Every frame, as it came or went. */
  frame(way: 'in' | 'out', frame: unknown, bytes: number, atMs: number): void;
  state(state: LineState, words: string): void;
  /** Somebody who may do something is connected. */
  ready(): void;
}

const FIRST_MS = 1_000;
const LONGEST_MS = 15_000;
const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** One WebSocket to this server, made anew when it breaks, except when the server says not to come back. */
export class Line {
  readonly #parts: LineParts;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waitMs = FIRST_MS;
  #serial = 0;
  #wanted = false;
  /** The sign-in that is not answered yet. */
  #auth: string | undefined;

  constructor(parts: LineParts) {
    this.#parts = parts;
  }

  open(): void {
    this.close();
    this.#wanted = true;
    this.#parts.state('connecting', 'connecting');
    const url = new URL('/ws', location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => this.#heard(String(data)));
    socket.addEventListener('close', ({ code, reason }) => {
      if (this.#socket === socket) this.#closed(code, reason);
    });
  }

  close(): void {
    this.#wanted = false;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    if (socket) this.#parts.state('closed', 'not connected');
  }

  /** With an id of its own. Nothing happens while there is no connection. */
  send(type: string, data: unknown): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) {
      this.#parts.state('closed', 'not connected: nothing was sent');
      return;
    }
    const frame = { id: `c${++this.#serial}`, type, data };
    if (type === 'auth') this.#auth = frame.id;
    const text = JSON.stringify(frame);
    this.#parts.frame('out', frame, bytesOf(text), nowMs());
    this.#socket.send(text);
  }

  #heard(text: string): void {
    const atMs = nowMs();
    const frame = parsed(text);
    this.#parts.frame('in', frame, bytesOf(text), atMs);
    const type = textOf(frame, 'type');
    if (type === 'hello') this.#greeted(frame);
    if (type !== 'reply' || this.#auth === undefined || textOf(frame, 'id') !== this.#auth) return;
    this.#auth = undefined;
    this.#parts.state('open', `connected, ${textOf(fieldOf(frame, 'data'), 'name')}`);
    this.#parts.ready();
  }

  #greeted(hello: unknown): void {
    this.#waitMs = FIRST_MS;
    const name = textOf(fieldOf(hello, 'you'), 'name');
    const open = textOf(hello, 'auth') === 'open';
    const known = open || fieldOf(hello, 'you') !== undefined;
    const who = open ? 'open to everybody' : name === '' ? 'who are you? give a token, or sign in' : name;
    this.#parts.state('open', `connected, ${who}`);
    if (known) this.#parts.ready();
  }

  #closed(code: number, reason: string): void {
    this.#socket = undefined;
    const why = `closed with ${code}${reason === '' ? '' : `: ${reason}`}`;
    const comesBack = this.#wanted && !(code >= 4000 && code < 4100);
    this.#parts.state('closed', comesBack ? `${why}; tries again` : why);
    if (!comesBack) return;
    this.#timer = setTimeout(() => this.open(), this.#waitMs * (0.5 + Math.random() / 2));
    this.#waitMs = Math.min(LONGEST_MS, this.#waitMs * 2);
  }
}

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
