import { readdir, realpath } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { codeOf, type Clock, type Logger } from '../../base/index.js';
import type { Db } from '../../storage/index.js';
import { type Bytes, bytes, joinBytes, ROOT, shownText } from '../file-names.js';
import type { TagResult } from '../tags/tag-wire.js';
import type { TagReader } from '../tags/tag-reader.js';
import type { AlbumChange } from './albums.js';
import { Catalog, type FoundFile, type LostTrack } from './catalog.js';
import { discFolder } from './describe.js';
import { artId, chooseArt } from './folder-art.js';
import { noCounts, scanProgress, type ScanCounts, type ScanJob, type ScanStage } from './scan-job.js';
import { Survey } from './survey.js';
import { type Listing, type Unreadable, walk } from './walk.js';

export interface ScanRequest {
  /** Read every file again, and forget what unplugged disks held. */
  readonly full: boolean;
  /** Only these folders, with subfolders not seen before; absent = everything. */
  readonly folders?: readonly Bytes[];
}

export interface ScanOutcome {
  /** Folders with files that still grow. */
  readonly unsettled: readonly Bytes[];
  readonly changed: boolean;
  /** False when the music folder is not there, or empty though the library is not: nothing was touched. */
  readonly reachable: boolean;
  /** Playlist files of the folders looked at. */
  readonly playlists: readonly FoundFile[];
  /** Every folder looked at or found gone; undefined when it was all of them. */
  readonly looked: ReadonlySet<string> | undefined;
  readonly counts: ScanCounts;
}

export interface ScannerOptions {
  readonly db: Db;
  readonly musicDir: string;
  readonly tags: TagReader;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settleMs: number;
  /** Before a folder is looked into, and when it is found gone. */
  onFolder(root: Bytes, folder: Bytes, mark: string | undefined): void;
  onProgress(done: number, total: number): void;
  onChanges(changes: readonly AlbumChange[]): void;
}

/** Files read in one request to the tag process, and written in one transaction. */
const BATCH = 16;
const REMOVE_BATCH = 32;

/** One scan: what differs is found first, then lost tracks leave, then changed files are read and written. */
export class Scanner {
  #options: ScannerOptions;
  #catalog: Catalog;
  #growing = new Map<string, { mark: string; atMs: number }>();
  /** Why the music folder could not be looked into the last time. */
  #away: string | undefined;

  constructor(options: ScannerOptions) {
    this.#options = options;
    this.#catalog = new Catalog(options.db, () => options.clock.wallMs());
  }

  /** `job` hears how far it is. */
  async run(
    request: ScanRequest,
    signal: AbortSignal,
    job?: Pick<ScanJob, 'progress'>,
  ): Promise<ScanOutcome> {
    const root = await this.#reachRoot();
    const looked = new Set<string>();
    const nothing = { unsettled: [], changed: false, playlists: [], looked, counts: noCounts() };
    if (!root) return { ...nothing, reachable: false };
    const run = new Run(this.#options, this.#catalog, request, root, this.#growing, signal, job);
    return await run.go();
  }

  /** The real music folder; undefined, with a note for people, when it is missing, or empty though the library is not. */
  async #reachRoot(): Promise<Bytes | undefined> {
    const { db, musicDir, log } = this.#options;
    let reason: string;
    try {
      const root = await realpath(musicDir, { encoding: 'buffer' });
      const empty = (await readdir(root)).length === 0;
      const known = db.prepare('SELECT 1 FROM tracks LIMIT 1').get() !== undefined;
      if (!empty || !known) {
        this.#catalog.clearProblem(ROOT, ROOT);
        this.#away = undefined;
        return root;
      }
      reason = 'the music folder is empty; the library is kept as it was (is the disk mounted?)';
    } catch (error) {
      log.debug({ error }, 'music folder cannot be opened');
      reason = `${whyClosed(error)}; the library is kept as it was`;
    }
    // It is looked for again and again.
    if (reason !== this.#away) log.warn({ reason }, 'music folder is not there');
    this.#away = reason;
    this.#catalog.note(ROOT, ROOT, reason);
    return undefined;
  }
}

class Run {
  #options: ScannerOptions;
  #catalog: Catalog;
  #request: ScanRequest;
  #root: Bytes;
  #survey: Survey;
  #signal: AbortSignal;
  #playlists: FoundFile[] = [];
  #looked = new Set<string>();
  #changed = false;
  readonly #job: Pick<ScanJob, 'progress'> | undefined;
  readonly #counts = noCounts();
  #expected = 0;

