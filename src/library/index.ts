export type { Picture } from './artwork.js';
export { makeDemoMusic } from './demo-music.js';
export { type Library, type LibraryOptions, openLibrary } from './library.js';
export type { Media, PlayableFile } from './media.js';
export type { AlbumChange } from './scan/albums.js';
export type { ScanJob } from './scan/scan-job.js';
export { TagProcess, type TagReader } from './tags/tag-reader.js';
export { type Transcode, type TranscodeOptions, transcodeStream, type TranscodeTarget } from './transcode.js';
export { resolveStream, type Stream } from './stream-list.js';
