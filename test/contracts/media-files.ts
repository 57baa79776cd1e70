import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Media } from '../../src/players/index.js';

const run = promisify(execFile);

export interface ToneOptions {
  readonly seconds?: number;
  /** A file that looks like FLAC from outside and that no decoder can play. */
  readonly broken?: boolean;
  /** Path below the folder; default `tone-<n>.flac`. */
  readonly name?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A temporary music folder of short sine tones as FLAC files. Each number is another pitch. */
export class MediaFolder {
  #made = new Map<string, Promise<void>>();
  #refs = 0;

  private constructor(readonly dir: string) {}

  static async create(): Promise<MediaFolder> {
    return new MediaFolder(await mkdtemp(join(tmpdir(), 'tutti-music-')));
  }

  /** The same file for the same options, with a fresh ref each time. */
  async tone(n: number, options: ToneOptions = {}): Promise<Media> {
    const seconds = options.seconds ?? 2;
    const broken = options.broken === true;
    const name = options.name ?? `${broken ? 'broken' : 'tone'}-${n}-${seconds}s.flac`;
    const path = join(this.dir, name);
    let made = this.#made.get(name);
    if (!made) {
      made = existsSync(path) ? Promise.resolve() : writeTone(path, n, seconds, options);
      this.#made.set(name, made);
    }
    await made;
    return {
      ref: `item-${n}-${++this.#refs}`,
      path,
      relative_path: name,
      url_path: `/${name.split('/').map(encodeURIComponent).join('/')}`,
      title: options.tags?.['title'] ?? `Tone ${n}`,
      artist: options.tags?.['artist'] ?? 'The Oscillators',
      album: options.tags?.['album'] ?? 'Sines',
      duration_seconds: seconds,
      live: false,
    };
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}

async function writeTone(path: string, n: number, seconds: number, options: ToneOptions): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  if (options.broken === true) {
    await writeFile(path, Buffer.concat([Buffer.from('fLaC'), Buffer.alloc(4000, 0xa5)]));
    return;
  }
  const tags = { title: `Tone ${n}`, artist: 'The Oscillators', album: 'Sines', ...options.tags };
  const metadata = Object.entries(tags).flatMap(([key, value]) => ['-metadata', `${key}=${value}`]);
  const source = `sine=frequency=${220 + 40 * n}:sample_rate=44100:duration=${seconds}`;
  const args = [
    '-v',
    'error',
    '-y',
    '-f',
    'lavfi',
    '-i',
    source,
    '-ac',
    '2',
    ...metadata,
    '-f',
    'flac',
    path,
  ];
  try {
    await run('ffmpeg', args);
  } catch (error) {
    throw new Error('ffmpeg could not make a test tone; is it installed? apt install ffmpeg', {
      cause: error,
    });
  }
}
