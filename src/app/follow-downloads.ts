import type { ActivityLog } from '../activity/index.js';
import type { Downloads, Fate } from '../pipeline/index.js';
import type { Store } from '../state/index.js';

export interface FollowedDownloads {
  readonly store: Store;
  readonly downloads: Pick<Downloads, 'desk'>;
  readonly activity: Pick<ActivityLog, 'add'>;
  fate(this: void, downloadId: string): Fate;
}

/** Says of downloads that they began, where people read such things, and in their list what each of them led to. Gives what ends this. */
export function followDownloads({ store, downloads, activity, fate }: FollowedDownloads): () => void {
  return store.watch((change, before) => {
    if (change.type !== 'list/changed') return;
    if (change.list === 'downloads')
      for (const { download_id, title, username } of change.items)
        if (!before.lists.downloads.has(download_id))
          activity.add([
            { action: 'download_started', artist: '', title, ...(username !== undefined && { username }) },
          ]);
    if (change.list !== 'imports') return;
    for (const download_id of new Set(change.items.flatMap((item) => item.download_id ?? []))) {
      const end = fate(download_id);
      if (end.state === 'here') downloads.desk.finished(download_id, { album_id: end.album_id });
      if (end.state === 'missing') downloads.desk.finished(download_id, { error: end.problem });
    }
  });
}
