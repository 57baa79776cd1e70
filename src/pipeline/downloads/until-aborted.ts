import { Ending } from '../../base/index.js';

/** What comes until the signal aborts; then it throws the reason, whatever the other side does. Keeps nothing of what it has given. */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const line = new Ending();
  const parts = source[Symbol.asyncIterator]();
  for (;;) {
    signal.throwIfAborted();
    const next = await line.outlasts(parts.next(), signal);
    if (next.done === true) return;
    yield next.value;
  }
}