  constructor(
    options: ScannerOptions,
    catalog: Catalog,
    request: ScanRequest,
    root: Bytes,
    growing: Map<string, { mark: string; atMs: number }>,
    signal: AbortSignal,
    job: Pick<ScanJob, 'progress'> | undefined,
  ) {
    this.#job = job;
    this.#options = options;
    this.#catalog = catalog;
    this.#request = request;
    this.#root = root;
    this.#signal = signal;
    this.#survey = new Survey({
      db: options.db,
      full: request.full,
      settleMs: options.settleMs,
      wallMs: () => options.clock.wallMs(),
      growing,
    });
  }

  async go(): Promise<ScanOutcome> {
    this.#options.onProgress(0, 0);
    this.#expected = this.#request.folders ? 0 : this.#known();
    for (const start of this.#request.folders ?? [ROOT]) await this.#look(start);
    await this.#removeLost();
    await this.#readChanged();
    await this.#remove(this.#catalog.stillLost());
    this.#catalog.expectMoved([]);
    this.#catalog.forgetFolders(this.#survey.goneFolders);
    for (const folder of this.#survey.goneFolders) {
      this.#looked.add(folder.toString('latin1'));
      this.#options.onFolder(this.#root, folder, undefined);
    }
    return {
      unsettled: this.#survey.unsettled,
      changed: this.#changed,
      reachable: true,
      playlists: this.#playlists,
      looked: this.#request.folders ? this.#looked : undefined,
      counts: this.#counts,
    };
  }

  /** Tracks in the library before. */
  #known(): number {
    return Number(this.#options.db.prepare('SELECT count(*) AS n FROM tracks').get()?.['n'] ?? 0);
  }

  #tell(stage: ScanStage): void {
    this.#job?.progress(scanProgress(this.#counts, stage, this.#expected));
  }

  async #look(start: Bytes): Promise<void> {
    const partial = this.#request.folders !== undefined;
    const known = (folder: Bytes): boolean =>
      this.#options.db.prepare('SELECT 1 FROM folders WHERE folder = ?').get(folder) !== undefined;
    const enter = (folder: Bytes): boolean =>
      !this.#looked.has(folder.toString('latin1')) && !(partial && known(folder));
    const onEnter = (folder: Bytes, mark: string): void => this.#options.onFolder(this.#root, folder, mark);
    for await (const listing of walk(start, { root: this.#root, enter, onEnter, signal: this.#signal })) {
      this.#looked.add(listing.folder.toString('latin1'));
      if ('reason' in listing) this.#noteUnreadable(listing);
      else await this.#compare(listing);
      this.#options.onProgress(0, this.#survey.changed.length);
      this.#counts.changed = this.#survey.changed.length;
      this.#tell('survey');
    }
  }

  #noteUnreadable({ folder, reason }: Unreadable): void {
    this.#options.log.warn({ folder: shownText(folder), reason }, 'folder cannot be read');
    this.#catalog.note(folder, ROOT, reason);
  }

  async #compare(listing: Listing): Promise<void> {
    if (this.#survey.isUnplugged(listing)) {
      this.#catalog.note(
        listing.folder,
        ROOT,
        'the disk that was here is not; its tracks are kept as they were',
      );
      return;
    }
    this.#counts.met += listing.audio.length;
    await this.#survey.compare(listing);
    for (const { name, reason } of listing.notes) this.#catalog.note(listing.folder, name, reason);
    this.#playlists.push(...listing.playlists);
    await this.#compareFolder(listing);
  }

  async #compareFolder(listing: Listing): Promise<void> {
    const row = this.#options.db.prepare('SELECT * FROM folders WHERE folder = ?').get(listing.folder);
    const art = chooseArt(listing.images);
    const same =
      row !== undefined &&
      (row['mounted'] === 1) === listing.mounted &&
      (art === undefined
        ? row['artwork_name'] === null
        : row['artwork_name'] !== null &&
          bytes(row['artwork_name']).equals(art.name) &&
          row['artwork_size'] === art.size &&
          row['artwork_mtime_us'] === art.mtimeUs);
    if (same) return;
    this.#report(
      this.#catalog.setFolder(listing.folder, {
        mounted: listing.mounted,
        artworkName: art?.name,
        artworkSize: art?.size ?? 0,
        artworkMtimeUs: art?.mtimeUs ?? 0,
        artworkId: art && (await this.#artId(art)),
      }),
    );
  }

  async #artId(art: FoundFile): Promise<string | undefined> {
    try {
      return await artId(this.#root, art);
    } catch (error) {
      this.#options.log.debug({ folder: shownText(art.folder), error }, 'folder picture cannot be read');
      return undefined;
    }
  }

  /** Tracks whose file may have moved wait until the changed files are read; the others leave now. */
  async #removeLost(): Promise<void> {
    const marks = new Set(this.#survey.changed.map((file) => `${file.size}:${file.mtimeUs}`));
    const isMaybeMoved = (track: { size: number; mtimeUs: number }): boolean =>
      marks.has(`${track.size}:${track.mtimeUs}`);
    this.#catalog.expectMoved(this.#survey.lost.filter(isMaybeMoved));
    await this.#remove(this.#survey.lost.filter((track) => !isMaybeMoved(track)));
  }

  async #remove(tracks: readonly LostTrack[]): Promise<void> {
    for (let at = 0; at < tracks.length; at += REMOVE_BATCH) {
      this.#signal.throwIfAborted();
      this.#report(this.#catalog.remove(tracks.slice(at, at + REMOVE_BATCH)));
      await setImmediate();
    }
  }

  /** Reads ahead by one batch: while this process writes, the tag process reads. */
  async #readChanged(): Promise<void> {
    const batches = inBatches(this.#survey.changed);
    const total = this.#survey.changed.length;
    let done = 0;
    let ahead = this.#read(batches[0]);
    for (const [at, batch] of batches.entries()) {
      const results = await ahead;
      ahead = this.#read(batches[at + 1]);
      ahead.catch(() => undefined);
      this.#signal.throwIfAborted();
      this.#report(this.#catalog.write(batch.map((file, n) => ({ file, result: results[n]! }))));
      done += batch.length;
      this.#counts.read = done;
      this.#counts.problems += results.filter(isProblem).length;
      this.#options.onProgress(done, total);
      this.#tell('read');
      await setImmediate();
    }
  }

  async #read(batch: readonly FoundFile[] | undefined): ReturnType<TagReader['read']> {
    if (!batch) return [];
    return await this.#options.tags.read(
      batch.map((file) => joinBytes(joinBytes(this.#root, file.folder), file.name)),
    );
  }

  #report(changes: readonly AlbumChange[]): void {
    if (changes.length === 0) return;
    this.#changed = true;
    this.#options.onChanges(changes);
  }
}

/** Why the music folder cannot be opened, in words; what helps is with the checks. */
function whyClosed(error: unknown): string {
  const code = codeOf(error);
  switch (code) {
    case 'ENOENT':
      return 'the music folder is not there (is the disk mounted?)';
    case 'EACCES':
    case 'EPERM':
      return 'the server may not read the music folder (permissions)';
    case 'ENOTDIR':
      return 'what is named as the music folder is no folder';
    default:
      return `the music folder cannot be opened${code === '' ? '' : ` (${code})`}`;
  }
}

/** A file that could not be taken, or only with a doubt. */
function isProblem(result: TagResult): boolean {
  return 'reason' in result || result.tags.warning !== undefined;
}

/** Batches that keep the folders of one album together where they fit, so that it appears, or moves, in one piece. */
function inBatches(files: readonly FoundFile[]): FoundFile[][] {
  const batches: FoundFile[][] = [];
  let base = '';
  for (const file of files) {
    const own = discFolder(file.folder).base.toString('latin1');
    const open = batches.at(-1);
    const fits = open && (open.length < BATCH || (own === base && open.length < BATCH * 2));
    if (fits) open.push(file);
    else batches.push([file]);
    base = own;
  }
  return batches;
}
