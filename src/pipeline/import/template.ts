import { AppError } from '../../base/index.js';
import type { Release } from '../../protocol/index.js';
import { freeName, nameKey, safeName } from '../names.js';

/** Artist, album with its year where it has one, and the disc where there are several. */
export const DEFAULT_TEMPLATE = '{album_artist}/{album}[ ({year})]/[{disc}-]{track} {title}';

const ALBUM_FIELDS = ['album_artist', 'album', 'year', 'country', 'media', 'label', 'release_id'] as const;
const TRACK_FIELDS = ['disc', 'track', 'title', 'artist'] as const;
type Field = (typeof ALBUM_FIELDS)[number] | (typeof TRACK_FIELDS)[number];
const isField = (name: string): name is Field =>
  [...ALBUM_FIELDS, ...TRACK_FIELDS].some((field) => field === name);
const isOfTrack = (field: Field): boolean => TRACK_FIELDS.some((each) => each === field);

type Part = { readonly text: string } | { readonly field: Field } | { readonly optional: readonly Part[] };
type Segment = readonly Part[];
type Values = Readonly<Record<Field, string | undefined>>;

/** Folders that scanners take for something else than music, ours too. */
const NO_MUSIC = /^(@eadir|lost\+found|#recycle|\$recycle\.bin|system volume information|#snapshot)$/i;
/** Leaves room for a mark of repetition, and for the longest extension. */
const MAX_STEM_BYTES = 240;

/** Where the files of an album go: its folder, and below that each file without its extension. */
export interface Layout {
  readonly folder: readonly string[];
  /** In the order of the tracks. */
  readonly files: readonly (readonly string[])[];
}

export interface Template {
  layOut(release: Release): Layout;
}

/**
 * Reads a template such as `{album_artist}/{album}[ ({year})]/[{disc}-]{track} {title}`. What is in brackets is left out where one of its
 * fields has no value; `disc` has one only where there are several. Throws ERR_INVALID for one that cannot tell albums and tracks apart.
 */
export function readTemplate(text: string): Template {
  const segments = text.split('/').map((segment) => parse(segment));
  const fieldsIn = (segment: Segment): Field[] =>
    segment.flatMap((part) =>
      'field' in part ? part.field : 'optional' in part ? fieldsIn(part.optional) : [],
    );
  const firstOfTrack = segments.findIndex((segment) => fieldsIn(segment).some(isOfTrack));
  const folder = segments.slice(0, firstOfTrack);
  const names = segments.slice(firstOfTrack);
  const isWhole =
    firstOfTrack > 0 &&
    segments.every((segment) => segment.length > 0) &&
    folder.some((segment) => fieldsIn(segment).includes('album')) &&
    names.some((segment) => fieldsIn(segment).some((field) => field === 'track' || field === 'title'));
  if (!isWhole)
    throw new AppError(
      'ERR_INVALID',
      'path_template: folders with {album} are needed, and below them a file name with {track} or {title}',
    );
  return {
    layOut: (release) => ({
      folder: filled(folder, valuesOf(release, undefined)).map(folderName),
      files: release.tracks.map((_, n) => filled(names, valuesOf(release, n))),
    }),
  };
}

/** A folder that is nothing but brackets is left out where they are. */
function filled(segments: readonly Segment[], values: Values): string[] {
  return segments.flatMap((segment) => {
    const name = fill(segment, values);
    return name === '' && segment.every((part) => 'optional' in part) ? [] : name;
  });
}

function parse(text: string): Part[] {
  const parts: Part[] = [];
  const pattern = /\[([^[\]]*)\]|\{([a-z_]+)\}|([^[\]{}]+)|(.)/gu;
  for (const [, optional, field, plain, stray] of text.matchAll(pattern)) {
    if (optional !== undefined) parts.push({ optional: parse(optional) });
    else if (plain !== undefined) parts.push({ text: plain });
    else if (field !== undefined && isField(field)) parts.push({ field });
    else throw new AppError('ERR_INVALID', `path_template: ${field ?? stray ?? ''} says nothing`);
  }
  return parts;
}

/** What is left around a field without a value goes too. */
const fill = (parts: Segment, values: Values): string =>
  join(parts, values)
    .replace(/\(\s*\)/g, '')
    .replace(/\s+/g, ' ')
    .replace(/^\s*-\s+|\s+-\s*$/g, '')
    .trim();

function join(parts: Segment, values: Values): string {
  const text = parts.map((part) => {
    if ('text' in part) return part.text;
    if ('field' in part) return values[part.field] ?? '';
    const isMissing = part.optional.some((inner) => 'field' in inner && values[inner.field] === undefined);
    return isMissing ? '' : join(part.optional, values);
  });
  return text.join('');
}

function valuesOf(release: Release, n: number | undefined): Values {
  const track = n === undefined ? undefined : release.tracks[n];
  const discs = new Set(release.tracks.map((each) => each.disc_number));
  const width = Math.max(2, String(Math.max(...release.tracks.map((each) => each.track_number))).length);
  return {
    album_artist: plain(release.album_artist),
    album: plain(release.album),
    year: release.year === undefined ? undefined : String(release.year),
    country: plain(release.country),
    media: plain(release.media),
    label: plain(release.label),
    release_id: plain(release.release_id),
    disc: track && discs.size > 1 ? String(track.disc_number) : undefined,
    track: track && String(track.track_number).padStart(width, '0'),
    title: plain(track?.title),
    artist: plain(track?.artist),
  };
}

/** A name may have brackets or a slash; they mean nothing here. */
const plain = (text: string | undefined): string | undefined =>
  text === undefined || text.trim() === '' ? undefined : text.replaceAll('/', '_');

export function folderName(text: string): string {
  const name = safeName(text, { maxBytes: MAX_STEM_BYTES });
  return NO_MUSIC.test(name) ? `_${name}` : name;
}

/** Gives out paths below one folder: no two that a file system without case would take for one. */
export class Names {
  readonly #taken = new Set<string>();

  /** A whole path as it is; false when it is taken. */
  take(path: string): boolean {
    const key = path.split('/').map(nameKey).join('/');
    if (this.#taken.has(key)) return false;
    this.#taken.add(key);
    return true;
  }

  /** `parts`: folders, and a name without its extension. */
  give(parts: readonly string[], extension: string): string {
    const folder = parts.slice(0, -1).map((part) => folderName(part));
    const above = folder.map((part) => `${nameKey(part)}/`).join('');
    const isTaken = (key: string): boolean => this.#taken.has(above + key);
    const options = {
      maxBytes: MAX_STEM_BYTES,
      ...(extension !== '' && { extension: safeExtension(extension) }),
    };
    const name = freeName(parts.at(-1) ?? '', isTaken, options);
    this.#taken.add(above + nameKey(name));
    return [...folder, name].join('/');
  }
}

const safeExtension = (extension: string): string =>
  extension
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(0, 8);
