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

export function defaultSocket(): SocketConstructor {
  const found = (globalThis as { WebSocket?: SocketConstructor }).WebSocket;
  if (!found) throw new Error('no WebSocket here: pass one, such as that of the package ws');
  return found;
}
