import { join } from 'node:path';
import * as z from 'zod';
import { type Logger, Serial } from '../../base/index.js';
import { Id } from '../../protocol/index.js';
import { type Disk, entriesOf, isThere, readText } from './disk.js';

/** In the music folder: scanners pass over names with a dot. */
export const STAGING = '.staging';
export const TRASH = '.trash';

/** Paths of an operation are below its root, with slashes. Where there is no root above them, they are absolute. */
const Path = z.string().min(1).max(8192);
const Sum = z.string().regex(/^[0-9a-f]{64}$/);

const Move = z.object({ from: Path, to: Path });
export type Move = z.infer<typeof Move>;

/** A track whose id goes on with the file that stands at `path` then. */
export const KeptPath = z.object({ path: Path, track_id: Id, added_ms: z.number() });
export type KeptPath = z.infer<typeof KeptPath>;

/** What an operation puts into the trash. */
export const Trashed = z.object({
  trash_id: Id,
  title: z.string(),
  artist: z.string(),
  reason: z.enum(['deleted', 'replaced', 'rejected']),
  username: z.string().optional(),
  trashed_ms: z.number(),
  expires_ms: z.number().optional(),
  /** Everything that goes along; what is not listed here is never removed. Paths below the folder of the entry. */
  files: z.array(z.object({ path: Path, size: z.number() })),
  /** Of the library: what has to be as before when it comes back. */
  album_id: Id.optional(),
  tracks: z.array(KeptPath),
  /** Of a rejected one. */
  candidate_id: Id.optional(),
});
export type Trashed = z.infer<typeof Trashed>;

const ImportedFile = z.object({
  path: Path,
  size: z.number(),
  sha256: Sum,
  /** Of the tracks of the release this one is number `track`; absent for what comes along. */
  track: z.int().min(0).optional(),
  audio_md5: z.string().optional(),
  recording_id: z.string().optional(),
  channels: z.int().optional(),
  bitrate_kbps: z.number().optional(),
  upgraded: z.object({ old_quality: z.string(), new_quality: z.string() }).optional(),
});
export type ImportedFile = z.infer<typeof ImportedFile>;

/** What is written to the database, all at once, when the moves are done. */
const Change = z.object({
  /** Folders and files to be read as a scan reads them. */
  adopt: z.array(Path),
  keep: z.object({ album_id: Id.optional(), tracks: z.array(KeptPath) }),
  /** Ids of tracks that leave the library. */
  dismiss: z.array(Id),
  trashed: Trashed.optional(),
  /** Comes out of the trash. */
  untrash: Id.optional(),
  /** The candidate that is back with it. */
  candidate_id: Id.optional(),
  /** Folders of the library that other servers have to look at. */
  told: z.array(z.string()),
  /** An album that came in. */
  imported: z
    .object({
      folder: Path,
      /** How many tracks the release has. */
      count: z.int(),
      release_id: z.string().optional(),
      release_group_id: z.string().optional(),
    })
    .optional(),
});

/** Where the files of an import came from, to be removed when it is done. */
const Sources = z.object({
  folder: Path,
  /** Of others: it stays, with the empty folders in it. */
  stays: z.boolean(),
  files: z.array(z.object({ path: Path, size: z.number(), mtime_ns: z.string() })),
});

/** All that has to be known to carry out what was begun, or to take it back, whatever happened in between. */
export const Operation = z.object({
  version: z.literal(1),
  op_id: Id,
  kind: z.enum(['import', 'delete', 'restore', 'reject']),
  /** Absent: the music folder, wherever that is. */
  root: Path.optional(),
  /** Everything is staged and known; before that it can only be taken back. */
  ready: z.boolean(),
  moves: z.array(Move),
  /** What stands there when the moves are done. */
  files: z.array(ImportedFile),
  change: Change,
  sources: Sources.optional(),
  created_ms: z.number(),
});
export type Operation = z.infer<typeof Operation>;

export const NO_CHANGE: Operation['change'] = {
  adopt: [],
  keep: { tracks: [] },
  dismiss: [],
  told: [],
};

/** Told to scanners of others; ours passes over the dot. */
const KEEP_OUT = ['.ndignore', '.plexignore', '.nomedia'];

