export { attemptsOf, type Attempts } from './attempts.js';
export { DownloadDesk, type Beside, type DownloadParts, type Wanted } from './desk.js';
export { Feeds, type FeedParts, type ShownFeed } from './feeds.js';
export { FETCH_CONCURRENCY, type Arrived } from './fetching.js';
export { downloadHandlers, type DownloadCommands } from './handlers.js';
export { openDownloads, type Downloads, type OpenDownloads } from './open-downloads.js';
export { isDownloadOver } from './records.js';
export { Uploads, type UploadPiece } from './uploads.js';
