import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const RATE = 44_100;

/** One endless sine cut into albums of tagged FLACs: played in order without a gap, it is one sine again. */
export async function makeSineAlbums(
  dir: string,
  hertz: number,
  albums: readonly string[],
  tracks: number,
  seconds: number,
): Promise<void> {
  const total = albums.length * tracks * seconds;
  for (const [a, album] of albums.entries()) {
    await mkdir(join(dir, album), { recursive: true });
    for (let t = 0; t < tracks; t++) {
      const from = (a * tracks + t) * seconds * RATE;
      const cut = `sine=frequency=${hertz}:sample_rate=${RATE}:duration=${total},atrim=start_sample=${from}:end_sample=${from + seconds * RATE},asetpts=N/SR/TB`;
      const tags = [
        `title=${album} ${t + 1}`,
        `artist=The Oscillators`,
        `album=${album}`,
        `track=${t + 1}`,
      ].flatMap((tag) => ['-metadata', tag]);
      await run('ffmpeg', [
        '-v',
        'error',
        '-y',
        '-f',
        'lavfi',
        '-i',
        cut,
        '-ac',
        '2',
        '-sample_fmt',
        's16',
        ...tags,
        join(dir, album, `${t + 1}.flac`),
      ]);
    }
  }
}
