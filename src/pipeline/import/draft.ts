import { dirname, extname, join } from 'node:path';
import { AppError } from '../../base/index.js';
import { AUDIO_EXTENSIONS, type Intake, type StoredAlbum, type StoredTrack } from '../../library/index.js';
import type { Db } from '../../storage/index.js';
import type { ExaminedFile, ImportPlan } from '../contract.js';
import { nameKey } from '../names.js';
import { JUNK } from './clean.js';
import type { Ground } from './anchor.js';
import { type WayOut, wayOut } from './moves-out.js';
import { pairTracks } from './pairs.js';
import { checkPath, findPlace } from './place.js';
import { Names, type Template } from './template.js';
import { isWritable, missingFrom, wishesOf, type WishedTags } from './wished-tags.js';

/** A file on its way into the folder of an album. */
export interface DraftFile {
  readonly source: ExaminedFile;
  /** Below the folder of the album. */
  readonly name: string;
  /** Its number among the tracks of the release; absent for what comes along. */
  readonly track?: number;
  /** Tags to be written; empty where the file says all already, or cannot be written. */
  readonly wishes: WishedTags;
  /** Whose id goes on with it. */
  readonly before?: StoredTrack | undefined;
}

/** What an import will do. Nothing was changed for it. */
export interface Draft {
  /** Below the music folder. */
  readonly folder: string;
  readonly files: readonly DraftFile[];
  readonly replaced?: { readonly album: StoredAlbum; readonly way: WayOut } | undefined;
}

export interface DraftParts {
  readonly db: Db;
  readonly intake: Intake;
  readonly template: Template;
}

/** What comes along beside the music: what was scanned, photographed or written for it. Lists of files would name files that have other names now. */
const ALONG = new Set(['jpg', 'jpeg', 'png', 'webp', 'gif', 'pdf', 'txt', 'log', 'nfo']);
const MAX_ALONG = 200;

const extensionOf = (path: string): string => extname(path).slice(1).toLowerCase();

export async function draftOf(plan: ImportPlan, ground: Ground, parts: DraftParts): Promise<Draft> {
  const sources = tracksOf(plan);
  const replaced = await replacedOf(plan, ground, parts);
  const pairs = pairTracks(
    replaced?.album.tracks ?? [],
    plan.release.tracks.map((track, n) => {
      const source = sources[n];
      return source && { track, seconds: source.duration_seconds ?? track.duration_seconds };
    }),
    (trackId) => recordingOf(parts.db, trackId),
  );
  const stays = replaced && stayingIn(replaced.way, sources, pairs);
  const layout = parts.template.layOut(plan.release);
  const place =
    stays === undefined ? await findPlace(ground.root, layout.folder) : { folder: stays, taken: true };
  if (place.taken && !replaced?.way.moves.some(({ from }) => nameKey(from) === nameKey(place.folder)))
    throw exists();
  const names = new Names();
  const files: DraftFile[] = [];
  for (const [n, source] of sources.entries()) {
    if (!source) continue;
    const extension = extensionOf(source.path);
    const before = pairs[n];
    const kept =
      stays !== undefined && before?.path?.startsWith(`${stays}/`)
        ? before.path.slice(stays.length + 1)
        : undefined;
    const parts = kept === undefined ? layout.files[n]! : kept.slice(0, -extname(kept).length).split('/');
    const name = kept !== undefined && names.take(kept) ? kept : names.give(parts, extension);
    const wishes = isWritable(extension) ? missingFrom(source.tags, wishesOf(plan.release, n)) : {};
    files.push({ source, name, track: n, wishes, before });
  }
  if (files.length === 0) throw new AppError('ERR_INVALID', 'There is no track to be imported');
  files.push(...alongOf(plan, names));
  for (const { name } of files) checkPath(ground.root, `${place.folder}/${name}`);
  return { folder: place.folder, files, replaced };
}

