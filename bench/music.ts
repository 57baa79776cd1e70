import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { firstOf, PARTS, song, TRACKS_PER_ALBUM, type Song } from './songs.js';

const run = promisify(execFile);
const VORBIS_COMMENT = 4;
const LAST_BLOCK = 0x80;
/** Files of an old date are taken by a scan at once, not waited for until they have come to rest. */
const THEN = new Date('2026-01-02T03:04:05Z');

/** One second of quiet sound as FLAC, made once by ffmpeg; every file has these samples under tags of its own. */
export async function makeSound(dir: string, seconds = 1): Promise<Buffer> {
  const path = join(dir, 'sound.flac');
  const source = ['-f', 'lavfi', '-i', `sine=f=440:d=${seconds}:r=44100`, '-af', 'volume=0.002'];
  try {
    await run('ffmpeg', ['-nostdin', '-loglevel', 'error', '-y', ...source, '-ac', '2', path]);
  } catch (cause) {
    throw new Error('making a sound with ffmpeg failed (apt install ffmpeg)', { cause });
  }
  const sound = await readFile(path);
  await rm(path);
  return sound;
}

/**
 * Parts of 10,000 FLACs each, in albums of ten: `part-3/Artist/Album/01 Title.flac`. The same names and tags every time.
 */
export async function makeMusic(
  dir: string,
  options: {
    readonly parts: readonly number[];
    readonly sound: Buffer;
    /** Per part; default all 10,000. */
    readonly songs?: number;
  },
): Promise<void> {
  const { parts, sound, songs = PARTS.songs } = options;
  const strip = stripped(sound);
  for (const part of parts) {
    const first = firstOf(part);
    for (let at = 0; at < songs; at += TRACKS_PER_ALBUM) {
      const album = Array.from({ length: TRACKS_PER_ALBUM }, (_, n) => song(first + at + n));
      const { artist, album: title } = album[0]!;
      const folder = join(dir, `part-${part}`, artist, title);
      await mkdir(folder, { recursive: true });
      await Promise.all(album.map((one) => writeSong(folder, one, strip)));
    }
  }
}

async function writeSong(folder: string, { title, track, tags }: Song, strip: Stripped): Promise<void> {
  const path = join(folder, `${String(track).padStart(2, '0')} ${title}.flac`);
  await writeFile(path, tagged(strip, tags));
  await utimes(path, THEN, THEN);
}

interface Stripped {
  /** `fLaC` and the stream block, which is not the last one. */
  readonly head: Buffer;
  readonly frames: Buffer;
}

function stripped(flac: Buffer): Stripped {
  let at = 4;
  for (let last = false; !last;) {
    last = (flac[at]! & LAST_BLOCK) !== 0;
    at += 4 + flac.readUIntBE(at + 1, 3);
  }
  const head = Buffer.from(flac.subarray(0, 4 + 4 + 34));
  head[4] = head[4]! & ~LAST_BLOCK;
  return { head, frames: flac.subarray(at) };
}

function tagged({ head, frames }: Stripped, tags: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries(tags).map(([name, value]) => counted(`${name}=${value}`));
  const count = Buffer.alloc(4);
  count.writeUInt32LE(lines.length);
  const body = Buffer.concat([counted('tutti bench'), count, ...lines]);
  const start = Buffer.alloc(4);
  start.writeUInt32BE(body.length);
  start[0] = VORBIS_COMMENT | LAST_BLOCK;
  return Buffer.concat([head, start, body, frames]);
}

function counted(text: string): Buffer {
  const body = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return Buffer.concat([length, body]);
}
