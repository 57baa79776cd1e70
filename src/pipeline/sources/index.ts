export {
  DownloadId,
  FETCH_RETRY,
  fetchFolder,
  FetchParams,
  fetchWork,
  Sources,
  type SourceSettings,
} from './fetch-work.js';
export { MAX_FEED_BYTES, newest, readFeed, type Episode, type FeedText } from './feed-xml.js';
export { filePath } from './file-name.js';
export { demandRoom, freeBytes, type FreeBytes } from './room-on-disk.js';
export * from './source.js';
export { beginUpload, partPath, uploadNote, UploadNote } from './upload-source.js';
export { WatchFolder, type ReadyFolder, type WatchFolderOptions } from './watch-folder.js';
export { sizeOf, Workplace } from './workplace.js';
