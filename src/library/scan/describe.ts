import { type Bytes, shownText, splitPath, toBytes } from '../file-names.js';
import { keyOf } from '../names.js';
import type { FileTags } from '../tags/tag-wire.js';

export const UNKNOWN_ARTIST = 'Unknown Artist';
export const UNKNOWN_ALBUM = 'Unknown Album';

/** What the library says of a track: its tags, and what its place on disk tells where they are silent. */
export interface Described {
  readonly base: Bytes;
  readonly title: string;
  readonly artist: string;
  /** The first artist, without guests: who the track is listed under. */
  readonly mainArtist: string;
  readonly album: string;
  readonly albumKey: string;
  readonly disc: number | undefined;
  readonly track: number | undefined;
}

const DISC_FOLDER =
  /^(.*?)[\s_.,-]*[([]?\s*\b(?:cd|dis[ck]|dvd)[\s_.#-]*(\d{1,2})\b\s*[)\]]?(?:\s*[-:_].*)?$/i;
const DISC_TITLE = /^(.+?)[\s,-]*[([]\s*(?:cd|dis[ck])[\s.#]*(\d{1,2})(?:\s*(?:of|\/)\s*\d+)?\s*[)\]]$/i;
const GUESTS = /\s+[([]?(?:feat\.?|ft\.?|featuring)\s.+$/i;
const NUMBERED = /^(?:(\d)[-.](?=\d{2}))?(\d{1,3})(?:\s*[-._)]\s*|\s+)(?=\S)(.+)$/;

/** `Album/CD1` and `Album (Disc 2)` -> `Album`, with the disc number; any other folder as it is. */
export function discFolder(folder: Bytes): { base: Bytes; disc: number | undefined } {
  const { folder: parent, name } = splitPath(folder);
  const found = DISC_FOLDER.exec(name.toString('latin1'));
  const disc = found ? Number(found[2]) : 0;
  if (!found || disc === 0) return { base: folder, disc: undefined };
  const bare = Buffer.from(found[1]!.trimEnd(), 'latin1');
  if (bare.length === 0) return { base: parent, disc };
  return { base: parent.length === 0 ? bare : Buffer.concat([parent, toBytes('/'), bare]), disc };
}

/** `The Wall (Disc 2)` -> `The Wall` and 2. */
export function discTitle(title: string): { title: string; disc: number | undefined } {
  const found = DISC_TITLE.exec(title);
  return found ? { title: found[1]!.trim(), disc: Number(found[2]) } : { title, disc: undefined };
}

interface Guess {
  readonly title: string;
  readonly artist: string | undefined;
  readonly disc: number | undefined;
  readonly track: number | undefined;
}

/** What a file name says: `01 - Title.mp3`, `1-02 Title.flac`, `03. Artist - Title.ogg`. */
export function guessFromName(name: Uint8Array): Guess {
  const stem = shownText(name).replace(/\.[^.]{1,5}$/, '');
  const spaced = (/\s/.test(stem) ? stem : stem.replace(/_/g, ' ')).trim();
  const numbered = NUMBERED.exec(spaced);
  const rest = (numbered?.[3] ?? spaced).trim();
  const parts = /^(.+?)\s+[-\u2013]\s+(.+)$/.exec(rest);
  return {
    title: (parts?.[2] ?? rest) || 'Untitled',
    artist: parts?.[1],
    disc: numbered?.[1] ? Number(numbered[1]) : undefined,
    track: numbered ? Number(numbered[2]) || undefined : undefined,
  };
}

/** `Artist - Album`, `Artist/Album`, `Album`: what a folder says. */
function guessFromFolder(base: Bytes): { artist: string | undefined; album: string | undefined } {
  const { folder: parent, name } = splitPath(base);
  const text = shownText(name)
    .replace(/_/g, ' ')
    .replace(/\s*[([](?:19|20)\d\d[)\]]\s*$/, '')
    .replace(/^(?:19|20)\d\d\s*[-.]\s*/, '')
    .trim();
  if (text === '') return { artist: undefined, album: undefined };
  const parts = /^(.+?)\s+[-\u2013]\s+(.+)$/.exec(text);
  if (parts) return { artist: parts[1], album: parts[2] };
  const above = shownText(splitPath(parent).name).trim();
  return { artist: above === '' ? undefined : above, album: text };
}

export function describe(tags: FileTags, folder: Bytes, name: Uint8Array): Described {
  const { base, disc: folderDisc } = discFolder(folder);
  const named = guessFromName(name);
  const place = guessFromFolder(base);
  const tagged = tags.album === undefined ? undefined : discTitle(tags.album);
  const untagged = tags.artists.length === 0 && tags.album === undefined;
  const albumArtist = tags.album_artist;
  const fallback =
    albumArtist ?? (untagged ? (named.artist ?? place.artist) : named.artist) ?? UNKNOWN_ARTIST;
  const artist = tags.artists.length > 0 ? tags.artists.join(', ') : fallback;
  const mainArtist = (tags.artists[0] ?? fallback).replace(GUESTS, '').trim() || UNKNOWN_ARTIST;
  const album = tagged?.title ?? place.album ?? UNKNOWN_ALBUM;
  return {
    base,
    title: tags.title ?? named.title,
    artist,
    mainArtist,
    album,
    albumKey: keyOf(album),
    disc: tags.disc ?? tagged?.disc ?? folderDisc ?? named.disc,
    track: tags.track ?? named.track,
  };
}
