import type { Clock, Timer } from '../base/index.js';
import type { Store } from '../state/index.js';
import type { DiskWatch } from '../storage/index.js';

export interface RetryParts {
  readonly store: Store;
  readonly disk: DiskWatch;
  readonly clock: Clock;
}

const AGAIN_MS = 5_000;

/**
 * What the disk has refused counts in memory, and is written as soon as the disk takes it: when the watch sees that it does again, and
 * after a while where the watch sees nothing (a lock of another program, a quota). Gives what ends this. [BK4]
 */
export function retryRefused({ store, disk, clock }: RetryParts): () => void {
  let timer: Timer | undefined;
  const again = (): void => {
    timer = undefined;
    if (disk.state === 'fine') store.retry();
  };
  const ends = [
    store.onRefused(() => {
      disk.look(true);
      if (disk.state === 'fine') timer ??= clock.after(AGAIN_MS, again);
    }),
    disk.onChange((state) => {
      if (state === 'fine') store.retry();
    }),
  ];
  return () => {
    timer?.cancel();
    for (const end of ends) end();
  };
}
