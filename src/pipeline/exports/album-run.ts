import { mkdir, rename, rm, rmdir, statfs, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../base/index.js';
import { COVER_NAME, type ExportPlan, type PlannedAlbum, type PlannedTrack } from './contract.js';
import { ensureFolder, hashFile, lstatOr, noSpace, plainFile, syncFolder } from './disk.js';
import { makeCover, makeTrack, type Cover, type Made, type MakeContext } from './make.js';
import type { Manifest, ManifestFile } from './manifest.js';
import { coverItem, coverMadeOf, isMade, madeOf, neededBytes, trackItem } from './planning.js';

export interface AlbumContext extends MakeContext {
  readonly plan: ExportPlan;
  readonly manifest: Manifest;
  /** Of this run, on the file system of the root: nobody sees it. */
  readonly staging: string;
  /** A track is done, one way or the other. */
  did(track: PlannedTrack): void;
}

export interface AlbumDone {
  /** Ids of the tracks that stand there now. */
  readonly there: readonly string[];
  readonly written: number;
  /** Why others do not, as sentences. */
  readonly notes: readonly string[];
}

interface Staged {
  readonly name: string;
  readonly entry: ManifestFile;
}

/**
 * Brings one album of the plan up to date: what is missing or other is made beside it, proven, claimed and then moved into place. After a crash anywhere the same
 * again ends in the same.
 */
export async function exportAlbum(context: AlbumContext, album: PlannedAlbum): Promise<AlbumDone> {
  const there: string[] = [];
  const due: PlannedTrack[] = [];
  for (const track of album.tracks) {
    if (!(await stands(context, album, track))) due.push(track);
    else {
      there.push(track.track_id);
      context.did(track);
    }
  }
  if (due.length === 0) return { there, written: 0, notes: [] };
  await mustFit(context.plan, { ...album, tracks: due });
  await rm(context.staging, { recursive: true, force: true });
  await mkdir(context.staging, { recursive: true });
  const cover = await stageCover(context, album);
  const notes: string[] = [];
  const staged: Staged[] = [];
  for (const track of due) {
    const made = await stageTrack(context, album, track, cover?.picture).catch((error: unknown) => {
      notes.push(leftOut(track, error));
      return undefined;
    });
    if (made) staged.push(made);
    context.did(track);
  }
  const files = cover?.staged && staged.length > 0 ? [...staged, cover.staged] : staged;
  const published = new Set(await publish(context, album, files, notes));
  const done = due.filter((track) => published.has(track.name)).map(({ track_id }) => track_id);
  return { there: [...there, ...done], written: done.length, notes };
}

/** Whether a track is there already as the manifest says. */
async function stands(
  { manifest, plan, signal }: AlbumContext,
  album: PlannedAlbum,
  track: PlannedTrack,
): Promise<boolean> {
  if (!isMade(album, track, manifest)) return false;
  const entry = manifest.at(`${album.folder}/${track.name}`);
  return entry !== undefined && (await isAsMade(plan.root, entry, signal));
}

/** Whether a file is what an export made of it. Its time says so; when that is another, its sum does. */
export async function isAsMade(root: string, entry: ManifestFile, signal?: AbortSignal): Promise<boolean> {
  const there = await plainFile(root, entry.path);
  if (there === undefined || there === 'other' || there.size !== entry.size_bytes) return false;
  if (Math.abs(there.mtimeMs - entry.mtime_ms) <= 2000) return true;
  return (await hashFile(join(root, entry.path), signal)).sha256 === entry.sha256;
}

async function mustFit({ root, reserve_bytes }: ExportPlan, album: PlannedAlbum): Promise<void> {
  const { bavail, bsize } = await statfs(root);
  if (bavail * bsize < neededBytes([album], { at: () => undefined }) + reserve_bytes) throw noSpace();
}

async function stageTrack(
  context: AlbumContext,
  album: PlannedAlbum,
  track: PlannedTrack,
  cover: Cover | undefined,
): Promise<Staged> {
  const path = join(context.staging, track.name);
  try {
    const made = await makeTrack(context, track, path, track.making === 'copy' ? undefined : cover);
    if (made.size_bytes > context.plan.max_file_bytes)
      throw new AppError('ERR_SOURCE', 'FAT takes no file of 4 GB');
    const item = trackItem(track.track_id, album.format);
    return { name: track.name, entry: entryOf(album, track.name, made, item, madeOf(track, album.art)) };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

function entryOf(album: PlannedAlbum, name: string, made: Made, item: string, made_of: string): ManifestFile {
  const { size_bytes, sha256, mtime_ms } = made;
  const { album_id, folder } = album;
  return { path: `${folder}/${name}`, size_bytes, sha256, mtime_ms, item, album_id, made_of };
}

interface StagedCover {
  /** For the tracks. */
  readonly picture: Cover;
  /** Absent when the one that is there is the same. */
  readonly staged: Staged | undefined;
}

async function stageCover(context: AlbumContext, album: PlannedAlbum): Promise<StagedCover | undefined> {
  const picture = await makeCover(context, album, join(context.staging, COVER_NAME));
  if (!picture || !album.art) return undefined;
  const item = coverItem(album.album_id, album.format);
  const entry = entryOf(album, COVER_NAME, picture, item, coverMadeOf(album.art));
  const before = context.manifest.at(entry.path);
  const same = before?.sha256 === entry.sha256 && (await isAsMade(context.plan.root, before));
  return { picture, staged: same ? undefined : { name: COVER_NAME, entry } };
}

/** Only what is wrong with one source may leave a track out; what is wrong with the stick ends the export. */
function leftOut({ artist, title }: PlannedTrack, error: unknown): string {
  if (error instanceof AppError && error.code === 'ERR_SOURCE')
    return `${artist} - ${title} is left out: ${error.message}`;
  throw error;
}

/** Moves staged files to where they belong: the whole folder in one step where there is none yet. The names that stand there now. */
async function publish(
  context: AlbumContext,
  album: PlannedAlbum,
  staged: readonly Staged[],
  notes: string[],
): Promise<string[]> {
  if (staged.length === 0) return [];
  const { plan, manifest, staging, signal } = context;
  const ready: Staged[] = [];
  for (const file of staged) if (await isFree(context, file, notes)) ready.push(file);
  signal.throwIfAborted();
  await syncFolder(staging);
  await manifest.claim(ready.map(({ entry }) => entry));
  const parent = await ensureFolder(plan.root, dirname(album.folder));
  const target = join(plan.root, album.folder);
  const isNew = (await lstatOr(target)) === undefined;
  if (isNew) {
    await removeStrays(staging, staged, ready);
    await rename(staging, target);
    await syncFolder(parent);
  } else {
    await ensureFolder(plan.root, album.folder);
    for (const { name } of ready) await rename(join(staging, name), join(target, name));
    await syncFolder(target);
  }
  return ready.map(({ name }) => name);
}

/** False, with a note, when a file of somebody else has the name. One that is the same to the byte is as good as ours. */
async function isFree(
  { plan, manifest, signal }: AlbumContext,
  { entry }: Staged,
  notes: string[],
): Promise<boolean> {
  if (manifest.at(entry.path)) {
    if ((await plainFile(plan.root, entry.path)) !== 'other') return true;
  } else {
    const there = await plainFile(plan.root, entry.path);
    if (there === undefined) return true;
    if (there !== 'other' && there.size === entry.size_bytes)
      if ((await hashFile(join(plan.root, entry.path), signal)).sha256 === entry.sha256) return true;
  }
  notes.push(`${entry.path} is left out: there is a file of somebody else under this name`);
  return false;
}

async function removeStrays(
  staging: string,
  staged: readonly Staged[],
  ready: readonly Staged[],
): Promise<void> {
  for (const file of staged) if (!ready.includes(file)) await rm(join(staging, file.name), { force: true });
}

/** Takes away files that earlier exports made of what stands under another name now. Nothing that was changed since. */
export async function removeSuperseded(root: string, manifest: Manifest): Promise<void> {
  for (const file of manifest.files) {
    if (manifest.item(file.item) === file) continue;
    if (await isAsMade(root, file)) {
      await unlink(join(root, file.path));
      await rmdir(dirname(join(root, file.path))).catch(() => undefined);
    }
    manifest.forget([file.path]);
  }
}
