import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import * as z from 'zod';
import { AppError, toError } from '../base/index.js';
import { BACKUP_KINDS } from '../protocol/index.js';
import { noBackup, tarOf, untar, type TarSink } from './tar.js';

/** What a backup says of itself: the first file in its archive. */
export const Manifest = z.object({
  format: z.literal(1),
  /** Wall clock, ISO. */
  made_at: z.string().max(64),
  /** Of the Tutti that made it. */
  version: z.string().max(64),
  /** Of the database in it. */
  schema: z.int().min(0),
  kind: z.enum(BACKUP_KINDS),
  /** Of what somebody would miss of the database: see sums.ts. */
  kept_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  files: z
    .array(
      z.object({
        name: z.string().max(64),
        size_bytes: z.int().min(0),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .min(1)
    .max(16),
});
export type Manifest = z.infer<typeof Manifest>;

export const MANIFEST = 'manifest.json';
const MANIFEST_BYTES = 65_536;

/** Called with the bytes that have been worked on since the last call. */
export type Worked = (bytes: number) => void;

/** Writes an archive of files beside each other, whole or not at all: on disk and with its name when this resolves. */
export async function pack(
  manifest: Manifest,
  bytesOf: (name: string) => AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  file: string,
  worked: Worked = () => undefined,
): Promise<void> {
  const said = Buffer.from(JSON.stringify(manifest, null, 2));
  const files = [
    { name: MANIFEST, size: said.length, bytes: [said] },
    ...manifest.files.map(({ name, size_bytes }) => ({
      name,
      size: size_bytes,
      bytes: counted(bytesOf(name), worked),
    })),
  ];
  const part = `${file}.part`;
  await rm(part, { force: true });
  const out = createWriteStream(part, { flags: 'wx', mode: 0o600 });
  await pipeline(tarOf(files, Date.parse(manifest.made_at)), createGzip({ level: 6 }), out);
  await settle(part);
  await rename(part, file);
  await settle(dirname(file));
}

/** Reads an archive to its end and compares every byte with what its manifest says. Throws ERR_INVALID when it differs. */
export async function verify(file: string, worked: Worked = () => undefined): Promise<Manifest> {
  return read(file, () => undefined, worked);
}

export interface Unpacking {
  readonly worked?: Worked | undefined;
  wanted?(this: void, name: string): boolean;
}

/**
 * Takes an archive apart into a new folder, every file on disk and as its manifest says when this resolves. `admit` may throw before any
 * but the manifest is written; what is not `wanted` is read, and not written. Throws ERR_INVALID for what is no backup.
 */
export async function unpack(
  file: string,
  folder: string,
  admit: (manifest: Manifest) => Promise<void> | void,
  { worked = () => undefined, wanted = () => true }: Unpacking = {},
): Promise<Manifest> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const manifest = await read(
    file,
    (name) =>
      wanted(name) ? createWriteStream(join(folder, name), { flags: 'wx', mode: 0o600 }) : undefined,
    worked,
    admit,
  );
  for (const { name } of manifest.files) if (wanted(name)) await settle(join(folder, name));
  await settle(folder);
  return manifest;
}

/** What a backup says of itself, without reading the rest of it. */
export async function manifestOf(file: string): Promise<Manifest> {
  let found: Manifest | undefined;
  const enough = new Error('enough');
  try {
    await read(
      file,
      () => undefined,
      () => undefined,
      (manifest) => {
        found = manifest;
        throw enough;
      },
    );
  } catch (error) {
    if (error !== enough) throw error;
  }
  return found ?? Promise.reject(noBackup('it says nothing of itself'));
}

async function read(
  file: string,
  place: (name: string) => WriteStream | undefined,
  worked: Worked,
  admit: (manifest: Manifest) => Promise<void> | void = () => undefined,
): Promise<Manifest> {
  let manifest: Manifest | undefined;
  const missing = new Map<string, Manifest['files'][number]>();
  const open = async (name: string, size: number): Promise<TarSink> => {
    if (!manifest) {
      if (name !== MANIFEST || size > MANIFEST_BYTES) throw noBackup('it says nothing of itself');
      return gathered(async (text) => {
        manifest = manifestFrom(text);
        for (const one of manifest.files) missing.set(one.name, one);
        await admit(manifest);
      });
    }
    const expected = missing.get(name);
    if (expected?.size_bytes !== size) throw noBackup(`${name} is not as long as it was`);
    missing.delete(name);
    return checked(expected, place(name), worked);
  };
  const source = createReadStream(file, { highWaterMark: 256 * 1024 });
  const plain = createGunzip();
  source.on('error', (error) => plain.destroy(error));
  try {
    await untar(source.pipe(plain), open);
  } catch (error) {
    throw isGzip(error) ? noBackup(toError(error).message) : error;
  } finally {
    source.destroy();
    plain.destroy();
  }
  if (!manifest || missing.size > 0) throw noBackup('something is missing');
  return manifest;
}

function manifestFrom(text: string): Manifest {
  try {
    return Manifest.parse(JSON.parse(text));
  } catch (cause) {
    throw new AppError('ERR_INVALID', 'This is no backup of Tutti, or one of a later version', { cause });
  }
}

function gathered(use: (text: string) => Promise<void>): TarSink {
  const chunks: Uint8Array[] = [];
  return {
    write: (chunk) => void chunks.push(Uint8Array.from(chunk)),
    end: () => use(Buffer.concat(chunks).toString('utf8')),
  };
}

function checked(expected: Manifest['files'][number], out: WriteStream | undefined, worked: Worked): TarSink {
  const hash: Hash = createHash('sha256');
  return {
    async write(chunk) {
      hash.update(chunk);
      worked(chunk.length);
      if (out) await written(out, Uint8Array.from(chunk));
    },
    async end() {
      if (out) await new Promise<void>((resolve) => out.close(() => resolve()));
      if (hash.digest('hex') !== expected.sha256) throw noBackup(`${expected.name} is not what it was`);
    },
  };
}

/** Rejects with what the disk says. */
export function written(out: WriteStream, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    out.once('error', reject);
    out.write(bytes, (error) => {
      out.off('error', reject);
      if (error) reject(error);
      else resolve();
    });
  });
}

async function* counted(
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  worked: Worked,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    worked(chunk.length);
    yield chunk;
  }
}

/** Waits until a file or folder is on disk. */
export async function settle(path: string): Promise<void> {
  const isFolder = (await stat(path)).isDirectory();
  const handle = await open(path, isFolder ? 'r' : 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const isGzip = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_');
