/**
 * Runs work with a signal that aborts with the first of these, and lets go of them when the work is done. `AbortSignal.any` of Node 20 keeps
 * its signal, and whatever listens to it, for as long as one of these lives: 1.2 kB and more each time.
 */
export async function underFirst<T>(
  signals: readonly AbortSignal[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const first = new AbortController();
  const listeners = signals.map((signal) => ({ signal, stop: () => first.abort(signal.reason) }));
  for (const { signal, stop } of listeners) {
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  }
  try {
    return await work(first.signal);
  } finally {
    for (const { signal, stop } of listeners) signal.removeEventListener('abort', stop);
  }
}
