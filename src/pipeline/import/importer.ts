import { dirname, join } from 'node:path';
import { AppError, type Clock, type Logger } from '../../base/index.js';
import { defaultTags, type Intake, type TagReader } from '../../library/index.js';
import type { Db } from '../../storage/index.js';
import type { JobProgress } from '../../jobs/index.js';
import type { ImportPlan, Imported } from '../contract.js';
import { fingerprint } from '../examine/index.js';
import { demandRoom, type FreeBytes } from '../sources/room-on-disk.js';
import { TrashEntries } from '../trash/entries.js';
import { Trash } from '../trash/trash.js';
import { Anchor, type Ground } from './anchor.js';
import { Disk, diskError, type Hashed, type Step } from './disk.js';
import { type Draft, type DraftFile, draftOf, trashIdOf } from './draft.js';
import { Duplicates } from './duplicates.js';
import { type ImportedFile, Journal, NO_CHANGE, type Operation, STAGING, type Trashed } from './journal.js';
import { keptPaths } from './moves-out.js';
import { Operations, type Recovered } from './operations.js';
import type { PrintOf } from './prints.js';
import { compareQuality, type Quality, sayQuality } from './quality.js';
import { type Outbox, Record } from './record.js';
import { canLink, stageFile } from './stage.js';
import { qualitiesOf } from './stored-quality.js';
import { type TagWriter, tagWriter } from './tag-writer.js';
import { DEFAULT_TEMPLATE, readTemplate, type Template } from './template.js';

export interface ImportSettings {
  /** See template.ts. */
  readonly path_template?: string | undefined;
  /** 0 = for ever. */
  readonly trash_days: number;
  readonly space_reserve_mb: number;
}

export interface ImporterOptions {
  readonly db: Db;
  readonly musicDir: string;
  /** Downloads and candidates; rejected ones go to the trash in it. */
  readonly workspaceDir: string;
  readonly library: { readonly intake: Intake };
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: ImportSettings;
  /** Joins the transaction that takes the album in. */
  readonly outbox: Outbox;
  /** Folders of people that are never removed when they are empty: the watch folder. */
  readonly keptFolders?: readonly string[];
  /** A rejected candidate is back in its folder, and waits for review again. Perhaps told twice. */
  readonly restored?: (candidateId: string, folder: string) => void;
  /** Programs; those from the path by default. */
  readonly programs?: { readonly ffmpeg: string; readonly flac: string; readonly fpcalc?: string };
  readonly freeBytes?: FreeBytes;
  /** Of others, who close it. */
  readonly tags?: TagReader | undefined;
  readonly writer?: TagWriter;
  /** For tests. */
  readonly step?: Step;
}

export interface Importer {
  /** Takes an album in. The same plan again gives the same answer and changes nothing. Throws AppError; then nothing was changed. */
  run(plan: ImportPlan, progress: (news: JobProgress) => void, signal: AbortSignal): Promise<Imported>;
  /** Before the first scan: goes on with what was under way when the server stopped. May be called again at any time. */
  recover(): Promise<Recovered[]>;
  /** Whether the music folder is where it should be, its disk and all. */
  libraryThere(): Promise<boolean>;
  readonly duplicates: Duplicates;
  readonly trash: Trash;
  /** Resolves when what was begun is done. */
  close(): Promise<void>;
}

/** Nothing is done before `recover()` or `run()`. */
export function openImporter(options: ImporterOptions): Importer {
  const { db, musicDir, workspaceDir, library, clock, log, outbox, settings } = options;
  const { intake } = library;
  const disk = new Disk(options.step);
  const entries = new TrashEntries(db);
  const journal = new Journal(disk, log);
  const anchor = new Anchor({ db, musicDir, intake, disk, log });
  const record = new Record({ db, intake, entries, clock, disk, outbox });
  const restored = options.restored ?? (() => undefined);
  const operations = new Operations({ anchor, disk, journal, record, entries, workspaceDir, log, restored });
  const tags = options.tags ?? defaultTags({ clock, log });
  const template = templateOf(settings);
  template();
  const writer = options.writer ?? tagWriter({ clock, log });
  const shared = { options, anchor, disk, journal, record, operations, tags, writer, template };
  const running = new Map<string, Promise<Imported>>();
  const trash = new Trash({
    entries,
    intake,
    operations,
    anchor,
    disk,
    journal,
    clock,
    log,
    workspaceDir,
    settings,
  });
  return {
    run(plan, progress, signal) {
      const work =
        running.get(plan.import_id) ??
        new ImportRun(shared, plan, progress, signal).go().finally(() => running.delete(plan.import_id));
      running.set(plan.import_id, work);
      return work;
    },
    recover: () => operations.recover(),
    libraryThere: async () => (await anchor.find()) !== undefined,
    duplicates: new Duplicates({ db, intake, musicDir, printOf: printer(options) }),
    trash,
    async close() {
      await Promise.allSettled(running.values());
      await operations.close();
      await writer.close();
      if (!options.tags) await tags.close();
    },
  };
}

