import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { GateName } from '../../src/protocol/index.js';
import { mbid, recordingId, type StubRelease, type StubTrack } from './fake-musicbrainz.js';

const run = promisify(execFile);

/**
 * `clean`: must be taken, and for the right release. `damaged`: right or asked, never wrong. `review`: a person must be asked.
 * `broken`, `hostile`: must be found. `unknowable`: nobody can tell it from tags and lengths; shown, not counted.
 */
export type Label = 'clean' | 'damaged' | 'review' | 'broken' | 'hostile' | 'unknowable';

/** An album folder and what is true of it. */
export interface Labelled {
  readonly name: string;
  readonly label: Label;
  /** Ids of the releases that it may be taken for. */
  readonly right: readonly string[];
  /** What a person should be told first; any of these names the true cause. */
  readonly causes: readonly GateName[];
  /** What the source has to know for this case. */
  readonly releases: readonly StubRelease[];
  readonly files: readonly PlannedFile[];
  /** The folder's own name, where that is evidence. */
  readonly folder?: string;
  /** What happens to the folder after its files are made. */
  readonly after?: (folder: string) => Promise<void>;
}

export type SoundFormat = 'flac' | 'hires' | 'mp3' | 'm4a' | 'alac' | 'opus' | 'ogg' | 'wav' | 'aiff';

export interface PlannedFile {
  readonly path: string;
  readonly seconds: number;
  readonly hertz: number;
  readonly format: SoundFormat;
  readonly tags: Readonly<Record<string, string>>;
}

interface Song extends StubTrack {
  readonly hertz: number;
}

export interface Album {
  readonly artist: string;
  readonly title: string;
  readonly year: number;
  readonly discs: readonly (readonly Song[])[];
}

const FIRST = [
  'Velvet',
  'Northern',
  'Paper',
  'Silver',
  'Broken',
  'Quiet',
  'Electric',
  'Golden',
  'Hollow',
  'Crimson',
  'Distant',
  'Iron',
  'Lunar',
  'Salt',
  'Winter',
];
const SECOND = [
  'Harbour',
  'Lanterns',
  'Foxes',
  'Avenue',
  'Parade',
  'Orchard',
  'Signals',
  'Machines',
  'Tides',
  'Cathedral',
  'Mirrors',
  'Pilots',
  'Gardens',
];
const NOUNS = [
  'Rain',
  'Window',
  'River',
  'Stone',
  'Engine',
  'Letter',
  'Summer',
  'Shadow',
  'Bridge',
  'Candle',
  'Mountain',
  'Station',
  'Feather',
  'Island',
  'Compass',
  'Thunder',
  'Anchor',
  'Meadow',
  'Copper',
];
const VERBS = [
  'Falling',
  'Burning',
  'Waiting for',
  'Leaving',
  'Under',
  'Beyond',
  'Counting',
  'Holding',
  'Chasing',
  'Painting',
  'Against',
  'Before',
];
const TAILS = [
  'Again',
  'Tonight',
  'at Dawn',
  'in Blue',
  'of Glass',
  'Forever',
  'by the Sea',
  'in Slow Motion',
  'and Ashes',
];

const pick = (list: readonly string[], n: number): string =>
  list[((n % list.length) + list.length) % list.length]!;

let songs = 0;
/** Lengths that tell songs apart though they are short. Every song has a tone of its own. */
export function song(title: string, artist?: string): Song {
  const n = songs++;
  return {
    title,
    seconds: 6 + ((n * 11) % 23),
    hertz: 200 + n * 2.3,
    ...(artist !== undefined && { artist }),
  };
}

const invented = new Map<string, Album>();

/** An album that nobody made, the same each time. */
export function invent(
  n: number,
  { tracks = 4, discs = 1 }: { tracks?: number; discs?: number } = {},
): Album {
  const key = `${n} ${tracks} ${discs}`;
  const found = invented.get(key);
  if (found) return found;
  const titleAt = (t: number): string =>
    `${pick(VERBS, n * 5 + t * 7)} the ${pick(NOUNS, n * 3 + t * 5)}${t % 3 === 0 ? ` ${pick(TAILS, n + t)}` : ''}`;
  const made = {
    artist: `${t1(n)} ${pick(SECOND, n * 5 + Math.floor(n / 13))}`,
    title: `${pick(VERBS, n * 7 + 1)} ${pick(NOUNS, n * 11 + 2)} ${pick(TAILS, n * 2)}`,
    year: 1970 + ((n * 7) % 50),
    discs: Array.from({ length: discs }, (_, d) =>
      Array.from({ length: tracks }, (_, t) => song(titleAt(d * tracks + t))),
    ),
  };
  invented.set(key, made);
  return made;
}
const t1 = (n: number): string => pick(FIRST, n * 7 + Math.floor(n / 15));

/** An album with these names, in order. */
export const album = (artist: string, title: string, titles: readonly string[], year = 2004): Album => ({
  artist,
  title,
  year,
  discs: [titles.map((name) => song(name))],
});

