import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Locator } from './locate.js';
import { noise, writeFlac } from './signal.js';

/** An album whose tracks follow each other without a gap. */
export interface Album {
  readonly musicDir: string;
  readonly files: readonly string[];
  readonly titles: readonly string[];
  readonly samples: readonly Int16Array[];
  /** Of all tracks in their order: a place in it is a place in the album. */
  readonly locator: Locator;
}

export async function makeAlbum(musicDir: string, trackSeconds: readonly number[]): Promise<Album> {
  const folder = join(musicDir, 'Tutti', 'Noise');
  await mkdir(folder, { recursive: true });
  const samples = trackSeconds.map((seconds, at) => noise(100 + at, seconds));
  const titles = samples.map((_, at) => `Noise ${at + 1}`);
  const files = titles.map((title) => join(folder, `${title}.flac`));
  for (const [at, file] of files.entries()) {
    const tags = { title: titles[at]!, artist: 'Tutti', album: 'Noise', track: String(at + 1) };
    await writeFlac(file, samples[at]!, tags);
  }
  const all = new Int16Array(samples.reduce((sum, { length }) => sum + length, 0));
  let filled = 0;
  for (const track of samples) {
    all.set(track, filled);
    filled += track.length;
  }
  return { musicDir, files, titles, samples, locator: new Locator(all) };
}
