import { type ChildProcess, spawn } from 'node:child_process';
import { constants, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError, type Clock, type Logger, randomId, within } from '../base/index.js';
import type { Db } from '../storage/index.js';
import { bytes, joinBytes } from './file-names.js';
import { imageMime } from './tags/picture-id.js';
import type { TagReader } from './tags/tag-reader.js';

export interface Picture {
  readonly path: string;
  readonly mime: string;
  readonly etag: string;
}

export interface ArtworkOptions {
  readonly db: Db;
  readonly musicDir: string;
  readonly cacheDir: string;
  readonly tags: TagReader;
  readonly clock: Clock;
  readonly log: Logger;
  readonly ffmpeg?: string;
}

export const ARTWORK_SIZES = [96, 320, 640, 1200] as const;
const TIMEOUT_MS = 15_000;
const AT_ONCE = 2;
/** A picture with more pixels than this is a bomb. */
const MAX_PIXELS = 60_000_000;
const CACHE_BYTES = 256 * 1024 * 1024;

/** ffmpeg reads the picture from its standard input: no name of ours is ever an argument. */
export function resizeArguments(size: number): string[] {
  const box = `scale=w='min(${size},iw)':h='min(${size},ih)':force_original_aspect_ratio=decrease`;
  return [
    '-nostdin', '-hide_banner', '-loglevel', 'error', '-protocol_whitelist', 'pipe', '-max_pixels', String(MAX_PIXELS),
    '-i', 'pipe:0', '-map', '0:v:0', '-frames:v', '1', '-vf', box, '-map_metadata', '-1',
    '-c:v', 'mjpeg', '-q:v', '3', '-pix_fmt', 'yuvj420p', '-f', 'mjpeg', 'pipe:1',
  ]; // prettier-ignore
}

/** Covers in a few sizes, made when first asked for and kept in the cache folder. */
export class Artwork {
  #options: ArtworkOptions;
  #folder: string;
  #making = new Map<string, Promise<Picture | undefined>>();
  #running = new Set<ChildProcess>();
  #queue: (() => void)[] = [];
  #active = 0;
  #noFfmpeg = false;
  #bad = new Set<string>();
  #written = 0;

  constructor(options: ArtworkOptions) {
    this.#options = options;
    this.#folder = join(options.cacheDir, 'artwork');
  }