/** The album as the source knows it. */
export function released({ artist, title, year, discs }: Album, own: Partial<StubRelease> = {}): StubRelease {
  const group = own.group ?? mbid(`group ${artist} ${title} ${year}`);
  return {
    id: mbid(`release ${artist} ${title} ${year} ${own.date ?? ''} ${own.media ?? ''}`),
    group,
    title,
    artist,
    date: `${year}-03-01`,
    media: 'CD',
    country: 'XE',
    discs,
    ...own,
  };
}

export interface FileOptions {
  readonly format?: SoundFormat;
  /** Changes the tags of one file; `null` takes them all away. */
  readonly tag?: (tags: Record<string, string>, n: number) => Record<string, string> | null;
  readonly path?: undefined | ((n: number, song: Song, extension: string, disc: number) => string);
  readonly seconds?: (seconds: number, n: number) => number;
}

export const EXTENSION: Readonly<Record<SoundFormat, string>> = {
  flac: 'flac', hires: 'flac', mp3: 'mp3', m4a: 'm4a', alac: 'm4a', opus: 'opus', ogg: 'ogg', wav: 'wav', aiff: 'aiff',
}; // prettier-ignore

const two = (n: number): string => String(n).padStart(2, '0');

/** The files of an album as a careful person would have them. */
export function filesOf({ artist, title, year, discs }: Album, options: FileOptions = {}): PlannedFile[] {
  const { format = 'flac', tag = (tags) => tags, path, seconds = (length) => length } = options;
  const extension = EXTENSION[format];
  const many = discs.length > 1;
  let n = -1;
  return discs.flatMap((disc, d) =>
    disc.map((one, t) => {
      n++;
      const full = {
        title: one.title,
        artist: one.artist ?? artist,
        album: title,
        album_artist: artist,
        track: `${t + 1}/${disc.length}`,
        date: String(year),
        ...(many && { disc: `${d + 1}/${discs.length}` }),
        ...(artist === 'Various Artists' && { compilation: '1' }),
      };
      const safe = one.title.replace(/[/\\:*?"<>|]/g, '_').slice(0, 60);
      return {
        path:
          path?.(n, one, extension, d + 1) ?? `${many ? `${d + 1}-` : ''}${two(t + 1)} ${safe}.${extension}`,
        seconds: seconds(one.seconds, n),
        hertz: one.hertz,
        format,
        tags: tag(full, n) ?? {},
      };
    }),
  );
}

/** Tags that carry the ids of a release, in the way the format has them. */
export function withIds(release: StubRelease, format: SoundFormat): NonNullable<FileOptions['tag']> {
  const all = release.discs.flat();
  return (tags, n) =>
    format === 'mp3'
      ? { ...tags, 'MusicBrainz Album Id': release.id, 'MusicBrainz Release Group Id': release.group }
      : {
          ...tags,
          MUSICBRAINZ_ALBUMID: release.id,
          MUSICBRAINZ_RELEASEGROUPID: release.group,
          MUSICBRAINZ_TRACKID: recordingId(release, all[n]!),
        };
}

const CODEC: Readonly<Record<SoundFormat, readonly string[]>> = {
  flac: ['-c:a', 'flac'],
  hires: ['-c:a', 'flac', '-ar', '96000', '-sample_fmt', 's32', '-bits_per_raw_sample', '24'],
  mp3: ['-c:a', 'libmp3lame', '-b:a', '64k'],
  m4a: ['-c:a', 'aac', '-b:a', '48k'],
  alac: ['-c:a', 'alac'],
  opus: ['-c:a', 'libopus', '-b:a', '32k'],
  ogg: ['-c:a', 'libvorbis'],
  wav: ['-c:a', 'pcm_s16le'],
  aiff: ['-c:a', 'pcm_s16be', '-write_id3v2', '1'],
};
const RATE = 22_050;

/** Makes the folder of a case, all its files by one ffmpeg. */
export async function makeLabelled(folder: string, { files, after }: Labelled): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { path } of files) await mkdir(dirname(join(folder, path)), { recursive: true });
  const inputs = files.flatMap(({ hertz, seconds }) => [
    '-f',
    'lavfi',
    '-i',
    `sine=frequency=${hertz}:sample_rate=${RATE}:duration=${seconds}`,
  ]);
  const outputs = files.flatMap(({ path, format, tags }, n) => [
    '-map', `${n}:a`, '-map_metadata', '-1',
    ...Object.entries(tags).flatMap(([name, value]) => ['-metadata', `${name}=${value}`]),
    ...CODEC[format], join(folder, path),
  ]); // prettier-ignore
  try {
    if (files.length > 0)
      await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...inputs, ...outputs], { maxBuffer: 1e7 });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new Error('ffmpeg is missing: apt install ffmpeg', { cause });
    throw cause;
  }
  await after?.(folder);
}
