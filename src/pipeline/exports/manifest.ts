import { constants } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { AppError } from '../../base/index.js';
import { Id } from '../../protocol/index.js';
import { nameKey } from '../names.js';
import { FORMAT_FOLDER, JOURNAL_NAME, WORK_FOLDER } from './contract.js';
import { ensureFolder, lstatOr, replaceFile, syncFolder } from './disk.js';

const FOLDERS: readonly string[] = Object.values(FORMAT_FOLDER);

/** A path that cannot lead out of the folder of a format. */
const OwnPath = z
  .string()
  .max(2048)
  .refine((path) => {
    const [first, ...names] = path.split('/');
    if (!FOLDERS.includes(first!) || names.length === 0) return false;
    return names.every((name) => name !== '' && name !== '.' && name !== '..' && !name.includes('\0'));
  }, 'outside the folders of an export');

/** One file that exports made. */
export const ManifestFile = z.object({
  /** Below the folder of the manifest. */
  path: OwnPath,
  size_bytes: z.int().min(0),
  /** Hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** As it was when it was made; the file systems of sticks remember two seconds. */
  mtime_ms: z.number(),
  /** What it is, whatever it is called: the same item is there once. */
  item: z.string().max(300),
  album_id: Id.optional(),
  /** From what and how it was made: the same again is the same file. */
  made_of: z.string().max(1000),
});
export type ManifestFile = z.infer<typeof ManifestFile>;

const ManifestText = z.object({ tutti_export: z.literal(1), files: z.array(ManifestFile).max(200_000) });
const JournalLine = z.object({ files: z.array(ManifestFile) });

const MANIFEST = 'manifest.json';
const MAX_BYTES = 128 * 1024 * 1024;

/**
 * What exports made in a folder. Files are claimed before they appear under their names, so that after a crash nobody takes them for files of
 * others; a claim without its file means nothing. Claims are lines of a journal until `save` makes one file of everything.
 */
export class Manifest {
  readonly #root: string;
  readonly #files = new Map<string, ManifestFile>();
  readonly #items = new Map<string, ManifestFile>();

  private constructor(root: string) {
    this.#root = root;
  }

  /** Throws ERR_CONFLICT when the folder has a manifest.json of something else. */
  static async load(root: string): Promise<Manifest> {
    const manifest = new Manifest(root);
    const text = await readSmall(join(root, MANIFEST));
    const found = text === undefined ? undefined : ManifestText.safeParse(parsed(text));
    if (found && !found.success)
      throw new AppError(
        'ERR_CONFLICT',
        'The folder has a manifest.json that no export can read: move it away, or choose another folder',
      );
    for (const file of found?.data.files ?? []) manifest.#add(file);
    const journal = await readSmall(manifest.#journal);
    for (const line of (journal ?? '').split('\n')) {
      const claim = JournalLine.safeParse(parsed(line));
      for (const file of claim.success ? claim.data.files : []) manifest.#add(file);
    }
    return manifest;
  }

  get files(): readonly ManifestFile[] {
    return [...this.#files.values()];
  }

  at(path: string): ManifestFile | undefined {
    return this.#files.get(nameKey(path));
  }

  /** Where an item stands now. */
  item(item: string): ManifestFile | undefined {
    return this.#items.get(item);
  }

  /** On disk when this returns. */
  async claim(files: readonly ManifestFile[]): Promise<void> {
    if (files.length === 0) return;
    const folder = await ensureFolder(this.#root, WORK_FOLDER);
    const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;
    const journal = await open(this.#journal, O_APPEND | O_CREAT | O_NOFOLLOW | O_WRONLY, 0o644);
    try {
      // A line that a crash tore ends here.
      await journal.writeFile(`\n${JSON.stringify({ files })}\n`);
      await journal.sync();
    } finally {
      await journal.close();
    }
    await syncFolder(folder);
    for (const file of files) this.#add(file);
  }

  forget(paths: readonly string[]): void {
    for (const path of paths) {
      const file = this.at(path);
      if (!file) continue;
      this.#files.delete(nameKey(path));
      if (this.#items.get(file.item) === file) this.#items.delete(file.item);
    }
  }

  /** Everything in manifest.json; files that are not there any more are left out. */
  async save(): Promise<void> {
    for (const { path } of this.files)
      if ((await lstatOr(join(this.#root, path))) === undefined) this.forget([path]);
    const files = this.files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
    const lines = files.map((file) => `  ${JSON.stringify(file)}`).join(',\n');
    await replaceFile(join(this.#root, MANIFEST), `{"tutti_export":1,"files":[\n${lines}\n]}\n`);
    await rm(this.#journal, { force: true });
  }

  get #journal(): string {
    return join(this.#root, WORK_FOLDER, JOURNAL_NAME);
  }

  #add(file: ManifestFile): void {
    const before = this.#files.get(nameKey(file.path));
    if (before && this.#items.get(before.item) === before) this.#items.delete(before.item);
    this.#files.set(nameKey(file.path), file);
    this.#items.set(file.item, file);
  }
}

/** Undefined when it is not there. Links and what is too large to be ours are refused. */
async function readSmall(path: string): Promise<string | undefined> {
  const there = await lstatOr(path);
  if (there === undefined) return undefined;
  if (!there.isFile() || there.size > MAX_BYTES)
    throw new AppError('ERR_CONFLICT', 'The folder has a manifest.json that no export can read');
  return readFile(path, 'utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
