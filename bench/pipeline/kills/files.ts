import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { ExaminedFile, ImportPlan } from '../../../src/pipeline/contract.js';
import type { Release } from '../../../src/protocol/index.js';

export const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** Path below the folder -> sum of the content, without what begins with a dot unless asked for. */
export async function sumsOf(folder: string, hidden = false): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => hidden || !path.split('/').some((part) => part.startsWith('.')))
    .sort();
  const sums = new Map<string, string>();
  for (const path of paths) sums.set(path, sha256(await readFile(join(folder, path))));
  return sums;
}

const TITLES = ['One', 'Two', 'Three'];

/** What the albums of the matrix are: three FLAC files, of which one has a wrong title, and a cover. */
export async function planOf(folder: string, importId: string, replace?: string): Promise<ImportPlan> {
  const files: ExaminedFile[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const stat = await lstat(join(folder, name), { bigint: true });
    const n = TITLES.findIndex((title) => name.includes(title));
    files.push({
      path: name,
      size_bytes: Number(stat.size),
      mtime_ns: String(stat.mtimeNs),
      sha256: sha256(await readFile(join(folder, name))),
      kind: n < 0 ? 'artwork' : 'audio',
      ...(n >= 0 && {
        codec: 'flac',
        lossless: true,
        duration_seconds: 1,
        sample_rate_hz: 44_100,
        bits_per_sample: 16,
        tags: {
          title: n === 1 ? 'Wrong' : TITLES[n]!,
          artist: 'Otter',
          album: 'Rivers',
          album_artist: 'Otter',
          year: 2001,
          track_number: n + 1,
        },
      }),
    });
  }
  const release: Release = {
    album: 'Rivers',
    album_artist: 'Otter',
    year: 2001,
    compilation: false,
    tracks: TITLES.map((title, n) => ({
      disc_number: 1,
      track_number: n + 1,
      title,
      artist: 'Otter',
      duration_seconds: 1,
    })),
  };
  return {
    import_id: importId,
    folder,
    files,
    release,
    tracks: TITLES.map((title) => files.find(({ path }) => path.includes(title))!.path),
    artwork: 'cover.png',
    ...(replace !== undefined && { replace_album_id: replace }),
    keep_sources: false,
  };
}

export { TITLES };
