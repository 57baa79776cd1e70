import { keyOf } from '../names.js';
import { UNKNOWN_ARTIST } from './describe.js';

export const VARIOUS_ARTISTS = 'Various Artists';

/** What grouping looks at, of tracks that share a base folder and an album title. */
export interface Groupable {
  readonly mainArtist: string;
  readonly albumArtist: string | undefined;
  readonly compilation: boolean;
}

export interface Group<T> {
  readonly artist: string;
  readonly compilation: boolean;
  readonly tracks: T[];
}

const VARIOUS = /^(various|various artists?|va|v\.a\.|verschiedene|verschiedene interpreten|divers|sampler)$/;

const canonical = (artist: string): string => (VARIOUS.test(keyOf(artist)) ? VARIOUS_ARTISTS : artist);

/** Who the tracks without an album artist belong to, given the album artists the others name. */
function ownerOf<T extends Groupable>(tracks: readonly T[], named: readonly string[]): string {
  if (tracks.some((track) => track.compilation)) return VARIOUS_ARTISTS;
  if (named.length === 1) return named[0]!;
  const known = tracks.filter((track) => track.mainArtist !== UNKNOWN_ARTIST);
  const artists = new Map(known.map((track) => [keyOf(track.mainArtist), track.mainArtist]));
  if (artists.size > 1) return VARIOUS_ARTISTS;
  return known[0]?.mainArtist ?? UNKNOWN_ARTIST;
}

/** Splits tracks of one base folder and one album title into albums: by album artist, and by artist where none is named. */
export function groupAlbums<T extends Groupable>(tracks: readonly T[]): Group<T>[] {
  const groups = new Map<string, { artist: string; tracks: T[] }>();
  const put = (artist: string, track: T): void => {
    const key = keyOf(artist);
    const group = groups.get(key) ?? { artist, tracks: [] };
    group.tracks.push(track);
    groups.set(key, group);
  };
  const unnamed: T[] = [];
  for (const track of tracks) {
    if (track.albumArtist === undefined) unnamed.push(track);
    else put(canonical(track.albumArtist), track);
  }
  if (unnamed.length > 0) {
    const owner = ownerOf(
      unnamed,
      [...groups.values()].map((group) => group.artist),
    );
    for (const track of unnamed) put(owner, track);
  }
  return [...groups.values()].map(({ artist, tracks: members }) => ({
    artist,
    compilation: artist === VARIOUS_ARTISTS || members.some((track) => track.compilation),
    tracks: members,
  }));
}