/** Nobody keeps fingerprints. */
const printer =
  ({ clock, programs }: ImporterOptions): PrintOf =>
  async (folder, path) => {
    const fpcalc = programs?.fpcalc ?? 'fpcalc';
    const parts = { clock, signal: new AbortController().signal, fpcalc };
    return (await fingerprint(folder, path, parts))?.value;
  };

interface RunParts {
  readonly options: ImporterOptions;
  readonly anchor: Anchor;
  readonly disk: Disk;
  readonly journal: Journal;
  readonly record: Record;
  readonly operations: Operations;
  readonly tags: TagReader;
  readonly writer: TagWriter;
  /** As the settings say it now. */
  template(this: void): Template;
}

function templateOf(settings: ImportSettings): () => Template {
  let read: { readonly text: string; readonly template: Template } | undefined;
  return () => {
    const text = settings.path_template ?? DEFAULT_TEMPLATE;
    if (read?.text !== text) read = { text, template: readTemplate(text) };
    return read.template;
  };
}

/** One attempt at one plan. */
class ImportRun {
  readonly #parts: RunParts;
  readonly #plan: ImportPlan;
  readonly #progress: (news: JobProgress) => void;
  readonly #signal: AbortSignal;

  constructor(parts: RunParts, plan: ImportPlan, progress: (news: JobProgress) => void, signal: AbortSignal) {
    this.#parts = parts;
    this.#plan = plan;
    this.#progress = progress;
    this.#signal = signal;
  }

  async go(): Promise<Imported> {
    const { record, operations, anchor, journal } = this.#parts;
    const { import_id } = this.#plan;
    const done = record.imported(import_id);
    if (done) return done;
    const ground = await anchor.demand();
    if (await journal.read(ground.root, import_id)) await operations.recover();
    const recovered = record.imported(import_id);
    if (recovered) return recovered;
    operations.claim(import_id);
    try {
      await this.#import(ground);
    } catch (error) {
      this.#signal.throwIfAborted();
      throw diskError(error, 'The music folder cannot be written');
    } finally {
      operations.release(import_id);
    }
    const imported = record.imported(import_id);
    if (!imported) throw new AppError('ERR_INTERNAL', 'an import left no record');
    return imported;
  }