  /** The picture at the next size of 96, 320, 640, 1200; never larger than it is. Undefined when it is not to be had. */
  async get(artworkId: string, wanted: number): Promise<Picture | undefined> {
    if (!/^im-[a-z0-9]{12}$/.test(artworkId)) return undefined;
    const size = ARTWORK_SIZES.find((each) => each >= wanted) ?? 1200;
    const key = `${artworkId}-${size}`;
    const etag = `"${key}"`;
    const path = join(this.#folder, `${key}.jpg`);
    if (await exists(path)) return { path, mime: 'image/jpeg', etag };
    if (this.#bad.has(key)) return undefined;
    const making = this.#making.get(key) ?? this.#make(artworkId, size, path, etag);
    this.#making.set(key, making);
    try {
      const made = await making;
      if (!made) this.#remember(key);
      return made;
    } finally {
      this.#making.delete(key);
    }
  }

  /** What could not be made is not tried again with every page that shows it. */
  #remember(key: string): void {
    if (this.#bad.size > 2000) this.#bad.clear();
    this.#bad.add(key);
  }

  /** After a scan: files may be readable now. */
  retry(): void {
    this.#bad.clear();
  }

  async #make(artworkId: string, size: number, path: string, etag: string): Promise<Picture | undefined> {
    await this.#turn();
    try {
      await mkdir(this.#folder, { recursive: true });
      const original = await this.#original(artworkId);
      if (!original) return undefined;
      if (!this.#noFfmpeg && (await this.#resize(original.path, size, path))) {
        void this.#prune();
        return { path, mime: 'image/jpeg', etag };
      }
      return this.#noFfmpeg
        ? { ...original, path: original.path.toString(), etag: `"${artworkId}-original"` }
        : undefined;
    } catch (error) {
      this.#options.log.debug({ artwork_id: artworkId, error }, 'artwork cannot be made');
      return undefined;
    } finally {
      this.#active--;
      this.#queue.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    if (this.#active >= AT_ONCE) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#active++;
  }

  /** The picture as it is: a file of the folder, or taken out of a track. Copied to the cache so that its name is plain. */
  async #original(artworkId: string): Promise<{ path: string; mime: string } | undefined> {
    const path = join(this.#folder, `${artworkId}.original`);
    if (!(await exists(path)) && !(await this.#copyFolderArt(artworkId, path))) {
      if (!(await this.#extract(artworkId, path))) return undefined;
    }
    const file = await open(path);
    try {
      const head = Buffer.alloc(16);
      await file.read(head, 0, 16, 0);
      const mime = imageMime(head);
      return mime === undefined ? undefined : { path, mime };
    } finally {
      await file.close();
    }
  }

  async #copyFolderArt(artworkId: string, target: string): Promise<boolean> {
    const { db, musicDir } = this.#options;
    for (const row of db
      .prepare('SELECT folder, artwork_name FROM folders WHERE artwork_id = ? LIMIT 5')
      .all(artworkId)) {
      const source = joinBytes(
        Buffer.from(musicDir),
        joinBytes(bytes(row['folder']), bytes(row['artwork_name'])),
      );
      if (await copyNoFollow(source, target)) return true;
    }
    return false;
  }

  async #extract(artworkId: string, target: string): Promise<boolean> {
    const { db, musicDir, tags } = this.#options;
    for (const row of db
      .prepare('SELECT folder, name FROM tracks WHERE embedded_id = ? LIMIT 3')
      .all(artworkId)) {
      const path = joinBytes(Buffer.from(musicDir), joinBytes(bytes(row['folder']), bytes(row['name'])));
      const part = `${target}.${randomId(6)}`;
      if (!(await tags.picture(path, part))) continue;
      await rename(part, target);
      return true;
    }
    return false;
  }

  async #resize(source: string, size: number, target: string): Promise<boolean> {
    const part = `${target}.${randomId(6)}`;
    const [input, output] = await Promise.all([open(source), open(part, 'wx', 0o644)]);
    try {
      await this.#run(resizeArguments(size), input.fd, output.fd);
      if ((await output.stat()).size === 0)
        throw new AppError('ERR_INTERNAL', 'ffmpeg made nothing of the picture');
      await rename(part, target);
      return true;
    } catch (error) {
      await rm(part, { force: true });
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        this.#noFfmpeg = true;
        this.#options.log.warn({}, 'ffmpeg is not installed, artwork is served in its original size');
      } else this.#options.log.debug({ error }, 'picture cannot be resized');
      return false;
    } finally {
      await Promise.all([input.close(), output.close()]);
    }
  }

  async #run(args: readonly string[], input: number, output: number): Promise<void> {
    const limit = {
      clock: this.#options.clock,
      what: 'resizing a picture',
      ms: TIMEOUT_MS,
      code: 'ERR_BUSY',
    } as const;
    await within(limit, (signal) => {
      const child = spawn(this.#options.ffmpeg ?? 'ffmpeg', args, { stdio: [input, output, 'ignore'] });
      this.#running.add(child);
      signal.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
      return new Promise<void>((resolve, reject) => {
        child.once('error', (error) => {
          this.#running.delete(child);
          reject(error);
        });
        child.once('exit', (code) => {
          this.#running.delete(child);
          if (code === 0) resolve();
          else reject(new AppError('ERR_INTERNAL', 'ffmpeg cannot read the picture'));
        });
      });
    });
  }

  /** Every 50 pictures: the oldest go when the cache is larger than it may be. */
  async #prune(): Promise<void> {
    if (this.#written++ % 50 !== 0) return;
    try {
      const files = await Promise.all(
        (await readdir(this.#folder)).map(async (name) => {
          const path = join(this.#folder, name);
          const { size, mtimeMs } = await stat(path);
          return { path, size, mtimeMs };
        }),
      );
      let total = files.reduce((sum, file) => sum + file.size, 0);
      for (const file of files.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
        if (total <= CACHE_BYTES) return;
        await rm(file.path, { force: true });
        total -= file.size;
      }
    } catch (error) {
      this.#options.log.debug({ error }, 'artwork cache cannot be pruned');
    }
  }

  close(): void {
    for (const child of this.#running) child.kill('SIGKILL');
  }
}

async function exists(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && found.size > 0;
}

/** Copies a plain file; false when it is not there, or a link. */
async function copyNoFollow(source: Buffer, target: string): Promise<boolean> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(source, flags).catch(() => undefined);
  if (!file) return false;
  const part = `${target}.${randomId(6)}`;
  await pipeline(file.createReadStream(), createWriteStream(part));
  await rename(part, target);
  return true;
}
