import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError, randomId } from '../../base/index.js';
import type { Work, WorkContext } from '../../jobs/index.js';
import { exportAlbum, removeSuperseded, type AlbumContext } from './album-run.js';
import {
  ExportParams,
  ExportPlan,
  ExportResult,
  JOURNAL_NAME,
  WORK_FOLDER,
  type PlannedList,
  type PlannedTrack,
} from './contract.js';
import { ensureFolder, hashFile, lstatOr, plainFile, replaceFile, targetError } from './disk.js';
import { describe } from './folders.js';
import { m3uText } from './m3u.js';
import { Manifest } from './manifest.js';

export interface ExportWorkOptions {
  /** The program; `ffmpeg` from the path by default. */
  readonly ffmpeg?: string;
}

/** Notes that are told; of the others only their number. */
const MOST_NOTES = 20;

/**
 * One export, album by album. What stands there already as the manifest says is not made again: done a second time, after a crash or because something is new, it
 * goes on where it was.
 */
export function exportWork({ ffmpeg = 'ffmpeg' }: ExportWorkOptions = {}): Work<ExportParams, ExportResult> {
  return {
    kind: 'export',
    params: ExportParams,
    result: ExportResult,
    retry: { attempts: 1, delay_ms: 0 },
    async run({ plan: path }, context) {
      const plan = await readPlan(path);
      try {
        return await new ExportRun(plan, context, ffmpeg).run();
      } catch (thrown) {
        if (context.signal.aborted) throw thrown;
        throw (await isThere(plan)) ? targetError(thrown) : gone(thrown);
      }
    },
  };
}

async function readPlan(path: string): Promise<ExportPlan> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new AppError('ERR_NOT_FOUND', 'The plan of this export is gone: start it again', { cause });
  });
  return ExportPlan.parse(JSON.parse(text));
}

const gone = (cause?: unknown): AppError =>
  new AppError('ERR_DISK', 'The folder or stick is not there any more', { cause });

/** The same file system at the same place: below a stick that is gone there may be an empty folder of the house. */
async function isThere({ root, device }: ExportPlan): Promise<boolean> {
  const now = await describe(root).catch(() => undefined);
  return now?.device === device;
}

class ExportRun {
  readonly #plan: ExportPlan;
  readonly #context: WorkContext;
  readonly #ffmpeg: string;
  readonly #total: number;
  readonly #there = new Map<string, string>();
  readonly #notes: string[];
  #done = 0;
  #written = 0;

  constructor(plan: ExportPlan, context: WorkContext, ffmpeg: string) {
    this.#plan = plan;
    this.#context = context;
    this.#ffmpeg = ffmpeg;
    this.#notes = [...plan.notes];
    const tracks = plan.albums.flatMap((album) => album.tracks);
    this.#total = tracks.reduce((sum, track) => sum + weight(track), 0);
  }

