import type { Downloads, Fate } from '../pipeline/index.js';
import type { Store } from '../state/index.js';

export interface FollowedDownloads {
  readonly store: Store;
  readonly downloads: Pick<Downloads, 'desk'>;
  fate(this: void, downloadId: string): Fate;
}

/** Says in the list of downloads what each of them led to. Gives what ends this. */
export function followDownloads({ store, downloads, fate }: FollowedDownloads): () => void {
  return store.watch((change) => {
    if (change.type !== 'list/changed' || change.list !== 'imports') return;
    for (const download_id of new Set(change.items.flatMap((item) => item.download_id ?? []))) {
      const end = fate(download_id);
      if (end.state === 'here') downloads.desk.finished(download_id, { album_id: end.album_id });
      if (end.state === 'missing') downloads.desk.finished(download_id, { error: end.problem });
    }
  });
}
