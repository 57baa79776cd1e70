import { ACK, Refusal } from './wire.js';

/** Every tag of MPD 0.23, in its spelling: a filter may name them all, also those Tutti does not keep. */
const KNOWN_TAGS = [
  'Artist', 'ArtistSort', 'Album', 'AlbumSort', 'AlbumArtist', 'AlbumArtistSort', 'Title', 'Track', 'Name', 'Genre',
  'Mood', 'Date', 'OriginalDate', 'Composer', 'ComposerSort', 'Performer', 'Conductor', 'Work', 'Movement',
  'MovementNumber', 'Ensemble', 'Location', 'Grouping', 'Comment', 'Disc', 'Label', 'MUSICBRAINZ_ARTISTID',
  'MUSICBRAINZ_ALBUMID', 'MUSICBRAINZ_ALBUMARTISTID', 'MUSICBRAINZ_TRACKID', 'MUSICBRAINZ_RELEASETRACKID',
  'MUSICBRAINZ_WORKID',
] as const; // prettier-ignore
export type TagName = (typeof KNOWN_TAGS)[number];

/** What songs of ours carry, in the order they are told. */
export const TAGS = ['Artist', 'AlbumArtist', 'Album', 'Title', 'Track', 'Name', 'Date', 'Disc'] as const;
export type Tag = (typeof TAGS)[number];

/** A song as clients see it, from the library or from a queue. */
export interface Song {
  /** `Artist/Album/<track id>`, or the address of a stream. */
  readonly uri: string;
  readonly tags: Readonly<Partial<Record<Tag, string>>>;
  readonly duration_seconds?: number | undefined;
  /** `44100:16:2` as far as it is known. */
  readonly format?: string | undefined;
  readonly track_id?: string | undefined;
  readonly artwork_id?: string | undefined;
}

const BY_FOLDED = new Map(KNOWN_TAGS.map((tag) => [tag.toLowerCase(), tag]));

export function tagNamed(text: string): TagName | undefined {
  return BY_FOLDED.get(text.toLowerCase());
}

export function requireTag(text: string): TagName {
  const tag = tagNamed(text);
  if (!tag) throw new Refusal(ACK.argument, `Unknown tag type: ${text}`);
  return tag;
}

/** The value a song has for a tag; empty when it has none, as MPD counts it. */
export function valueOf(song: Song, tag: TagName): string {
  return song.tags[tag as Tag] ?? '';
}

/** Case and accents taken off, for `search`. */
export function folded(text: string): string {
  const lower = text.toLowerCase();
  if (/^[\x20-\x7e]*$/.test(lower)) return lower;
  return lower.normalize('NFKD').replace(/[\u0300-\u036f]/g, '');
}