/** The journals of one folder: one file for each operation that is under way. A file is there whole or not at all. */
export class Journal {
  readonly #disk: Disk;
  readonly #log: Logger;
  readonly #serial = new Serial();

  constructor(disk: Disk, log: Logger) {
    this.#disk = disk;
    this.#log = log;
  }

  /** Makes `.staging` or `.trash` in a root that is there. */
  prepare(root: string, folder: typeof STAGING | typeof TRASH): Promise<void> {
    return this.#serial.run(() => this.#prepare(root, folder));
  }

  async #prepare(root: string, folder: string): Promise<void> {
    await this.#disk.makeFolder(join(root, folder), folder);
    for (const name of KEEP_OUT) {
      const path = join(root, folder, name);
      if (!(await isThere(path))) await this.#disk.write(path, name === '.plexignore' ? '*\n' : '', name);
    }
  }

  async note(home: string, operation: Operation): Promise<void> {
    await this.prepare(home, STAGING);
    const name = operation.ready ? 'journal of what is ready' : 'journal of a plan';
    await this.#disk.write(this.#path(home, operation.op_id), JSON.stringify(operation), name);
  }

  /** The last trace of an operation. */
  async strike(home: string, opId: string): Promise<void> {
    await this.#disk.remove(this.#path(home, opId), 'journal');
    await this.#disk.sync(join(home, STAGING));
  }

  async read(home: string, opId: string): Promise<Operation | undefined> {
    return this.#parse(await readText(this.#path(home, opId)), opId);
  }

  /** What was begun, the oldest first. What is torn or not ours is left out: nothing was moved before its journal was whole. */
  async all(home: string): Promise<Operation[]> {
    const found: Operation[] = [];
    for (const entry of await entriesOf(join(home, STAGING))) {
      const opId = entry.isFile() ? /^(.+)\.json$/.exec(entry.name)?.[1] : undefined;
      const operation = opId === undefined ? undefined : await this.read(home, opId);
      if (operation && operation.op_id === opId) found.push(operation);
    }
    return found.sort((a, b) => a.created_ms - b.created_ms);
  }

  /** What lies in staging without a whole journal: nobody will go on with it. */
  async orphans(home: string): Promise<string[]> {
    const known = new Set((await this.all(home)).map(({ op_id }) => op_id));
    const entries = await entriesOf(join(home, STAGING));
    return entries
      .map(({ name }) => name)
      .filter((name) => !KEEP_OUT.includes(name) && !known.has(name.replace(/\.json$/, '')));
  }

  /** What put something into the trash stays beside it: with an old database it says what to do. */
  async noteTrashed(root: string, operation: Operation): Promise<void> {
    const trashId = operation.change.trashed?.trash_id;
    if (trashId === undefined) return;
    await this.prepare(root, TRASH);
    await this.#disk.write(join(root, TRASH, `${trashId}.json`), JSON.stringify(operation), 'list of trash');
  }

  async strikeTrashed(root: string, trashId: string): Promise<void> {
    const path = join(root, TRASH, `${trashId}.json`);
    if (await isThere(`${path}.tmp`)) await this.#disk.remove(`${path}.tmp`, 'torn list of trash');
    await this.#disk.remove(path, 'list of trash');
  }

  async allTrashed(root: string): Promise<Operation[]> {
    const found: Operation[] = [];
    for (const entry of await entriesOf(join(root, TRASH))) {
      if (!entry.isFile() || !entry.name.endsWith('.json')) continue;
      const operation = this.#parse(await readText(join(root, TRASH, entry.name)), entry.name);
      if (operation?.change.trashed) found.push(operation);
    }
    return found.sort((a, b) => a.created_ms - b.created_ms);
  }

  #path(home: string, opId: string): string {
    return join(home, STAGING, `${opId}.json`);
  }

  #parse(text: string | undefined, name: string): Operation | undefined {
    if (text === undefined) return undefined;
    try {
      return Operation.parse(JSON.parse(text));
    } catch (error) {
      this.#log.warn({ name, error }, 'a journal cannot be read, it is passed over');
      return undefined;
    }
  }
}
