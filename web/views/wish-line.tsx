import type { QueueItem } from '../../src/protocol/queue.js';
import { Progress } from '../components/progress.js';
import { isGoing, shortLine } from '../state/download-words.js';
import { useStore } from '../state/store.js';
import '../styles/pipeline.css';
import { useList, useNow, usePulses } from './follow.js';

/** How far the download of a wish in the queue is, or why it will not come. */
export function WishLine({ item }: { item: QueueItem }) {
  const { house } = useStore();
  const downloads = useList('downloads');
  const download = downloads?.find(({ download_id }) => download_id === item.download_id);
  const pulseOf = usePulses(downloads);
  const now = useNow(1_000, download !== undefined && isGoing(download));
  if (!downloads || !house.live.value) return <>On its way</>;
  if (!download) return <span class="problem">Its download was removed: it will not come</span>;
  const pulse = pulseOf(download);
  const bad = download.state === 'failed' || download.state === 'cancelled';
  return (
    <>
      <span class={bad ? 'problem' : ''}>{shortLine(download, pulse, now)}</span>
      {download.state === 'running' && (
        <span class="wish-bar">
          <Progress
            label={`Fetching ${item.title}`}
            value={download.total_bytes === undefined ? undefined : pulse.progress}
          />
        </span>
      )}
    </>
  );
}
