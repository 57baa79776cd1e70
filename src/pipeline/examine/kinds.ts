import { AUDIO_EXTENSIONS, type Container } from '../../library/index.js';
import type { CandidateFile } from '../../protocol/index.js';

const ARTWORK = new Set(['jpg', 'jpeg', 'png', 'webp', 'gif']);
/** Music that the library does not take: a person has to convert it or leave it out. */
const FOREIGN = new Set([
  'wma',
  'ape',
  'wv',
  'mpc',
  'dsf',
  'dff',
  'tta',
  'mka',
  'webm',
  'ra',
  'mp2',
  'ac3',
  'dts',
]);
const PARTIAL = /\.(part|partial|crdownload|download|opdownload|!qb|!ut|bc!|ytdl|aria2|tmp|temp)$|~$/i;

export function extensionOf(path: string): string {
  const name = nameOf(path);
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? '' : name.slice(dot + 1).toLowerCase();
}

export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** What a file is by its name. A leading dot is how systems name what is theirs (`._song.flac` is no song). */
export function kindOf(path: string): CandidateFile['kind'] {
  if (nameOf(path).startsWith('.')) return 'other';
  const extension = extensionOf(path);
  if (containerOf(path) !== undefined || FOREIGN.has(extension)) return 'audio';
  return ARTWORK.has(extension) ? 'artwork' : 'other';
}

/** What an audio file must be inside; undefined for what the library does not take. */
export function containerOf(path: string): Container | undefined {
  const extension = extensionOf(path);
  return Object.hasOwn(AUDIO_EXTENSIONS, extension) ? AUDIO_EXTENSIONS[extension] : undefined;
}

/** The paths that a download in progress left. What has a `.aria2` twin may have its full length and still be empty inside. */
export function partialPaths(paths: readonly string[]): ReadonlySet<string> {
  const found = new Set(paths.filter((path) => PARTIAL.test(nameOf(path)) && !nameOf(path).startsWith('._')));
  const all = new Set(paths);
  for (const path of found) {
    const twin = path.replace(/\.aria2$/i, '');
    if (twin !== path && all.has(twin)) found.add(twin);
  }
  return found;
}
