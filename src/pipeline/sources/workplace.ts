import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type * as z from 'zod';
import { Fetched } from './source.js';

/**
 * Where one download is worked on, in a folder of its own: `part` is what is not whole yet, `files` what is whole and has been looked at,
 * `done.json` what came of it, once all of it is in `files`. Nothing stands in `files` under its name before it is whole and on disk.
 */
export class Workplace {
  readonly folder: string;
  readonly part: string;
  readonly files: string;

  constructor(folder: string) {
    this.folder = folder;
    this.part = join(folder, 'part');
    this.files = join(folder, 'files');
  }

  async open(): Promise<void> {
    await mkdir(this.part, { recursive: true, mode: 0o700 });
    await mkdir(this.files, { recursive: true, mode: 0o755 });
  }

  /** What an earlier run brought to its end. */
  async done(): Promise<Fetched | undefined> {
    return readJson(join(this.folder, 'done.json'), Fetched);
  }

  /** A whole file of `part` gets its place and name in `files`; it and its folder are on disk after. Gives the name below `files`. */
  async publish(from: string, name: string): Promise<void> {
    const to = join(this.files, name);
    await syncFile(from);
    await mkdir(dirname(to), { recursive: true });
    await rename(from, to);
    await syncFile(dirname(to));
  }

  async finish(fetched: Fetched): Promise<Fetched> {
    await syncFile(this.files);
    await writeJson(join(this.folder, 'done.json'), fetched);
    await rm(this.part, { recursive: true, force: true });
    return fetched;
  }

  /** What was kept beside the files; the files stay. */
  async forget(): Promise<void> {
    for (const name of ['done.json', 'upload.json']) await rm(join(this.folder, name), { force: true });
  }

  /** Everything that was begun is thrown away. */
  async clear(): Promise<void> {
    await rm(this.part, { recursive: true, force: true });
    await this.open();
  }
}

/** Files and folders alike. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Undefined when it is not there, torn, or says something else. */
export async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Whole or not at all. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const fresh = `${path}.new`;
  const handle = await open(fresh, 'w', 0o600);
  try {
    await handle.writeFile(JSON.stringify(value));
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(fresh, path);
}

/** Bytes of a file; 0 when there is none. */
export async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
