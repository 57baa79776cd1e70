import { setImmediate } from 'node:timers/promises';
import type { ReleaseTrack } from '../../protocol/index.js';
import { assign, MAX_ASSIGNED } from './assignment.js';
import type { Evidence, Song } from './evidence.js';
import { withoutGuests } from './evidence.js';
import { compact, isVarious, nameDistance } from './fold.js';
import type { Hit, Known } from './known.js';

/** How much each kind of evidence weighs. Those of beets; what nobody said costs nothing. */
const WEIGHT = {
  artist: 3,
  album: 3,
  release_id: 5,
  year: 1,
  discs: 1,
  track: 2,
  missing: 0.9,
  extra: 0.6,
  title: 3,
  track_artist: 2,
  number: 1,
  length: 2,
  recording_id: 5,
} as const;
/** Seconds. Ours are half of those of beets: a live take of the same song passes its ten. */
const LENGTH_GRACE = 5;
const LENGTH_MAX = 25;
/** A year that is so far off, where the year of the first release is known, is as wrong as any. */
const YEARS_MAX = 25;

/** A song and the track it is taken for. */
export interface Pair {
  readonly song: Song;
  readonly track: ReleaseTrack;
  /** 0..1. */
  readonly titleDistance: number;
  /** Seconds that the file is longer (or shorter), when both lengths are known. */
  readonly lengthOff: number | undefined;
  readonly distance: number;
  readonly shares: ReadonlyMap<string, number>;
}

export interface Fit {
  readonly known: Known;
  /** 0 = nothing speaks against it; 1 = everything does. */
  readonly distance: number;
  readonly penalties: readonly { what: string; share: number }[];
  readonly pairs: readonly Pair[];
  readonly missing: readonly ReleaseTrack[];
  readonly extra: readonly Song[];
  readonly artistDistance: number | undefined;
  readonly albumDistance: number | undefined;
}

/** A sum of penalties, each with its weight. */
class Sum {
  #weights = 0;
  readonly #parts = new Map<string, number>();

  add(what: string, weight: number, penalty: number): void {
    this.#weights += weight;
    this.#parts.set(what, (this.#parts.get(what) ?? 0) + weight * penalty);
  }

  /** A penalty that is itself made of parts. */
  addParts(weight: number, parts: ReadonlyMap<string, number>): void {
    this.#weights += weight;
    for (const [what, share] of parts) this.#parts.set(what, (this.#parts.get(what) ?? 0) + weight * share);
  }

  get shares(): Map<string, number> {
    return new Map(
      [...this.#parts].map(([what, part]) => [what, this.#weights === 0 ? 0 : part / this.#weights]),
    );
  }

  get distance(): number {
    return [...this.shares.values()].reduce((sum, share) => sum + share, 0);
  }
}

/** How well a release fits: every file is given the track that it fits best. */
export async function fit(evidence: Evidence, known: Known): Promise<Fit> {
  const { release } = known;
  const tracks = release.tracks;
  const withArtists = isVarious(release.album_artist) || release.compilation;
  const several = Math.max(...tracks.map(({ disc_number }) => disc_number), 1) > 1;
  const absolute = new Map(
    tracks.filter(({ track_number }) => track_number > 0).map((track, n) => [track, n + 1]),
  );
  const pairs = await pairsOf(evidence.songs, tracks, (track) => ({
    withArtists,
    several,
    position: absolute.get(track) ?? 0,
  }));
  const taken = new Set(pairs.map(({ track }) => track));
  // A track before the first (hidden in the pregap) is on few copies: it is not missed.
  const missing = tracks.filter((track) => !taken.has(track) && track.track_number > 0);
  const paired = new Set(pairs.map(({ song }) => song));
  const extra = evidence.songs.filter((song) => !paired.has(song));
  const about = {
    ...release,
    various: withArtists,
    discs: several ? Math.max(...tracks.map((t) => t.disc_number)) : 1,
  };
  const { sum, artistDistance, albumDistance } = albumSum(evidence, about, known.original_year);
  for (const one of pairs) sum.addParts(WEIGHT.track, one.shares);
  for (const _ of missing) sum.add('missing tracks', WEIGHT.missing, 1);
  for (const _ of extra) sum.add('extra files', WEIGHT.extra, 1);
  const penalties = [...sum.shares]
    .filter(([, share]) => share > 0.0005)
    .toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([what, share]) => ({ what, share: Math.round(share * 10_000) / 10_000 }));
  return { known, distance: sum.distance, penalties, pairs, missing, extra, artistDistance, albumDistance };
}

/** Beyond this many pairs titles are only compared that are the same, or near each other in order: names are dear, and albums are in order. */
const ALL_PAIRS = 2500;
const NEAR = 6;

/** Gives every song the track that costs least in all. */
async function pairsOf(
  songs: readonly Song[],
  tracks: readonly ReleaseTrack[],
  context: (track: ReleaseTrack) => TrackContext,
): Promise<Pair[]> {
  const at = (row: number, column: number): Pair =>
    pair(songs[row]!, tracks[column]!, context(tracks[column]!));
  if (Math.max(songs.length, tracks.length) > MAX_ASSIGNED)
    return songs.slice(0, tracks.length).map((_, row) => at(row, row));
  const said = songs.map(({ title = '' }) => compact(title));
  const titles = tracks.map(({ title }) => compact(title));
  const isNear = (row: number, column: number): boolean =>
    songs.length * tracks.length <= ALL_PAIRS ||
    Math.abs(row - column) <= NEAR ||
    said[row] === titles[column];
  const costs: number[][] = [];
  for (let row = 0; row < songs.length; row++) {
    costs.push(tracks.map((_, column) => (isNear(row, column) ? at(row, column).distance : 1)));
    // Names are the dearest of all, and others have to be served meanwhile.
    await setImmediate();
  }
  return assign(costs).flatMap((column, row) => (column < 0 ? [] : at(row, column)));
}

