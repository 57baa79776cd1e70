import { ClockFilter, type ClockEstimate, type ClockSample } from '../sync/index.js';
import type { ClientClock } from './socket.js';

const QUICK_MS = 250;
const QUICK_COUNT = 4;
const EVERY_MS = 15_000;

/** The server's monotonic clock, read from exchanges that are made as long as there is a connection. */
export class ServerClock {
  readonly #clock: ClientClock;
  readonly #everyMs: number;
  readonly #ask: (t0_us: number) => boolean;
  readonly #watchers = new Set<{ readonly everyMs: number }>();
  readonly #filter = new ClockFilter();
  /** Server clock minus ours, until an exchange says better. */
  #roughUs = Number.NaN;
  #timer: { cancel(): void } | undefined;
  #count = 0;

  /** `ask` sends t0 to the server; false when there is nobody to send to. */
  constructor(clock: ClientClock, everyMs: number | undefined, ask: (t0_us: number) => boolean) {
    this.#clock = clock;
    this.#everyMs = everyMs ?? EVERY_MS;
    this.#ask = ask;
  }

  /** Microseconds; NaN before the server said anything. */
  nowUs(): number {
    const now = this.#clock.nowUs();
    return now + (this.#filter.estimate(now)?.offset_us ?? this.#roughUs);
  }

  /** How well it is known; undefined before the first exchange. */
  quality(): ClockEstimate | undefined {
    return this.#filter.estimate(this.#clock.nowUs());
  }

  /** What the server's clock was a moment ago: better than nothing. */
  rough(serverUs: number): void {
    this.#roughUs = serverUs - this.#clock.nowUs();
  }

  answered(sample: Omit<ClockSample, 't3_us'>): void {
    this.#filter.add({ ...sample, t3_us: this.#clock.nowUs() });
  }

  /** What is known of the clock is of another server life, or of before this machine slept. */
  forget(): void {
    this.#filter.clear();
  }

  /** Four quick exchanges, then one now and again: quartz drifts, and old samples lose their worth. */
  start(): void {
    this.#count = 0;
    this.#exchange();
  }

  /** The connection is over. */
  stop(): void {
    this.#timer?.cancel();
  }

  watch(everyMs: number): () => void {
    const watcher = { everyMs };
    this.#watchers.add(watcher);
    this.start();
    return () => void this.#watchers.delete(watcher);
  }

  #exchange(): void {
    this.#timer?.cancel();
    if (!this.#ask(this.#clock.nowUs())) return;
    const quick = ++this.#count < QUICK_COUNT;
    const every = Math.min(this.#everyMs, ...[...this.#watchers].map((watcher) => watcher.everyMs));
    this.#timer = this.#clock.after(quick ? Math.min(QUICK_MS, every) : every, () => this.#exchange());
  }
}
