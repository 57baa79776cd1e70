/** A pending call of a clock; `cancel()` is idempotent. */
export interface Timer {
  cancel(): void;
}

/** Time, passed in so that tests can turn it by hand. */
export interface Clock {
  /** Monotonic microseconds since an arbitrary start; the server clock of the wire. Never the wall clock. */
  nowUs(): number;
  /** Wall clock, milliseconds since 1970. For people and for storage only. */
  wallMs(): number;
  after(ms: number, run: () => void): Timer;
  every(ms: number, run: () => void): Timer;
}

export const systemClock: Clock = {
  nowUs: () => Number(process.hrtime.bigint() / 1000n),
  wallMs: () => Date.now(),
  after(ms, run) {
    const handle = setTimeout(run, ms);
    return { cancel: () => clearTimeout(handle) };
  },
  every(ms, run) {
    const handle = setInterval(run, ms);
    return { cancel: () => clearInterval(handle) };
  },
};
