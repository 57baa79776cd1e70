import { deferred } from './waiting.js';

/**
 * The one end of something that lives long. Who waits beside it is forgotten with its wait: `Promise.race` with a promise that stays open
 * would keep every wait there ever was.
 */
export class Ending {
  readonly #happened = deferred<Error>();
  readonly #waits = new Set<(reason: Error) => void>();
  readonly #explain: (reason: Error) => Error;
  #reason: Error | undefined;

  /** `explain` makes of the reason what those are told who wait, or come too late. */
  constructor(explain: (reason: Error) => Error = (reason) => reason) {
    this.#explain = explain;
  }

  /** Resolves with the reason. For those who listen as long as it lives. */
  get closed(): Promise<Error> {
    return this.#happened.promise;
  }

  /** Why it is over; undefined while it is not. */
  get reason(): Error | undefined {
    return this.#reason;
  }

  /** How many wait beside it. */
  get waits(): number {
    return this.#waits.size;
  }

  /** Throws when it is over. */
  requireOpen(): void {
    if (this.#reason) throw this.#explain(this.#reason);
  }

  /** The first reason counts. */
  end(reason: Error): void {
    if (this.#reason) return;
    this.#reason = reason;
    for (const wait of this.#waits) wait(this.#explain(reason));
    this.#waits.clear();
    this.#happened.resolve(reason);
  }

  /** Settles as the work does; rejects with what `explain` made of the reason when it is over before, and with the signal's when that aborts. */
  async outlasts<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
    const first = deferred<T>();
    const fail = (reason: unknown): void => first.reject(reason);
    const stop = (): void => fail(signal?.reason);
    work.then((value) => first.resolve(value), fail);
    if (this.#reason) fail(this.#explain(this.#reason));
    else if (signal?.aborted) stop();
    this.#waits.add(fail);
    signal?.addEventListener('abort', stop, { once: true });
    try {
      return await first.promise;
    } finally {
      this.#waits.delete(fail);
      signal?.removeEventListener('abort', stop);
    }
  }
}
