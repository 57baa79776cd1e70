import { deferred, type Clock } from '../../base/index.js';

/** Resolves after `ms`; rejects with the reason of the signal. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const over = deferred<void>();
  const onAbort = (): void => over.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const timer = clock.after(ms, () => over.resolve());
  try {
    await over.promise;
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', onAbort);
  }
}
