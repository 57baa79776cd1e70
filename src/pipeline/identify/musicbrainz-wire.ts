import * as z from 'zod';
import type { ReleaseTrack } from '../../protocol/index.js';
import { isVarious } from './fold.js';
import { type Hit, type Known, VARIOUS_ARTISTS } from './known.js';

/** What a MusicBrainz-compatible server answers (ws/2, JSON), as far as it is used. It is a stranger: everything has a bound. */

const MAX_TEXT = 1000;
const MAX_TRACKS = 2000;
const Id = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const Text = z.string().transform((text) =>
  text
    .replace(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, MAX_TEXT)
    .normalize('NFC'),
);
const Maybe = Text.nullish();

const Credit = z
  .array(
    z.object({
      name: Maybe,
      joinphrase: z.string().max(100).nullish(),
      artist: z.object({ id: Id.nullish(), name: Maybe }).nullish(),
    }),
  )
  .max(200)
  .nullish();
type Credit = z.infer<typeof Credit>;

const Group = z.object({ id: Id.nullish(), 'first-release-date': Maybe }).nullish();

const Track = z.object({
  id: Id.nullish(),
  position: z.int().min(0).max(10_000).nullish(),
  title: Maybe,
  length: z.number().min(0).max(1e9).nullish(),
  recording: z
    .object({
      id: Id.nullish(),
      title: Maybe,
      length: z.number().min(0).max(1e9).nullish(),
      video: z.boolean().nullish(),
    })
    .nullish(),
  'artist-credit': Credit,
});
type Track = z.infer<typeof Track>;

const Medium = z.object({
  position: z.int().min(0).max(1000).nullish(),
  format: Maybe,
  'track-count': z.int().min(0).max(MAX_TRACKS).nullish(),
  tracks: z.array(Track).max(MAX_TRACKS).nullish(),
  pregap: Track.nullish(),
});

const Release = z.object({
  id: Id,
  title: Text,
  date: Maybe,
  country: Maybe,
  'artist-credit': Credit,
  'release-group': Group,
  'track-count': z.int().min(0).max(MAX_TRACKS).nullish(),
  media: z.array(Medium).max(200).nullish(),
  'label-info': z
    .array(z.object({ label: z.object({ name: Maybe }).nullish() }))
    .max(100)
    .nullish(),
});

const Search = z.object({ releases: z.array(z.unknown()).max(200) });

const PICTURES = new Set(['DVD-Video', 'DVD', 'Blu-ray', 'VHS', 'LaserDisc', 'VCD', 'SVCD']);

/** A film in the box is no part of the music, unless it is all there is. */
function heard<M extends { readonly format?: string | null | undefined }>(media: readonly M[]): readonly M[] {
  const sound = media.filter(({ format }) => !PICTURES.has(format ?? ''));
  return sound.length > 0 ? sound : media;
}

const creditName = (credit: Credit): string =>
  (credit ?? [])
    .map(({ name, artist, joinphrase }) => `${name ?? artist?.name ?? ''}${joinphrase ?? ''}`)
    .join('')
    .trim();

const isManyArtists = (credit: Credit): boolean =>
  credit?.[0]?.artist?.id === VARIOUS_ARTISTS || isVarious(creditName(credit));

const yearOf = (date: string | null | undefined): number | undefined => {
  const year = /^(\d{4})/.exec(date ?? '')?.[1];
  return year === undefined || Number(year) < 1000 ? undefined : Number(year);
};

/** Throws where it is no answer of a search; a hit that makes no sense is left out. */
export function readSearch(answer: unknown): Hit[] {
  return Search.parse(answer).releases.flatMap((raw) => {
    const parsed = Release.safeParse(raw);
    if (!parsed.success) return [];
    const { data } = parsed;
    const media = heard(data.media ?? []);
    const counted = media.reduce((sum, one) => sum + (one['track-count'] ?? 0), 0);
    const year = yearOf(data.date);
    return {
      release_id: data.id,
      ...(data['release-group']?.id && { release_group_id: data['release-group'].id }),
      album: data.title,
      album_artist: creditName(data['artist-credit']),
      various: isManyArtists(data['artist-credit']),
      ...(year !== undefined && { year }),
      date: data.date ?? '',
      ...(media[0]?.format && { media: media[0].format }),
      track_count: counted > 0 ? counted : (data['track-count'] ?? 0),
      disc_count: Math.max(1, media.length),
    };
  });
}

/** Throws where it is no release with tracks. */
export function readRelease(answer: unknown): Known {
  const found = Release.parse(answer);
  const credit = found['artist-credit'];
  const artist = creditName(credit);
  const media = heard(found.media ?? []);
  const tracks = media.flatMap((medium, n) => {
    const disc = medium.position ?? n + 1;
    const hidden = medium.pregap ? [trackOf(medium.pregap, disc, 0, artist)] : [];
    const played = (medium.tracks ?? []).filter(({ recording }) => recording?.video !== true);
    return [...hidden, ...played.map((track, at) => trackOf(track, disc, track.position ?? at + 1, artist))];
  });
  if (tracks.length === 0 || tracks.length > MAX_TRACKS)
    throw new Error('a release without tracks, or with too many');
  const original = yearOf(found['release-group']?.['first-release-date']);
  const year = yearOf(found.date) ?? original;
  const label = found['label-info']?.[0]?.label?.name;
  const artistId = credit?.[0]?.artist?.id;
  return {
    release: {
      release_id: found.id,
      ...(found['release-group']?.id && { release_group_id: found['release-group'].id }),
      ...(artistId && { album_artist_id: artistId }),
      album: found.title,
      album_artist: artist,
      ...(year !== undefined && { year }),
      ...(found.country && { country: found.country }),
      ...(media[0]?.format && { media: media[0].format }),
      ...(label && { label }),
      compilation: isManyArtists(credit),
      tracks,
    },
    ...(original !== undefined && { original_year: original }),
  };
}

function trackOf(track: Track, disc: number, number: number, artist: string): ReleaseTrack {
  const length = track.length ?? track.recording?.length;
  return {
    disc_number: disc,
    track_number: number,
    title: track.title ?? track.recording?.title ?? '',
    artist: creditName(track['artist-credit']) || artist,
    ...(length && { duration_seconds: length / 1000 }),
    ...(track.recording?.id && { mb_recording_id: track.recording.id }),
    ...(track.id && { mb_track_id: track.id }),
  };
}