const exists = (): AppError =>
  new AppError('ERR_CONFLICT', 'Something stands already where this album should go', {
    params: { gate: 'target_exists' },
  });

/** The file of each track. Throws ERR_INVALID where the plan names none that can be a track. */
function tracksOf(plan: ImportPlan): (ExaminedFile | undefined)[] {
  const byPath = new Map(plan.files.map((file) => [file.path, file]));
  const used = new Set<string>();
  return plan.release.tracks.map((_, n) => {
    const path = plan.tracks[n] ?? null;
    if (path === null) return undefined;
    const file = byPath.get(path);
    if (!file || used.has(path))
      throw new AppError('ERR_INVALID', 'The plan names a file that is not there, or twice');
    if (!Object.hasOwn(AUDIO_EXTENSIONS, extensionOf(path)))
      throw new AppError('ERR_UNPLAYABLE', 'The library takes no files of this kind');
    used.add(path);
    return file;
  });
}

async function replacedOf(
  plan: ImportPlan,
  ground: Ground,
  { intake }: DraftParts,
): Promise<Draft['replaced']> {
  if (plan.replace_album_id === undefined) return undefined;
  const album = intake.album(plan.replace_album_id);
  if (!album) throw new AppError('ERR_ALBUM_NOT_FOUND', 'The album to be replaced is not in the library');
  return { album, way: await wayOut(ground.root, intake, album, trashIdOf(plan.import_id)) };
}

/** One import puts one album into the trash at most: the same id however often it is tried. */
export const trashIdOf = (importId: string): string => importId;

/**
 * Other servers know files by their names, and with the name goes what people did with them there: an album of the same formats takes the
 * very place of the old one.
 */
function stayingIn(
  { moves }: WayOut,
  sources: readonly (ExaminedFile | undefined)[],
  pairs: readonly (StoredTrack | undefined)[],
): string | undefined {
  const only = moves.length === 1 ? moves[0]!.from : undefined;
  const isSame = sources.every((source, n) => {
    const old = pairs[n]?.path;
    return (
      !source || (old !== undefined && dirname(old) !== '.' && extensionOf(old) === extensionOf(source.path))
    );
  });
  return isSame && only !== undefined && pairs.some((pair) => pair?.path?.startsWith(`${only}/`))
    ? only
    : undefined;
}

function alongOf(plan: ImportPlan, names: Names): DraftFile[] {
  const taken = new Set(plan.tracks);
  const along = plan.files.filter(
    (file) =>
      !taken.has(file.path) &&
      file.kind !== 'audio' &&
      (file.path === plan.artwork || (file.problem === undefined && ALONG.has(extensionOf(file.path)))) &&
      !file.path.split('/').some((part) => part.startsWith('.') || JUNK.test(part)),
  );
  const isCover = (file: ExaminedFile): boolean => file.path === plan.artwork;
  return along
    .sort((a, b) => Number(isCover(b)) - Number(isCover(a)))
    .slice(0, MAX_ALONG)
    .map((source) => {
      const extension = extensionOf(source.path);
      const parts = isCover(source) ? ['cover'] : source.path.slice(0, -extension.length - 1).split('/');
      return { source, name: names.give(parts, extension), wishes: {} };
    });
}

function recordingOf(db: Db, trackId: string): string | undefined {
  const row = db.prepare('SELECT recording_id FROM track_origins WHERE track_id = ?').get(trackId);
  return typeof row?.['recording_id'] === 'string' ? row['recording_id'] : undefined;
}

/** Absolute. Throws ERR_INVALID for a path that leaves the folder of the candidate. */
export function sourcePath(folder: string, path: string): string {
  if (
    path === '' ||
    path.includes('\0') ||
    path.split('/').some((part) => part === '..' || part === '.' || part === '')
  )
    throw new AppError('ERR_INVALID', 'The path of a file leaves its folder', {
      params: { gate: 'path_unsafe' },
    });
  return join(folder, path);
}