interface About {
  readonly release_id?: string | undefined;
  readonly album: string;
  readonly album_artist: string;
  readonly various: boolean;
  readonly year?: number | undefined;
  readonly discs: number;
}

function albumSum(
  evidence: Evidence,
  about: About,
  originalYear: number | undefined,
): { sum: Sum; artistDistance: number | undefined; albumDistance: number | undefined } {
  const sum = new Sum();
  const { artist, album, year, discs, releaseIds } = evidence;
  const various = about.various || isVarious(about.album_artist);
  const artistDistance =
    artist === undefined || various ? undefined : artistsApart(artist, about.album_artist);
  // Songs of many, offered an album of one: nothing could be farther off.
  const tooMany = evidence.various && !various ? 1 : undefined;
  const apart = tooMany ?? artistDistance;
  if (apart !== undefined) sum.add('artist', WEIGHT.artist, apart);
  const albumDistance = album === undefined ? undefined : nameDistance(album, about.album);
  if (albumDistance !== undefined) sum.add('album', WEIGHT.album, albumDistance);
  const id = releaseIds[0];
  if (id !== undefined && about.release_id !== undefined)
    sum.add('release id', WEIGHT.release_id, id === about.release_id ? 0 : 1);
  if (year !== undefined && about.year !== undefined)
    sum.add('year', WEIGHT.year, yearPenalty(year, about.year, originalYear));
  if (discs !== undefined) sum.add('discs', WEIGHT.discs, discs === about.discs ? 0 : 1);
  return { sum, artistDistance: apart, albumDistance };
}

const artistsApart = (a: string, b: string): number =>
  a === b ? 0 : Math.min(nameDistance(a, b), nameDistance(withoutGuests(a), withoutGuests(b)) + 0.05);

function yearPenalty(said: number, released: number, original: number | undefined): number {
  if (said === released || said === original) return 0;
  if (original === undefined) return 1;
  return Math.min(1, Math.min(Math.abs(said - released), Math.abs(said - original)) / YEARS_MAX);
}

interface TrackContext {
  readonly withArtists: boolean;
  readonly several: boolean;
  /** Among all tracks of the release. */
  readonly position: number;
}

function pair(song: Song, track: ReleaseTrack, { withArtists, several, position }: TrackContext): Pair {
  const sum = new Sum();
  const { seconds, file } = song;
  const lengthOff =
    seconds === undefined || track.duration_seconds === undefined
      ? undefined
      : seconds - track.duration_seconds;
  if (lengthOff !== undefined)
    sum.add('lengths', WEIGHT.length, clamp((Math.abs(lengthOff) - LENGTH_GRACE) / LENGTH_MAX));
  const titleDistance = song.title === undefined ? 1 : titlesApart(song.title, track.title);
  sum.add('titles', WEIGHT.title, titleDistance);
  if (withArtists && song.artist !== undefined)
    sum.add('track artists', WEIGHT.track_artist, artistsApart(song.artist, track.artist));
  if (song.track !== undefined)
    sum.add('track numbers', WEIGHT.number, isPlace(song, track, several, position) ? 0 : 1);
  const recording = file.tags?.mb_recording_id;
  if (recording !== undefined && track.mb_recording_id !== undefined)
    sum.add('recording ids', WEIGHT.recording_id, recording === track.mb_recording_id ? 0 : 1);
  return { song, track, titleDistance, lengthOff, distance: sum.distance, shares: sum.shares };
}

/** A guest may stand in the title or beside the artist. */
function titlesApart(said: string, title: string): number {
  const apart = nameDistance(said, title);
  const [one, other] = [withoutGuests(said), withoutGuests(title)];
  return apart === 0 || (one === said && other === title) ? apart : Math.min(apart, nameDistance(one, other));
}

/** Numbers that go on over the discs are as right as those that begin anew on each. */
function isPlace({ track, disc }: Song, release: ReleaseTrack, several: boolean, position: number): boolean {
  if (track === position) return true;
  return track === release.track_number && (!several || disc === undefined || disc === release.disc_number);
}

const clamp = (value: number): number => Math.min(1, Math.max(0, value));

export interface Least {
  readonly least: number;
  /** Without what the year says: a year alone does not tell an album from its re-recording. */
  readonly yearless: number;
}

/** The least distance that a release from a search can have, whatever its tracks are. */
export function leastDistance(evidence: Evidence, hit: Hit): Least {
  const { sum } = albumSum(evidence, { ...hit, discs: hit.disc_count }, hit.year);
  const songs = evidence.songs.length;
  const both = Math.min(songs, hit.track_count);
  sum.add('titles', WEIGHT.track * both, 0);
  if (hit.track_count > songs) sum.add('missing tracks', WEIGHT.missing * (hit.track_count - songs), 1);
  if (songs > hit.track_count) sum.add('extra files', WEIGHT.extra * (songs - hit.track_count), 1);
  const least = sum.distance;
  return { least, yearless: least - (sum.shares.get('year') ?? 0) };
}
