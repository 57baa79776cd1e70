import type { SourceFile } from '../../library/index.js';
import { freeName, nameKey, safeName } from '../names.js';
import {
  COVER_NAME,
  FORMAT_FOLDER,
  type ExportPlan,
  type Format,
  type Making,
  type PlannedAlbum,
  type PlannedList,
  type PlannedTrack,
} from './contract.js';
import type { ExportFolder } from './folders.js';
import type { ManifestFile } from './manifest.js';
import { RECIPE } from './make.js';

/** What somebody wants to take along. */
export interface Wish {
  readonly export_id: string;
  /** Of the list beside the albums. */
  readonly title: string;
  readonly formats: readonly Format[];
  /** In play order; the same track may come twice in a playlist. */
  readonly sources: readonly SourceFile[];
  readonly folder: ExportFolder;
  /** Links resolved. */
  readonly musicDir: string;
}

/** What earlier exports left there. */
export interface Earlier {
  readonly files: readonly ManifestFile[];
  at(path: string): ManifestFile | undefined;
}

/** Of one name: three of them, and where the stick is mounted, fit into the 260 characters of Windows. */
const NAME_BYTES = 80;
/** 320 kbit/s, more than the best quality of LAME ever needs. */
const MP3_BYTES_PER_SECOND = 40_000;
const COVER_BYTES = 400_000;
/** Sticks give room in pieces of at most this size. */
const CLUSTER = 32_768;
const STREAM_TAGS = new Set(['opus', 'vorbis', 'speex']);

export const trackItem = (trackId: string, format: Format): string => `track/${trackId}/${format}`;
export const coverItem = (albumId: string, format: Format): string => `cover/${albumId}/${format}`;

/** What a file is made of: the same again need not be made. */
export function madeOf(track: PlannedTrack, art: PlannedAlbum['art']): string {
  const own = [RECIPE, track.making, track.source_bytes, track.source_mtime_us];
  return [...own, ...(track.making === 'copy' || !art ? [] : [art.bytes, art.mtime_us])].join(':');
}

export const coverMadeOf = (art: NonNullable<PlannedAlbum['art']>): string =>
  [RECIPE, art.bytes, art.mtime_us].join(':');

/** Names, and what is made how. Pure: the same wish beside the same earlier exports is the same plan. */
export function planExport(wish: Wish, earlier: Earlier): ExportPlan {
  const { export_id, title, formats, sources, folder, musicDir } = wish;
  const notes: string[] = [];
  const names = new Names(earlier, new Set(sources.map(({ track_id }) => track_id)));
  const planned = formats.flatMap((format) =>
    byAlbum(sources).map((tracks) => planAlbum(format, tracks, names, folder.max_file_bytes, notes)),
  );
  const albums = planned.filter(({ tracks }) => tracks.length > 0);
  const lists = formats.map((format): PlannedList => ({
    format,
    path: `${FORMAT_FOLDER[format]}/${safeName(title, { extension: 'm3u8', maxBytes: NAME_BYTES, fallback: 'Music' })}`,
    tracks: sources.map((source) => ({
      track_id: source.track_id,
      title: source.title,
      artist: source.artist,
      duration_seconds: source.duration_seconds,
    })),
  }));
  noteLossy(formats, albums, notes);
  return {
    export_id,
    root: folder.path,
    device: folder.device,
    music_dir: musicDir,
    max_file_bytes: folder.max_file_bytes,
    reserve_bytes: folder.reserve_bytes,
    albums,
    lists,
    notes,
  };
}

/** Upper bound of the room that is needed besides what stands there already. */
export function neededBytes(albums: readonly PlannedAlbum[], earlier: Pick<Earlier, 'at'>): number {
  let needed = 0;
  for (const album of albums) {
    const missing = album.tracks.filter((track) => !isMade(album, track, earlier));
    for (const track of missing) needed += track.estimate_bytes + CLUSTER;
    if (missing.length > 0 && album.art) needed += COVER_BYTES;
  }
  return needed;
}

/** Whether the manifest has it as it should be; whether it is there is another question. */
export function isMade(album: PlannedAlbum, track: PlannedTrack, earlier: Pick<Earlier, 'at'>): boolean {
  const there = earlier.at(`${album.folder}/${track.name}`);
  return (
    there?.item === trackItem(track.track_id, album.format) && there.made_of === madeOf(track, album.art)
  );
}

function byAlbum(sources: readonly SourceFile[]): SourceFile[][] {
  const albums = new Map<string, Map<string, SourceFile>>();
  for (const source of sources) {
    const tracks = albums.get(source.album_id) ?? new Map<string, SourceFile>();
    tracks.set(source.track_id, source);
    albums.set(source.album_id, tracks);
  }
  return [...albums.values()].map((tracks) => [...tracks.values()]);
}

function planAlbum(
  format: Format,
  sources: readonly SourceFile[],
  names: Names,
  maxFileBytes: number,
  notes: string[],
): PlannedAlbum {
  const first = sources[0]!;
  const folder = names.albumFolder(format, first);
  const art = sources.find((source) => source.art !== undefined)?.art;
  const tracks = sources.map((source) => planTrack(format, source, names, folder));
  const fitting = tracks.filter((track) => track.making !== 'copy' || track.source_bytes <= maxFileBytes);
  for (const { title, artist } of tracks.filter((track) => !fitting.includes(track)))
    notes.push(`${artist} - ${title} is left out: FAT takes no file of 4 GB`);
  return {
    album_id: first.album_id,
    format,
    title: `${first.album_artist} - ${first.album}`,
    folder,
    ...(art && {
      art: { source: art.path.toString('latin1'), bytes: art.size_bytes, mtime_us: art.mtime_us },
    }),
    tracks: fitting,
  };
}