  async #import(ground: Ground): Promise<void> {
    const { options, operations, journal, template } = this.#parts;
    const { db, library, clock } = options;
    const draft = await draftOf(this.#plan, ground, {
      db,
      intake: library.intake,
      template: template(),
    });
    await this.#demandRoom(ground, draft);
    this.#signal.throwIfAborted();
    const planned: Operation = {
      version: 1,
      op_id: this.#plan.import_id,
      kind: 'import',
      ready: false,
      moves: [],
      files: [],
      change: NO_CHANGE,
      created_ms: clock.wallMs(),
    };
    let ready: Operation;
    const proofs = new Map<string, string>();
    try {
      await journal.note(ground.root, planned);
      const staged = await this.#stage(ground, draft);
      for (const [file, { proof }] of staged) proofs.set(pathOf(draft, file), proof);
      ready = this.#ready(planned, draft, staged);
      this.#progress({ stage: 'publish' });
    } catch (error) {
      await this.#discard(planned);
      throw error;
    }
    await operations.perform(ready, this.#signal, proofs);
  }

  async #discard(planned: Operation): Promise<void> {
    try {
      await this.#parts.operations.discard(planned);
    } catch (error) {
      this.#parts.options.log.warn(
        { op_id: planned.op_id, error },
        'staging waits for the next start to be tidied',
      );
    }
  }

  async #demandRoom(ground: Ground, draft: Draft): Promise<void> {
    const { settings, freeBytes } = this.#parts.options;
    let bytes = 0;
    for (const file of draft.files) {
      const isLinked = await canLink(file, { from: this.#plan.folder, into: ground.root });
      if (!isLinked) bytes += file.source.size_bytes;
    }
    await demandRoom(ground.root, bytes, settings.space_reserve_mb * 1_000_000, freeBytes);
  }

  async #stage(ground: Ground, draft: Draft): Promise<Map<DraftFile, Hashed>> {
    const { disk, tags, writer, options } = this.#parts;
    const { clock } = options;
    const programs = options.programs ?? { ffmpeg: 'ffmpeg', flac: 'flac' };
    const into = join(ground.root, STAGING, this.#plan.import_id);
    const parts = { disk, clock, tags, writer, programs };
    const staging = { from: this.#plan.folder, into, signal: this.#signal };
    const staged = new Map<DraftFile, Hashed>();
    await disk.makeFolder(into, 'folder of an import');
    await inPairs(draft.files, async (file) => {
      this.#signal.throwIfAborted();
      this.#progress({ stage: 'copy', current: staged.size, total: draft.files.length });
      staged.set(file, await stageFile(file, staging, parts));
    });
    for (const folder of new Set(draft.files.map(({ name }) => dirname(join(into, name)))))
      await disk.sync(folder);
    await disk.sync(into);
    return staged;
  }

  #ready(planned: Operation, draft: Draft, staged: ReadonlyMap<DraftFile, Hashed>): Operation {
    const { folder, replaced } = draft;
    const { release, import_id, keep_sources } = this.#plan;
    const again = draft.files.flatMap((file) => (file.before ? [{ file, before: file.before }] : []));
    const going = new Set(again.map(({ before }) => before.track_id));
    const dismiss = (replaced?.album.tracks ?? []).filter((track) => !going.has(track.track_id));
    const keep = again.map(({ file, before }) => ({
      path: pathOf(draft, file),
      track_id: before.track_id,
      added_ms: before.added_ms,
    }));
    return {
      ...planned,
      ready: true,
      moves: [...(replaced?.way.moves ?? []), { from: `${STAGING}/${import_id}`, to: folder }],
      files: draft.files.map((file) => {
        const { size, sha256 } = staged.get(file)!;
        return { ...this.#fileOf(file), path: pathOf(draft, file), size, sha256 };
      }),
      change: {
        adopt: [folder],
        keep: { album_id: replaced?.album.album_id, tracks: keep },
        dismiss: dismiss.map((track) => track.track_id),
        ...(replaced && { trashed: this.#trashed(replaced) }),
        told: [...new Set([folder, ...(replaced?.way.moves.map(({ from }) => from) ?? [])])],
        imported: {
          folder,
          count: release.tracks.length,
          release_id: release.release_id,
          release_group_id: release.release_group_id,
        },
      },
      ...(!keep_sources && { sources: this.#sources(draft) }),
    };
  }

  #fileOf({
    source,
    track,
    before,
  }: DraftFile): Omit<Operation['files'][number], 'path' | 'size' | 'sha256'> {
    if (track === undefined) return {};
    const { audio_md5, channels, bitrate_kbps } = source;
    return {
      track,
      audio_md5,
      channels,
      bitrate_kbps,
      recording_id: this.#plan.release.tracks[track]?.mb_recording_id,
      upgraded: before && upgradeOf(qualitiesOf(this.#parts.options.db, before, source)),
    };
  }

  #trashed({ album, way }: NonNullable<Draft['replaced']>): Trashed {
    const { clock, settings } = this.#parts.options;
    const now = clock.wallMs();
    return {
      trash_id: trashIdOf(this.#plan.import_id),
      title: album.title,
      artist: album.artist,
      reason: 'replaced',
      trashed_ms: now,
      ...(settings.trash_days > 0 && { expires_ms: now + settings.trash_days * 86_400_000 }),
      files: [...way.files],
      album_id: album.album_id,
      tracks: keptPaths(album.tracks),
    };
  }

  #sources({ files }: Draft): NonNullable<Operation['sources']> {
    const { folder } = this.#plan;
    return {
      folder,
      stays: (this.#parts.options.keptFolders ?? []).includes(folder),
      files: files.map(({ source: { path, size_bytes, mtime_ns } }) => ({
        path,
        size: size_bytes,
        mtime_ns,
      })),
    };
  }
}

/** Below the music folder. */
const pathOf = ({ folder }: Draft, { name }: DraftFile): string => `${folder}/${name}`;

/** Two at a time: one is read and written while the tags of the other are. None is under way any more when this settles. */
async function inPairs<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  const ends = await Promise.allSettled(
    [worker(), worker()].map((end) =>
      end.catch((error: unknown) => {
        left.length = 0;
        throw error;
      }),
    ),
  );
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}

function upgradeOf({
  now,
  then,
}: {
  readonly now: Quality;
  readonly then: Quality;
}): ImportedFile['upgraded'] {
  if (compareQuality(then, now) <= 0) return undefined;
  return { old_quality: sayQuality(now), new_quality: sayQuality(then) };
}
