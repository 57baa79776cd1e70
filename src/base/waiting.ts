import { AppError } from './errors.js';
import type { Clock } from './clock.js';
import type { ErrorCode } from '../protocol/index.js';

/** A promise with its handles outside. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: unknown): void;
}

export function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { promise, resolve, reject };
}

export interface Limit {
  readonly clock: Clock;
  /** What is waited for, named in the error. */
  readonly what: string;
  readonly ms: number;
  readonly code?: ErrorCode;
  readonly signal?: AbortSignal;
}

/**
 * Runs `work` with a signal that aborts after `ms` or with the outer signal, and settles then even if `work` does not.
 * Rejects with `code` (default ERR_PLAYER_TIMEOUT) on the timeout, or with the outer signal's reason. A signal that nobody takes is not made.
 */
export async function within<T>(limit: Limit, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = deferred<never>();
  stop.promise.catch(() => undefined);
  const abort = (reason: unknown): void => {
    controller.abort(reason);
    stop.reject(reason);
  };
  const outer = limit.signal;
  if (outer?.aborted) throw outer.reason;
  const onAbort = (): void => abort(outer?.reason);
  outer?.addEventListener('abort', onAbort, { once: true });
  const timer = limit.clock.after(limit.ms, () =>
    abort(new AppError(limit.code ?? 'ERR_PLAYER_TIMEOUT', `${limit.what} took longer than ${limit.ms} ms`)),
  );
  try {
    const unheard = work.length === 0;
    const done = unheard ? (work as () => Promise<T>)() : work(controller.signal);
    return await Promise.race([done, stop.promise]);
  } finally {
    timer.cancel();
    outer?.removeEventListener('abort', onAbort);
  }
}

/** Runs tasks one after the other, in order; a task that fails does not stop the next. */
export class Serial {
  #tail: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T> | T): Promise<T> {
    const result = this.#tail.then(task);
    this.#tail = result.catch(() => undefined);
    return result;
  }

  /** Resolves when everything queued so far has settled. */
  async idle(): Promise<void> {
    await this.#tail;
  }
}
