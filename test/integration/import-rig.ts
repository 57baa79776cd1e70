import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type Logger, silentLogger, systemClock } from '../../src/base/index.js';
import { openLibrary, type Library } from '../../src/library/index.js';
import type { ExaminedFile, ImportPlan, Imported } from '../../src/pipeline/contract.js';
import { type Importer, type ImporterOptions, openImporter } from '../../src/pipeline/import/index.js';
import { inProcessTags } from '../../src/library/tags/tag-reader.js';
import type { Caller, FileTags, Release } from '../../src/protocol/index.js';
import { type Db, migrate, openDb } from '../../src/storage/index.js';

export const quiet = new AbortController().signal;
const AUDIO = /\.(flac|mp3|m4a|opus|ogg|wav|aiff|aac)$/i;

/** A folder as the examination sees it, without its checks. */
export async function examineFolder(folder: string): Promise<ExaminedFile[]> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return await Promise.all(names.map((path) => examineFile(folder, path)));
}

async function examineFile(folder: string, path: string): Promise<ExaminedFile> {
  const stat = await lstat(path, { bigint: true });
  const base = {
    path: relative(folder, path),
    size_bytes: Number(stat.size),
    mtime_ns: String(stat.mtimeNs),
    sha256: createHash('sha256')
      .update(await readFile(path))
      .digest('hex'),
  };
  if (!AUDIO.test(path)) return { ...base, kind: /\.(jpe?g|png)$/i.test(path) ? 'artwork' : 'other' };
  const [read] = await inProcessTags.read([Buffer.from(path)]);
  if (!read || !('tags' in read))
    return { ...base, kind: 'audio', problem: { gate: 'broken_file', sentence: '' } };
  const { title, artists, album, album_artist, year, disc, track, codec, lossless, duration_seconds } =
    read.tags;
  const { sample_rate_hz, bits_per_sample } = read.tags;
  const tags: FileTags = JSON.parse(
    JSON.stringify({
      title,
      artist: artists[0],
      album,
      album_artist,
      year,
      disc_number: disc,
      track_number: track,
    }),
  ) as FileTags;
  return {
    ...base,
    kind: 'audio',
    codec,
    lossless,
    duration_seconds,
    ...(sample_rate_hz !== undefined && { sample_rate_hz }),
    ...(bits_per_sample !== undefined && { bits_per_sample }),
    tags,
  };
}

/** The release that the tags of the files tell of, in the order of their numbers. */
export function releaseOf(files: readonly ExaminedFile[], change: Partial<Release> = {}): Release {
  const audio = audioOf(files);
  const first = audio[0]?.tags;
  return {
    album: first?.album ?? '',
    album_artist: first?.album_artist ?? first?.artist ?? '',
    ...(first?.year !== undefined && { year: first.year }),
    compilation: false,
    tracks: audio.map(({ tags, duration_seconds }, n) => ({
      disc_number: tags?.disc_number ?? 1,
      track_number: tags?.track_number ?? n + 1,
      title: tags?.title ?? '',
      artist: tags?.artist ?? '',
      ...(duration_seconds !== undefined && { duration_seconds }),
    })),
    ...change,
  };
}

const audioOf = (files: readonly ExaminedFile[]): ExaminedFile[] =>
  files
    .filter(({ kind }) => kind === 'audio')
    .sort(
      (a, b) =>
        (a.tags?.disc_number ?? 1) - (b.tags?.disc_number ?? 1) ||
        (a.tags?.track_number ?? 0) - (b.tags?.track_number ?? 0),
    );

export async function planOf(
  folder: string,
  importId: string,
  change: Partial<ImportPlan> & { release?: Release } = {},
): Promise<ImportPlan> {
  const files = await examineFolder(folder);
  const cover = files.find(({ kind, path }) => kind === 'artwork' && path.startsWith('cover'))?.path;
  return {
    import_id: importId,
    folder,
    files,
    release: releaseOf(files),
    tracks: audioOf(files).map(({ path }) => path),
    ...(cover !== undefined && { artwork: cover }),
    keep_sources: false,
    ...change,
  };
}

/** Library, database and importer over folders of their own. */
export class ImportRig {
  readonly caller: Caller = { connection_id: 'test', role: 'admin', name: 'Ada' };
  readonly musicDir: string;
  readonly workspaceDir: string;
  readonly told: string[] = [];
  readonly restored: string[] = [];
  db!: Db;
  library!: Library;
  importer!: Importer;

  private constructor(
    readonly dir: string,
    musicDir: string,
  ) {
    this.musicDir = musicDir;
    this.workspaceDir = join(dir, 'workspace');
  }

  static async open(
    dir: string,
    options: Partial<ImporterOptions> = {},
    musicDir = join(dir, 'music'),
  ): Promise<ImportRig> {
    const rig = new ImportRig(dir, musicDir);
    await mkdir(rig.musicDir, { recursive: true });
    await mkdir(join(rig.workspaceDir, 'candidates'), { recursive: true });
    rig.reopen(options);
    return rig;
  }

  reopen(options: Partial<ImporterOptions> = {}, log: Logger = silentLogger): void {
    this.db = openDb(join(this.dir, 'tutti.db'));
    migrate(this.db);
    this.library = openLibrary({
      db: this.db,
      musicDir: this.musicDir,
      cacheDir: join(this.dir, 'cache'),
      clock: systemClock,
      log,
      demo: false,
      watch: false,
      mediaKey: Buffer.alloc(32, 7),
      settleMs: 0,
      onState: () => undefined,
      onUpdated: () => undefined,
    });
    this.importer = openImporter({
      db: this.db,
      musicDir: this.musicDir,
      workspaceDir: this.workspaceDir,
      library: this.library,
      clock: systemClock,
      log,
      settings: { trash_days: 30, space_reserve_mb: 1 },
      outbox: (_db, folder, reason) => void this.told.push(`${reason} ${folder}`),
      restored: (id, folder) => void this.restored.push(`${id} ${folder}`),
      tags: inProcessTags,
      ...options,
    });
  }

  run(plan: ImportPlan, signal = quiet): Promise<Imported> {
    return this.importer.run(plan, () => undefined, signal);
  }

  async scan(full = false): Promise<void> {
    await this.library.handlers['library:scan']({ full }, this.caller);
    await this.library.scanned();
  }

  candidate(name: string): string {
    return join(this.workspaceDir, 'candidates', name);
  }

  /** Everything below the music folder that a scanner sees, by path. */
  async shown(): Promise<string[]> {
    return (await filesBelow(this.musicDir)).filter(
      (path) => !path.split('/').some((part) => part.startsWith('.')),
    );
  }

  rows(sql: string): Record<string, unknown>[] {
    return this.db.prepare(sql).all();
  }

  async close(): Promise<void> {
    await this.importer.close();
    await this.library.close();
    this.db.close();
  }
}

/** Files and links, by path below the folder. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}
