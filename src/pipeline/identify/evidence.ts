import { basename } from 'node:path';
import type { Examined, ExaminedFile } from '../contract.js';
import { compact, isVarious, nameSaid, titleSaid, withoutDisc } from './fold.js';
import { discOf, readFileNames, readFolderNames, type NameOfFile } from './from-names.js';

/** One audio file, as far as it can be told without asking anybody. */
export interface Song {
  readonly file: ExaminedFile;
  readonly title: string | undefined;
  readonly titleFrom: 'tag' | 'name' | undefined;
  readonly artist: string | undefined;
  readonly disc: number | undefined;
  readonly track: number | undefined;
  /** Undefined for a file that cannot be decoded. */
  readonly seconds: number | undefined;
}

export interface Evidence {
  /** By disc, number, path: the order of the files on disk or in a list changes nothing. */
  readonly songs: readonly Song[];
  readonly artist: string | undefined;
  readonly album: string | undefined;
  /** Whether artist and album come from tags. */
  readonly isTagged: boolean;
  readonly year: number | undefined;
  readonly discs: number | undefined;
  readonly various: boolean;
  /** Different names that the tags give the album, without `Disc 2`. */
  readonly albums: readonly string[];
  /** MusicBrainz ids of releases in the tags, the most frequent first. */
  readonly releaseIds: readonly string[];
  readonly codecs: readonly string[];
  /** A cue sheet lies beside a single file. */
  readonly hasCue: boolean;
}

export interface EvidenceHints {
  /** What it came as, where the folder has a made-up name. */
  readonly name?: string | undefined;
}

const OURS = /^[a-z0-9]{12,}$|^[0-9a-f]{8}-[0-9a-f-]{27}$/;

export function gather({ folder, files }: Examined, { name }: EvidenceHints = {}): Evidence {
  const sorted = files.toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  const audio = sorted.filter(({ kind }) => kind === 'audio');
  const names = readFileNames(audio.map(({ path }) => path));
  const numbered = saysNumbers(audio);
  const songs = audio.map((file, n) => songOf(file, names[n] ?? {}, numbered)).toSorted(inOrder);
  const top = name ?? (OURS.test(basename(folder)) ? '' : basename(folder));
  const folders = readFolderNames([top, ...commonFolders(audio)]);
  const tagged = (pick: (file: ExaminedFile) => string | number | undefined): string | undefined =>
    mostFrequent(audio.map(pick));
  const albums = distinct(
    audio.map(({ tags }) => nameSaid(tags?.album)).map((album) => album && withoutDisc(album)),
  );
  const album = tagged(({ tags }) => tags?.album && nameSaid(withoutDisc(tags.album)));
  const { artist, various } = artistOf(songs, audio);
  const named = mostFrequent(names.map((one) => one.artist));
  const year = tagged(({ tags }) => tags?.year) ?? folders.year;
  return {
    songs,
    artist: artist ?? folders.artist ?? named,
    album: album ?? folders.album,
    isTagged: album !== undefined && (artist !== undefined || various),
    year: year === undefined ? undefined : Number(year),
    discs: discsOf(songs, audio),
    various,
    albums,
    releaseIds: byFrequency(audio.map(({ tags }) => tags?.mb_release_id)),
    codecs: byFrequency(audio.map(({ codec }) => codec)),
    hasCue: audio.length === 1 && files.some(({ path }) => path.toLowerCase().endsWith('.cue')),
  };
}

/** One number on all files is none. */
const saysNumbers = (audio: readonly ExaminedFile[]): boolean =>
  audio.length === 1 || new Set(audio.map(({ tags }) => tags?.track_number)).size > 1;

