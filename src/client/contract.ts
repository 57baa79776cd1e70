import type { CommandInput, CommandReply, CommandType, Hello, TopicEvent } from '../protocol/index.js';
import type { ClockEstimate } from '../sync/index.js';
import type { Mirror } from './mirror.js';
import type { ClientClock, Fetch, SocketConstructor } from './socket.js';

export interface ClientOptions {
  /** `ws://host:8080/ws`. */
  readonly url: string;
  /** Default: the platform's. Node 20 has none: pass that of the package ws. */
  readonly WebSocket?: SocketConstructor;
  /** Default: the platform's. For when no WebSocket gets through. */
  readonly fetch?: Fetch;
  /** An API token or an access token; a page has its cookie instead. Asked for with each connection. */
  readonly token?: () => string | undefined;
  /** Subscribed at once and again after each reconnect. */
  readonly topics?: readonly string[];
  readonly clock?: ClientClock;
  /** How often clocks are compared after the first second. Default 15 s; who keeps time to the server's clock wants more. */
  readonly clockEveryMs?: number;
  /** 0..1, for the jitter of reconnects. */
  readonly random?: () => number;
  /** Told what could not be understood; for a log. */
  readonly onProblem?: (problem: string) => void;
}

/**
 * `connecting`: nothing was heard yet. `live`: the mirror is what the server says. `stale`: the connection is lost and being renewed;
 * the mirror is as of `heard_at_ms`. `polling`: no WebSocket gets through, and the mirror is at most some seconds old; commands work, what
 * is told once is not heard. `offline`: renewing it has failed at least once, or `problem` says why it is not tried again.
 */
export interface Connection {
  readonly state: 'connecting' | 'live' | 'stale' | 'polling' | 'offline';
  /** Wall clock, milliseconds: when the mirror was last known to be right. Absent before the first time. */
  readonly heard_at_ms?: number;
  /**
   * `sign_in`: somebody has to sign in first, then `again()`; the mirror is empty. `refused`: the server does not want us. `version`: it speaks a protocol that
   * this client is too old for.
   */
  readonly problem?: 'sign_in' | 'refused' | 'version';
  /** What the server said about it, for people; nothing when it only waits for a sign-in. */
  readonly reason?: string;
}

export interface TuttiClient {
  /** Of the current or the last connection. */
  readonly hello: Hello | undefined;
  readonly connection: Connection;
  readonly mirror: Mirror;
  /**
   * Resolves with the reply. Rejects with a ClientError: what the server said, or that it did not say anything. A command under way when the
   * connection is lost is asked about on the next one, and has one effect.
   */
  send<T extends CommandType>(
    type: T,
    data: CommandInput<T>,
    options?: { timeout_ms?: number },
  ): Promise<CommandReply<T>>;
  /** Resolves when the snapshots are in the mirror. Rejects when a topic does not exist; that topic is then not wanted any more. */
  subscribe(topics: readonly string[]): Promise<void>;
  unsubscribe(topics: readonly string[]): void;
  /** After each change of the mirror. Returns how to stop. */
  onChange(listener: (mirror: Mirror) => void): () => void;
  onConnection(listener: (connection: Connection) => void): () => void;
  /** Every valid event, after it reached the mirror: for what is told once (toasts, library updates). */
  onEvent(listener: (event: TopicEvent) => void): () => void;
  /** Resolves when live. Rejects when the server refuses us, or on close(). */
  ready(): Promise<Hello>;
  /** The server's monotonic clock now, microseconds; NaN before `hello`. */
  serverNowUs(): number;
  /** How well that is known: offset, how wrong it may be, and the round trip behind it. Undefined before the first exchange. */
  clockQuality(): ClockEstimate | undefined;
  /** Compares clocks at least this often, for who keeps time; returns how to stop. */
  watchClock(everyMs: number): () => void;
  /** Call when the machine woke up, came online or the page is shown again. */
  wake(): void;
  /** Somebody signed in, or out: connect anew. */
  again(): void;
  close(): void;
}
