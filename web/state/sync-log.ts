import { effect, signal, type ReadonlySignal } from '@preact/signals';
import type { TuttiClient } from '../../src/client/client.js';
import type { EventPayload } from '../../src/protocol/events.js';

export type SyncMoment = EventPayload<'sync:report'>;

/** How far back it goes. */
export const SYNC_LOG_US = 60_000_000;
/** A room that plays says something every second; this long without a word and what it said is over. */
const SILENT_MS = 3_500;

export interface SyncLog {
  /** What the room has said of the last minute, the newest last. */
  readonly moments: ReadonlySignal<readonly SyncMoment[]>;
  /** The newest, while it is one of now. */
  readonly now: ReadonlySignal<SyncMoment | undefined>;
}

/** Keeps what the chosen room tells once a second about its players' sync. */
export function createSyncLog(
  client: TuttiClient,
  roomId: ReadonlySignal<string | undefined>,
  after: (ms: number, run: () => void) => { cancel(): void },
): SyncLog {
  const moments = signal<readonly SyncMoment[]>([]);
  const now = signal<SyncMoment | undefined>(undefined);
  let silence: { cancel(): void } | undefined;
  effect(() => {
    void roomId.value;
    moments.value = [];
    now.value = undefined;
  });
  client.onEvent((event) => {
    if (event.type !== 'sync:report' || event.data.room_id !== roomId.peek()) return;
    const { data } = event;
    const kept = moments.peek().filter(({ at_us }) => at_us < data.at_us && at_us > data.at_us - SYNC_LOG_US);
    moments.value = [...kept, data];
    now.value = data;
    silence?.cancel();
    silence = after(SILENT_MS, () => (now.value = undefined));
  });
  return { moments, now };
}
