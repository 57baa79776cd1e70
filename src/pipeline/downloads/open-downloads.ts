import type { Handlers, SourceKind } from '../../protocol/index.js';
import { Sources, WatchFolder, type ReadyFolder, type SourceSettings } from '../sources/index.js';
import { prepareFolder } from '../../storage/index.js';
import { DownloadDesk, type DownloadParts } from './desk.js';
import { Feeds, type FeedRound } from './feeds.js';
import { downloadHandlers, type DownloadCommands } from './handlers.js';
import { Uploads, type UploadPiece } from './uploads.js';

export interface OpenDownloads extends Omit<DownloadParts, 'sources'> {
  readonly settings: SourceSettings;
  /** The folder where people drop music; off when absent. */
  readonly import_dir?: string | undefined;
  /** What came to rest there; see `WatchFolder`. */
  onReady?(this: void, found: ReadyFolder): Promise<void>;
}

/** Everything by which music comes in, as one. */
export interface Downloads {
  readonly desk: DownloadDesk;
  readonly sources: Sources;
  readonly handlers: Handlers<DownloadCommands>;
  /** For the server's `PUT /api/v1/uploads/…`. */
  upload(piece: UploadPiece): Promise<number>;
  /** For a schedule. */
  checkFeeds(): Promise<FeedRound>;
  /** Looks at the import folder at once. */
  lookAtImports(): Promise<void>;
  /** Begins to look at the import folder. After the queue has started. */
  start(): void;
  close(): Promise<void>;
}

/** Before `queue.start()`. */
export async function openDownloads(options: OpenDownloads): Promise<Downloads> {
  const { settings, import_dir, onReady, clock, log, db } = options;
  await prepareFolder(settings.incoming, log, 0o700);
  const sources = new Sources(settings);
  const watched: SourceKind[] = import_dir === undefined ? [] : ['watch'];
  const desk = new DownloadDesk({ ...options, sources }, ['feed', ...watched]);
  const uploads = new Uploads(desk, clock);
  const feeds = new Feeds({ db, clock, log, sources, desk });
  const watch =
    import_dir === undefined || !onReady
      ? undefined
      : new WatchFolder({ folder: import_dir, clock, log, ready: onReady });
  return {
    desk,
    sources,
    handlers: downloadHandlers(desk, uploads, feeds),
    upload: (piece) => uploads.write(piece),
    checkFeeds: () => feeds.checkFeeds(),
    lookAtImports: async () => watch?.look(),
    start: () => watch?.start(),
    close: async () => {
      await watch?.close();
      await feeds.close();
      await uploads.close();
      desk.close();
    },
  };
}