  async run(): Promise<ExportResult> {
    await this.#mustBeThere();
    const manifest = await Manifest.load(this.#plan.root);
    const staging = await this.#clean();
    try {
      await this.#albums(manifest, staging);
      for (const list of this.#plan.lists) await this.#writeList(list, manifest);
    } finally {
      await this.#leave(manifest, staging);
    }
    return this.#result();
  }

  async #mustBeThere(): Promise<void> {
    if (!(await isThere(this.#plan))) throw gone();
    const music = await stat(this.#plan.music_dir).catch(() => undefined);
    if (!music?.isDirectory())
      throw new AppError('ERR_SOURCE', 'The music folder is not there', { retryable: true });
  }

  /** What a run that died left of itself goes; this one has a folder of its own, for programs of the dead one may still be writing. */
  async #clean(): Promise<string> {
    const folder = await ensureFolder(this.#plan.root, WORK_FOLDER);
    for (const name of await readdir(folder))
      if (name !== JOURNAL_NAME) await rm(join(folder, name), { recursive: true, force: true });
    return join(folder, `${this.#plan.export_id}.${randomId(6)}`);
  }

  async #albums(manifest: Manifest, staging: string): Promise<void> {
    const { clock, signal } = this.#context;
    const context: AlbumContext = {
      musicDir: this.#plan.music_dir,
      clock,
      signal,
      ffmpeg: this.#ffmpeg,
      plan: this.#plan,
      manifest,
      staging,
      did: (track) => {
        this.#done += weight(track);
        this.#tell();
      },
    };
    for (const album of this.#plan.albums) {
      signal.throwIfAborted();
      if (!(await isThere(this.#plan))) throw gone();
      this.#tell(album.title);
      const { there, written, notes } = await exportAlbum(context, album);
      this.#written += written;
      this.#notes.push(...notes);
      const names = new Map(album.tracks.map(({ track_id, name }) => [track_id, name]));
      for (const id of there)
        this.#there.set(`${album.format}/${id}`, `${album.folder}/${names.get(id) ?? ''}`);
    }
  }

  #tell(message?: string): void {
    this.#context.progress({
      current: this.#done,
      total: this.#total,
      stage: 'export',
      ...(message !== undefined && { message }),
    });
  }

  /** Of what stands there, in the order of the wish. */
  async #writeList({ format, path, tracks }: PlannedList, manifest: Manifest): Promise<void> {
    const { root } = this.#plan;
    const above = `${dirname(path)}/`;
    const lines = tracks.flatMap((track) => {
      const found = this.#there.get(`${format}/${track.track_id}`);
      return found === undefined ? [] : [{ ...track, path: found.slice(above.length) }];
    });
    if (lines.length === 0) return;
    const text = m3uText(lines);
    const sum = createHash('sha256').update(text).digest('hex');
    const there = await plainFile(root, path);
    const same =
      there !== undefined && there !== 'other' && (await hashFile(join(root, path))).sha256 === sum;
    if (there !== undefined && !same && !manifest.at(path)) {
      this.#notes.push(`${path} is left as it is: it is a file of somebody else`);
      return;
    }
    const size_bytes = Buffer.byteLength(text);
    // Its time is not known before it is there, and its sum says enough.
    await manifest.claim([
      { path, size_bytes, sha256: sum, mtime_ms: 0, item: `list/${path}`, made_of: 'list' },
    ]);
    if (!same) await replaceFile(join(root, path), text);
  }

  /** Also when it failed or was cancelled: what is written stays, and the manifest says what that is. */
  async #leave(manifest: Manifest, staging: string): Promise<void> {
    if (!(await isThere(this.#plan))) return;
    try {
      await rm(staging, { recursive: true, force: true });
      await removeSuperseded(this.#plan.root, manifest);
      await manifest.save();
      await rm(dirname(staging), { recursive: true, force: true });
    } catch (error) {
      // The journal still has everything; the next export makes a manifest of it.
      this.#context.log.warn({ export_id: this.#plan.export_id, error }, 'an export could not be tidied up');
    }
  }

  async #result(): Promise<ExportResult> {
    const ids = new Set([...this.#there.keys()].map((key) => basename(key)));
    if (ids.size === 0) throw new AppError('ERR_SOURCE', this.#notes[0] ?? 'None of the files could be read');
    const albums = this.#plan.albums.filter(({ format, tracks }) =>
      tracks.some(({ track_id }) => this.#there.has(`${format}/${track_id}`)),
    );
    let size = 0;
    for (const path of this.#there.values()) size += (await lstatOr(join(this.#plan.root, path)))?.size ?? 0;
    const more = this.#notes.length - MOST_NOTES;
    return {
      album_count: new Set(albums.map(({ album_id }) => album_id)).size,
      track_count: ids.size,
      written: this.#written,
      unchanged: this.#there.size - this.#written,
      size_bytes: size,
      notes: [...this.#notes.slice(0, MOST_NOTES), ...(more > 0 ? [`and ${more} more`] : [])],
    };
  }
}

/** What takes time, in bytes: what is made takes longer than what is copied. */
const weight = ({ making, estimate_bytes }: PlannedTrack): number =>
  making === 'copy' ? estimate_bytes : estimate_bytes * 3;
