import { lstat, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { AppError } from '../../base/index.js';
import { nameKey } from '../names.js';
import { filePath } from './file-name.js';
import { fittingName, probe, type ProbeOptions } from './probe.js';
import { demandRoom, type FreeBytes } from './room-on-disk.js';
import type { Caps, FetchedFile } from './source.js';
import type { Workplace } from './workplace.js';

const MOST_FILES = 2000;
const MOST_DEPTH = 6;
/** Goes along with sound although it is none: pictures, and what a program wrote down about it. */
const GOES_ALONG = /\.(?:jpe?g|png|webp|json|cue|log|txt|lrc|m3u8?)$/i;
const NOT_WHOLE = /\.(?:part|ytdl|tmp|temp|part-frag\d*)$/i;

/** Plain files below a folder, in order; links and the like are passed over. Throws ERR_TOO_LARGE for too many. */
export async function plainFiles(folder: string): Promise<{ path: string; size_bytes: number }[]> {
  const found: { path: string; size_bytes: number }[] = [];
  const walk = async (at: string, depth: number): Promise<void> => {
    for (const name of (await readdir(at).catch(() => [])).toSorted()) {
      const path = join(at, name);
      // A program at work renames and removes.
      const stat = await lstat(path).catch(() => undefined);
      if (!stat) continue;
      if (stat.isDirectory() && depth < MOST_DEPTH) await walk(path, depth + 1);
      if (!stat.isFile()) continue;
      found.push({ path: relative(folder, path), size_bytes: stat.size });
      if (found.length > MOST_FILES) throw new AppError('ERR_TOO_LARGE', 'These are too many files');
    }
  };
  await walk(folder, 0);
  return found;
}

/** Bytes that a program has written so far. Throws ERR_TOO_LARGE for too many files. */
export async function bytesIn(folder: string): Promise<number> {
  const files = await plainFiles(folder);
  return files.reduce((sum, { size_bytes }) => sum + size_bytes, 0);
}

/**
 * What a program left in `out`, looked at and put in its place: sound, and what goes along with it. What is not whole or is neither is left
 * behind. Throws ERR_SOURCE when there is no sound, ERR_TOO_LARGE, ERR_SPACE.
 */
export async function takeFiles(
  place: Workplace,
  out: string,
  caps: Caps,
  options: ProbeOptions & { readonly free?: FreeBytes | undefined },
): Promise<FetchedFile[]> {
  const found = (await plainFiles(out)).filter(({ path }) => !NOT_WHOLE.test(path));
  const all = found.reduce((sum, { size_bytes }) => sum + size_bytes, 0);
  if (all > caps.max_bytes)
    throw new AppError('ERR_TOO_LARGE', 'It is larger than allowed (download_max_mb)');
  await demandRoom(place.files, 0, caps.reserve_bytes, options.free);
  const taken: FetchedFile[] = [];
  const along: { path: string; size_bytes: number }[] = [];
  for (const { path, size_bytes } of found) {
    const sound = GOES_ALONG.test(path) ? undefined : await probe(join(out, path), options);
    if (!sound) {
      if (GOES_ALONG.test(path)) along.push({ path, size_bytes });
      continue;
    }
    const name = freePath(fittingName(filePath(path), sound), taken);
    await place.publish(join(out, path), name);
    const { format, codec, duration_seconds } = sound;
    taken.push({ path: name, size_bytes, format, codec, ...(duration_seconds && { duration_seconds }) });
  }
  if (taken.length === 0) throw new AppError('ERR_SOURCE', 'What arrived is no music', { retryable: false });
  for (const { path, size_bytes } of along) {
    const name = freePath(filePath(path), taken);
    await place.publish(join(out, path), name);
    taken.push({ path: name, size_bytes });
  }
  return taken;
}

/** Two names that a file system may take for one get numbers. */
function freePath(path: string, taken: readonly FetchedFile[]): string {
  const used = new Set(taken.map((file) => nameKey(file.path)));
  let free = path;
  for (let number = 2; used.has(nameKey(free)); number++)
    free = path.replace(/(\.[^./]*)?$/, (extension: string) => ` (${number})${extension}`);
  return free;
}
