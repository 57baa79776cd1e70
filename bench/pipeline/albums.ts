import { execFile } from 'node:child_process';
import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { StubRelease } from '../../test/fakes/fake-musicbrainz.js';
import { invent, released } from '../../test/fakes/labelled-albums.js';

const run = promisify(execFile);
const TRACKS = 10;
/** Other than those of the labelled set. */
const FIRST = 2_000;
const RATE = 44_100;
const AT_ONCE = 2;

export interface MadeAlbum {
  readonly release: StubRelease;
  /** What its folder is called. */
  readonly name: string;
}

/** Clean albums of ten tracks each, which the source knows; the same each time. `seconds` is about the length of a track. */
export function plannedAlbums(count: number, seconds: number): MadeAlbum[] {
  return Array.from({ length: count }, (_, n) => {
    const album = invent(FIRST + n, { tracks: TRACKS });
    const discs = album.discs.map((songs) =>
      // No two albums have all their lengths in common: they would be compared by ear.
      songs.map((song, at) => ({ ...song, seconds: seconds + ((n + at * (1 + (n % 10))) % 11) })),
    );
    const title = `${album.title} ${n + 1}`;
    const release = released({ ...album, title, discs });
    return { release, name: `${album.artist} - ${title}`.replace(/[^\w -]/g, '') };
  });
}

/** Makes their folders as FLAC with real ffmpeg: noise, which no codec makes small. Each is whole when it appears. */
export async function makeAlbums(root: string, albums: readonly MadeAlbum[]): Promise<void> {
  await mkdir(root, { recursive: true });
  const left = albums.map((album, n) => ({ album, seed: n * TRACKS }));
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift())
      await makeAlbum(join(root, next.album.name), next.album, next.seed);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function makeAlbum(folder: string, { release }: MadeAlbum, seed: number): Promise<void> {
  const making = join(dirname(folder), `.${seed}`);
  await mkdir(making, { recursive: true });
  const songs = release.discs.flat();
  const inputs = songs.flatMap(({ seconds }, n) => {
    const noise = `anoisesrc=duration=${seconds}:color=pink:amplitude=0.3:sample_rate=${RATE}:seed=${seed + n + 1}`;
    return ['-f', 'lavfi', '-i', noise];
  });
  const outputs = songs.flatMap(({ title }, n) => {
    const { artist, title: album, date } = release;
    const track = `${n + 1}/${songs.length}`;
    const tags = { title, artist, album, album_artist: artist, track, date: date.slice(0, 4) };
    const words = Object.entries(tags).flatMap(([name, value]) => ['-metadata', `${name}=${value}`]);
    const file = `${String(n + 1).padStart(2, '0')} ${title}.flac`;
    return ['-map', `${n}:a`, '-map_metadata', '-1', ...words, '-c:a', 'flac', join(making, file)];
  });
  try {
    await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...inputs, ...outputs], { maxBuffer: 1e7 });
  } catch (cause) {
    throw new Error('making an album with ffmpeg failed (apt install ffmpeg)', { cause });
  }
  await rename(making, folder);
}

/** Bytes of all files below a folder. */
export async function bytesBelow(folder: string): Promise<number> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(({ parentPath, name }) => stat(join(parentPath, name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}
