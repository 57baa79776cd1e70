import { AppError } from '../../base/index.js';
import type { Caps, FetchContext } from './source.js';

/** Does work for as long as is allowed. It has settled when this has: nothing is written to its folder any more. */
export async function capped<T>(
  { max_ms }: Caps,
  context: FetchContext,
  work: (context: FetchContext) => Promise<T>,
): Promise<T> {
  const { clock, log, signal } = context;
  signal.throwIfAborted();
  const own = new AbortController();
  const abort = (): void => own.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const timer = clock.after(max_ms, () => own.abort(tooLong(max_ms)));
  try {
    return await work({ signal: own.signal, clock, log, progress: (news) => context.progress(news) });
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', abort);
  }
}

function tooLong(ms: number): AppError {
  const minutes = Math.round(ms / 60_000);
  return new AppError(
    'ERR_SOURCE',
    `It took longer than allowed: ${minutes} minutes (download_max_minutes)`,
    {
      retryable: false,
    },
  );
}