function songOf(file: ExaminedFile, named: NameOfFile, numbered: boolean): Song {
  const { tags = {}, path } = file;
  const track = (numbered ? tags.track_number : undefined) ?? named.track;
  const said = titleSaid(tags.title, tags.track_number);
  const title = said ?? titleSaid(named.title, track);
  const folder = path.split('/').at(-2);
  return {
    file,
    title,
    titleFrom: said !== undefined ? 'tag' : title !== undefined ? 'name' : undefined,
    artist: nameSaid(tags.artist),
    disc: tags.disc_number ?? (folder === undefined ? undefined : discOf(folder)) ?? named.disc,
    track,
    seconds:
      file.problem?.gate === 'broken_file' && file.audio_md5 === undefined
        ? undefined
        : file.duration_seconds,
  };
}

const LAST = 1e6;
let collator: Intl.Collator | undefined;

/** As people count: `2` before `10`. Its tables are loaded with the first comparison; until then they cost no memory. */
function byName(a: string, b: string): number {
  collator ??= new Intl.Collator('en', { numeric: true, sensitivity: 'variant' });
  return collator.compare(a, b);
}

function inOrder(a: Song, b: Song): number {
  return (
    (a.disc ?? 1) - (b.disc ?? 1) ||
    (a.track ?? LAST) - (b.track ?? LAST) ||
    byName(a.file.path, b.file.path) ||
    Buffer.compare(Buffer.from(a.file.path), Buffer.from(b.file.path))
  );
}

/** Who made it: the album artist, else whom all songs have in common but for guests. */
function artistOf(
  songs: readonly Song[],
  audio: readonly ExaminedFile[],
): { artist: string | undefined; various: boolean } {
  const albumArtist = mostFrequent(audio.map(({ tags }) => nameSaid(tags?.album_artist)));
  if (isVarious(albumArtist)) return { artist: undefined, various: true };
  if (albumArtist !== undefined) return { artist: albumArtist, various: false };
  const artists = songs.map(({ artist }) => artist && withoutGuests(artist));
  const most = mostFrequent(artists);
  if (most === undefined) return { artist: undefined, various: false };
  const share =
    artists.filter((artist) => artist && compact(artist) === compact(most)).length / artists.length;
  const isMany = distinct(artists).length >= 3 || songs.some(({ file }) => file.tags?.compilation);
  return share < 0.6 && isMany
    ? { artist: undefined, various: true }
    : { artist: most, various: isVarious(most) };
}

export const withoutGuests = (artist: string): string =>
  artist.replace(/\s*[[(]?\b(featuring|feat|ft)\b[. :].+$/i, '').trim() || artist;

function discsOf(songs: readonly Song[], audio: readonly ExaminedFile[]): number | undefined {
  const total = mostFrequent(audio.map(({ tags }) => tags?.disc_total));
  const most = Math.max(0, ...songs.map(({ disc }) => disc ?? 0));
  if (total !== undefined) return Math.max(Number(total), most);
  return most > 0 ? most : undefined;
}

/** The folders that all audio files lie in, below the candidate's own. */
function commonFolders(audio: readonly ExaminedFile[]): string[] {
  const all = audio.map(({ path }) =>
    path
      .split('/')
      .slice(0, -1)
      .filter((name) => discOf(name) === undefined),
  );
  const [first = [], ...others] = all;
  const end = first.findIndex((name, n) => others.some((other) => other[n] !== name));
  return end < 0 ? first : first.slice(0, end);
}

/** Names that differ by more than case, accents and punctuation, as they were first seen. */
function distinct(names: readonly (string | undefined)[]): string[] {
  const seen = new Map<string, string>();
  for (const name of names)
    if (name !== undefined && name !== '' && !seen.has(compact(name))) seen.set(compact(name), name);
  return [...seen.values()];
}

function byFrequency(values: readonly (string | number | undefined)[]): string[] {
  const counts = new Map<string, number>();
  for (const value of values)
    if (value !== undefined && value !== '') counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  return [...counts].toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([value]) => value);
}

const mostFrequent = (values: readonly (string | number | undefined)[]): string | undefined =>
  byFrequency(values)[0];