function planTrack(format: Format, source: SourceFile, names: Names, folder: string): PlannedTrack {
  const making = makingOf(format, source);
  const { disc_number, track_number, bits_per_sample, year } = source;
  return {
    track_id: source.track_id,
    source: source.path.toString('latin1'),
    source_bytes: source.size_bytes,
    source_mtime_us: source.mtime_us,
    name: names.track(format, folder, source, extensionFor(making, source)),
    making,
    estimate_bytes: estimate(making, source),
    duration_seconds: source.duration_seconds,
    tags_in_stream: STREAM_TAGS.has(source.codec) || /\.og[ga]$/i.test(source.path.toString('latin1')),
    title: source.title,
    artist: source.artist,
    album: source.album,
    album_artist: source.album_artist,
    ...(year !== undefined && { year }),
    ...(disc_number !== undefined && { disc_number }),
    ...(track_number !== undefined && { track_number }),
    ...(bits_per_sample !== undefined && { bits_per_sample }),
  };
}

/** What is lossy never becomes FLAC: that would only be larger. */
function makingOf(format: Format, { codec, lossless }: SourceFile): Making {
  if (format === 'mp3') return codec === 'mp3' ? 'copy' : 'lossy';
  return lossless && codec !== 'flac' ? 'lossless' : 'copy';
}

function extensionFor(making: Making, { path, codec }: SourceFile): string {
  if (making === 'lossless') return 'flac';
  if (making === 'lossy') return 'mp3';
  const own = /\.([A-Za-z0-9]{1,5})$/.exec(path.toString('latin1'))?.[1]?.toLowerCase();
  return own ?? codec.replace(/[^a-z0-9]/g, '').slice(0, 5);
}

function estimate(making: Making, source: SourceFile): number {
  if (making === 'copy') return source.size_bytes;
  const seconds = source.duration_seconds;
  if (making === 'lossy') return Math.ceil(seconds * MP3_BYTES_PER_SECOND) + COVER_BYTES;
  const { sample_rate_hz = 48_000, bits_per_sample = 24 } = source;
  const raw = Math.ceil((seconds * sample_rate_hz * 2 * Math.min(bits_per_sample, 24)) / 8);
  return Math.max(raw, source.size_bytes) + COVER_BYTES;
}

function noteLossy(formats: readonly Format[], albums: readonly PlannedAlbum[], notes: string[]): void {
  if (!formats.includes('flac')) return;
  const copied = albums
    .filter(({ format }) => format === 'flac')
    .flatMap(({ tracks }) => tracks)
    .filter(({ making, name }) => making === 'copy' && !/\.(?:flac|oga)$/.test(name)).length;
  if (copied > 0)
    notes.push(
      `${copied} ${copied === 1 ? 'track is lossy and was' : 'tracks are lossy and were'} copied as they are: FLAC would not make them better`,
    );
}

/** Names that no two things share, also not on a file system without case, and that stay the same from export to export. */
class Names {
  /** `folder key` -> whose it is. */
  readonly #folders = new Map<string, string>();
  /** `path key` -> which track. */
  readonly #files = new Map<string, string>();
  readonly #artists = new Map<string, string>();

  constructor(earlier: Earlier, wanted: ReadonlySet<string>) {
    for (const { path, album_id, item } of earlier.files) {
      const folder = path.slice(0, path.lastIndexOf('/'));
      if (album_id !== undefined) this.#folders.set(nameKey(folder), album_id);
      const [kind, trackId = ''] = item.split('/');
      // A name is kept for a track that is in this export too; any other gives way to what is there now.
      if (kind === 'track' && wanted.has(trackId)) this.#files.set(nameKey(path), trackId);
    }
  }

  albumFolder(format: Format, { album_artist, album, album_id }: SourceFile): string {
    const artist = safeName(album_artist, { maxBytes: NAME_BYTES, fallback: 'Unknown artist' });
    const above = this.#artists.get(nameKey(artist)) ?? artist;
    this.#artists.set(nameKey(artist), above);
    const parent = `${FORMAT_FOLDER[format]}/${above}`;
    const isTaken = (key: string): boolean =>
      (this.#folders.get(`${nameKey(parent)}/${key}`) ?? album_id) !== album_id;
    const name = freeName(album, isTaken, { maxBytes: NAME_BYTES, fallback: 'Unknown album' });
    const folder = `${parent}/${name}`;
    this.#folders.set(nameKey(folder), album_id);
    return folder;
  }

  track(format: Format, folder: string, source: SourceFile, extension: string): string {
    const { track_id, title, disc_count, disc_number, track_number } = source;
    const number = track_number === undefined ? '' : `${String(track_number).padStart(2, '0')} `;
    const disc = disc_count > 1 && number !== '' ? `${disc_number ?? 1}-` : '';
    const above = nameKey(folder);
    const isTaken = (key: string): boolean =>
      key === COVER_NAME || (this.#files.get(`${above}/${key}`) ?? track_id) !== track_id;
    const name = freeName(`${disc}${number}${title}`, isTaken, {
      extension,
      maxBytes: NAME_BYTES,
      fallback: 'Unknown title',
    });
    this.#files.set(`${above}/${nameKey(name)}`, track_id);
    return name;
  }
}
