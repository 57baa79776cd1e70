import type { Handlers } from '../../protocol/index.js';
import type { DownloadDesk } from './desk.js';
import type { Feeds } from './feeds.js';
import type { Uploads } from './uploads.js';

export type DownloadCommands =
  | 'download:list'
  | 'download:add'
  | 'download:cancel'
  | 'download:pause'
  | 'download:retry'
  | 'download:remove'
  | 'upload:begin'
  | 'upload:status'
  | 'upload:finish'
  | 'feed:list'
  | 'feed:add'
  | 'feed:remove';

/** Handlers of the commands about music on its way. */
export function downloadHandlers(
  desk: DownloadDesk,
  uploads: Uploads,
  feeds: Feeds,
): Handlers<DownloadCommands> {
  return {
    'download:list': () => ({
      downloads: desk.records
        .all()
        .map(({ item }) => item)
        .reverse(),
      sources: desk.kinds(),
    }),
    'download:add': (request, caller) => desk.ask(request, caller),
    'download:cancel': ({ download_id }, caller) => {
      desk.mayControl(download_id, caller);
      desk.cancel(download_id);
      return {};
    },
    'download:pause': ({ download_id, paused }, caller) => {
      desk.mayControl(download_id, caller);
      desk.pause(download_id, paused);
      return {};
    },
    'download:retry': ({ download_id }, caller) => {
      desk.mayControl(download_id, caller);
      desk.retry(download_id);
      return {};
    },
    'download:remove': async ({ download_id }, caller) => {
      desk.mayControl(download_id, caller);
      await desk.remove(download_id);
      return {};
    },
    'upload:begin': async (request, caller) => {
      const download_id = await uploads.begin(request, caller);
      return { download_id, received_bytes: request.files.map(() => 0) };
    },
    'upload:status': async ({ download_id }, caller) => ({
      received_bytes: await uploads.status(download_id, caller),
    }),
    'upload:finish': async ({ download_id }, caller) => {
      await uploads.finish(download_id, caller);
      return {};
    },
    'feed:list': () => ({ feeds: feeds.list() }),
    'feed:add': async ({ url, keep }, caller) => ({ feed_id: await feeds.add(url, keep, caller) }),
    'feed:remove': ({ feed_id }, caller) => {
      feeds.remove(feed_id, caller);
      return {};
    },
  };
}
