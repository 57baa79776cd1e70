/** What the client needs of a WebSocket event; the browser's and ws's have more. */
export interface SocketEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly code?: number;
}

/** What the client needs of a WebSocket: the browser's own and that of the package ws both fit. */
export interface Socket {
  send(text: string): void;
  close(): void;
  /** ws only: end it without waiting for a peer that may be gone. */
  terminate?(): void;
  addEventListener(
    type: 'open' | 'message' | 'close' | 'error',
    listener: (event: SocketEvent) => void,
  ): void;
}

export type SocketConstructor = new (url: string) => Socket;

/** What the client needs of the platform's `fetch`. */
export type Fetch = (
  url: string,
  options: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly signal: AbortSignal;
  },
) => Promise<{ readonly ok: boolean; json(): Promise<unknown> }>;

/** Time for the client, passed in; the server's own clocks fit. */
export interface ClientClock {
  /** Monotonic microseconds since an arbitrary start. */
  nowUs(): number;
  /** Milliseconds since 1970, for people. */
  wallMs(): number;
  after(ms: number, run: () => void): { cancel(): void };
}

export const defaultClock: ClientClock = {
  nowUs: () => performance.now() * 1000,
  wallMs: () => new Date().getTime(),
  after(ms, run) {
    const handle = setTimeout(run, ms);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** 0..1 from the platform's random source. */
export function defaultRandom(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;
}

/** The platform's; a page sends its cookie along. */
export const defaultFetch: Fetch = (url, options) => fetch(url, { ...options, credentials: 'same-origin' });

export function defaultSocket(): SocketConstructor {
  const found = (globalThis as { WebSocket?: SocketConstructor }).WebSocket;
  if (!found) throw new Error('no WebSocket here: pass one, such as that of the package ws');
  return found;
}

/** Unguessable, and another one for each client. */
export function defaultClientId(): string {
  const words = [...crypto.getRandomValues(new Uint32Array(5))];
  return words.map((word) => word.toString(36).padStart(7, '0')).join('');
}
