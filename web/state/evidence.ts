import type {
  CandidateFile,
  Match,
  Release,
  ReleaseTrack,
  Review,
} from '../../src/protocol/pipeline/candidate.js';
import { clockTime } from './format.js';

/** A track of the release beside the file that should be it. */
export interface EvidenceRow {
  readonly track: ReleaseTrack | undefined;
  readonly file: CandidateFile | undefined;
  /** Where the two differ; said in words, never by colour alone. */
  readonly title: boolean;
  /** `12 s longer`; undefined when they are as long, or one of them is not known. */
  readonly length: string | undefined;
}

/** Longer than what two copies of one recording differ by. */
const SAME_SECONDS = 3;

/** The same to a reader: case, accents, punctuation and kinds of quotes do not count. */
export function sameTitle(one: string, other: string): boolean {
  const bare = (text: string): string => text.normalize('NFKD').toLowerCase().replace(/\p{M}/gu, '');
  const words = (text: string): string =>
    bare(text)
      .replaceAll('&', ' and ')
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim();
  // Titles of signs alone have no words.
  return words(one) === words(other) && (words(one) !== '' || bare(one).trim() === bare(other).trim());
}

export const nameOf = (path: string): string => path.split('/').at(-1) ?? path;

/** All tracks in their order, then files that are no track of the release. */
export function evidenceOf(review: Review, match: Match): EvidenceRow[] {
  const byPath = new Map(review.files.map((file) => [file.path, file]));
  const rows = match.release.tracks.map((track, n): EvidenceRow => {
    const path = match.files[n];
    const file = path === null || path === undefined ? undefined : byPath.get(path);
    const said = file?.tags?.title;
    return {
      track,
      file,
      title: file !== undefined && (said === undefined || !sameTitle(said, track.title)),
      length: lengthWords(file?.duration_seconds, track.duration_seconds),
    };
  });
  const used = new Set(match.files);
  const rest = audioOf(review).filter(({ path }) => !used.has(path));
  return [...rows, ...rest.map((file) => ({ track: undefined, file, title: false, length: undefined }))];
}

export const audioOf = ({ files }: Review): CandidateFile[] => files.filter(({ kind }) => kind === 'audio');

function lengthWords(yours: number | undefined, theirs: number | undefined): string | undefined {
  if (yours === undefined || theirs === undefined) return undefined;
  const by = Math.round(yours - theirs);
  if (Math.abs(by) <= SAME_SECONDS) return undefined;
  const much = Math.abs(by) < 60 ? `${Math.abs(by)} s` : clockTime(Math.abs(by));
  return `${much} ${by > 0 ? 'longer' : 'shorter'}`;
}

/** `FLAC 24/96`, `MP3 320 kbit/s`. */
export function soundWords({
  codec,
  lossless,
  sample_rate_hz,
  bits_per_sample,
  bitrate_kbps,
}: CandidateFile): string {
  const name = codec?.toUpperCase() ?? '';
  if (lossless && sample_rate_hz !== undefined)
    return `${name} ${bits_per_sample ?? '?'}/${Number((sample_rate_hz / 1000).toFixed(1))}`;
  return bitrate_kbps === undefined ? name : `${name} ${Math.round(bitrate_kbps)} kbit/s`;
}

/** One track as a person is about to say it is. `path` null: it is left out. */
export interface EditRow {
  readonly track: ReleaseTrack;
  readonly path: string | null;
}

/** Where editing begins: the chosen match, or what the tags and names of the files say. */
export function editRows(review: Review, match: Match | undefined): EditRow[] {
  const artist = review.candidate.artist ?? '';
  const ofFile = (file: CandidateFile, n: number): EditRow => ({
    track: {
      disc_number: file.tags?.disc_number ?? 1,
      track_number: file.tags?.track_number ?? n + 1,
      title: file.tags?.title ?? nameOf(file.path).replace(/\.[^.]*$/, ''),
      artist: file.tags?.artist ?? artist,
      ...(file.duration_seconds === undefined ? {} : { duration_seconds: file.duration_seconds }),
    },
    path: file.path,
  });
  const files = audioOf(review);
  if (!match) return files.map(ofFile);
  const used = new Set(match.files);
  const rows = match.release.tracks.map((track, n) => ({ track, path: match.files[n] ?? null }));
  const rest = files.filter(({ path }) => !used.has(path));
  return [...rows, ...rest.map((file, n) => ({ ...ofFile(file, rows.length + n), path: null }))];
}

/** The file goes to another track; the track that had it gets what this one had. */
export function giveFile(rows: readonly EditRow[], n: number, path: string | null): EditRow[] {
  const before = rows[n]?.path ?? null;
  return rows.map((row, at) => {
    if (at === n) return { ...row, path };
    return path !== null && row.path === path ? { ...row, path: before } : row;
  });
}

export function moveRow(rows: readonly EditRow[], from: number, to: number): EditRow[] {
  const row = rows[from];
  if (!row || to < 0 || to >= rows.length) return [...rows];
  return rows.toSpliced(from, 1).toSpliced(to, 0, row);
}

export interface EditedNames {
  readonly artist: string;
  readonly album: string;
  readonly year: string;
}

/** What `import:approve` is told. Tracks without a file are not in it, and the numbers follow the order, disc by disc. */
export function verdictOf(
  names: EditedNames,
  rows: readonly EditRow[],
  base: Release | undefined,
): { release: Release; files: string[] } {
  const kept = rows.filter((row): row is EditRow & { path: string } => row.path !== null);
  const counts = new Map<number, number>();
  const tracks = kept.map(({ track }) => {
    const track_number = (counts.get(track.disc_number) ?? 0) + 1;
    counts.set(track.disc_number, track_number);
    return { ...track, title: track.title.trim(), track_number };
  });
  const year = /^\d{4}$/.test(names.year.trim()) ? Number(names.year) : undefined;
  const { year: _year, ...known } = base ?? { compilation: false };
  return {
    release: {
      ...known,
      album: names.album.trim(),
      album_artist: names.artist.trim(),
      ...(year === undefined ? {} : { year }),
      tracks,
    },
    files: kept.map(({ path }) => path),
  };
}
