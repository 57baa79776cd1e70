import type { Clock, Timer } from '../base/index.js';
import { MAX_MESSAGE_BYTES, type Bus, type BusCounts } from './bus.js';

type Listener = (message: string) => void;

interface Kept {
  readonly value: string;
  readonly timer: Timer;
}

/** A bus inside one process: the default, when there is nobody else. */
export class LocalBus implements Bus {
  readonly connected = true;
  readonly #clock: Clock;
  readonly #channels = new Map<string, Set<Listener>>();
  readonly #kept = new Map<string, Kept>();
  readonly #counts = { sent: 0, received: 0, unsent: 0, oversize: 0, breaks: 0 };
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get counts(): BusCounts {
    return { ...this.#counts };
  }

  onConnection(): () => void {
    return () => undefined;
  }

  publish(channel: string, message: string): boolean {
    if (this.#closed || Buffer.byteLength(message) > MAX_MESSAGE_BYTES) {
      this.#counts.unsent++;
      return false;
    }
    this.#counts.sent++;
    queueMicrotask(() => {
      for (const listener of [...(this.#channels.get(channel) ?? [])]) {
        this.#counts.received++;
        listener(message);
      }
    });
    return true;
  }

  async subscribe(channel: string, listener: Listener): Promise<() => void> {
    const listeners = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, listeners);
    const own: Listener = (message) => listener(message);
    listeners.add(own);
    return () => {
      listeners.delete(own);
      if (listeners.size === 0 && this.#channels.get(channel) === listeners) this.#channels.delete(channel);
    };
  }

  async listeners(channel: string): Promise<number> {
    return this.#channels.get(channel)?.size ?? 0;
  }

  async put(key: string, value: string, ttlMs: number): Promise<void> {
    await this.delete(key);
    const timer = this.#clock.after(ttlMs, () => this.#kept.delete(key));
    this.#kept.set(key, { value, timer });
  }

  async get(key: string): Promise<string | undefined> {
    return this.#kept.get(key)?.value;
  }

  async delete(key: string): Promise<void> {
    this.#kept.get(key)?.timer.cancel();
    this.#kept.delete(key);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { timer } of this.#kept.values()) timer.cancel();
    this.#kept.clear();
    this.#channels.clear();
  }
}
