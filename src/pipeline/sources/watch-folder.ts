import { createHash } from 'node:crypto';
import { lstat, readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { toError, type Clock, type Logger, type Timer } from '../../base/index.js';

/** A folder or loose file that has come to rest. */
export interface ReadyFolder {
  /** Absolute; a loose file stands for itself. */
  readonly folder: string;
  readonly title: string;
  /** Of names, sizes, times and places of all its files: the same as long as nobody touches it. */
  readonly fingerprint: string;
}

export interface WatchFolderOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told once for each fingerprint, also after a restart; when it rejects, again after the next look. */
  ready(this: void, found: ReadyFolder): Promise<void>;
  readonly every_ms?: number;
  /** How long nothing may have changed, over at least two looks. */
  readonly stable_ms?: number;
}

const EVERY_MS = 10_000;
const STABLE_MS = 30_000;
const MOST_FILES = 20_000;
const MOST_DEPTH = 12;
/** Names that programs give to what is not whole. */
const PARTIAL = /(?:\.(?:part|crdownload|!qb|ytdl|tmp|aria2|partial|download|opdownload)|~)$/i;
/** Beside a file that is not whole, with its name before it. */
const TWINS = ['.aria2', '.part', '.ytdl', '.!qB', '.crdownload'];
const SOUND = /\.(?:flac|mp3|m4a|m4b|mp4|aac|ogg|oga|opus|wav|aiff?|wv|ape|wma|mka|dsf|dff|tta|mpc|alac)$/i;
/** A file that is reserved but not written has fewer blocks than bytes. */
const SPARSE_FROM_BYTES = 1024 * 1024;
/** btrfs and zfs compress: fewer blocks mean nothing there. */
const COMPRESSING = [0x9123683e, 0x2fc12fc1];

/** What one look at a folder saw. */
export type Look =
  | { readonly state: 'whole'; readonly fingerprint: string }
  | { readonly state: 'partial' | 'silent' | 'gone'; readonly fingerprint?: undefined };

interface Seen {
  readonly fingerprint: string;
  readonly sinceUs: number;
  handed: boolean;
}

/**
 * Looks again and again at the folder where people drop music: also at what another machine writes there, of which nobody tells. What has rested for
 * long enough and is whole is handed on, in place. Links are never followed.
 */
export class WatchFolder {
  readonly #options: WatchFolderOptions;
  readonly #seen = new Map<string, Seen>();
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;
  #missing = false;
  #closed = false;

  constructor(options: WatchFolderOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= this.#options.clock.every(this.#options.every_ms ?? EVERY_MS, () => void this.look());
    void this.look();
  }

  /** Looks now. One look at a time: who asks meanwhile gets the one that goes on. */
  look(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#looking ??= this.#look()
      .catch((thrown: unknown) => {
        this.#options.log.warn({ err: toError(thrown) }, 'the import folder could not be looked at');
      })
      .finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { folder, log } = this.#options;
    const names = await readdir(folder).catch(() => undefined);
    if (names === undefined) {
      if (!this.#missing) log.warn({}, 'the import folder is not there');
      this.#missing = true;
      return;
    }
    this.#missing = false;
    const known = new Set(names);
    for (const path of this.#seen.keys()) if (!known.has(path)) this.#seen.delete(path);
    const sparse = !COMPRESSING.includes((await statfs(folder)).type);
    for (const name of names.toSorted()) {
      if (this.#closed) return;
      if (!name.startsWith('.')) await this.#unit(name, known, sparse);
    }
  }

  async #unit(name: string, known: ReadonlySet<string>, sparse: boolean): Promise<void> {
    const { folder, clock, log } = this.#options;
    const path = join(folder, name);
    const look: Look = TWINS.some((twin) => known.has(name + twin))
      ? { state: 'partial' }
      : await lookAt(path, sparse);
    if (look.state !== 'whole') return void this.#seen.delete(name);
    const before = this.#seen.get(name);
    if (before?.fingerprint !== look.fingerprint) {
      this.#seen.set(name, { fingerprint: look.fingerprint, sinceUs: clock.nowUs(), handed: false });
      return;
    }
    const restedMs = (clock.nowUs() - before.sinceUs) / 1000;
    if (before.handed || restedMs < (this.#options.stable_ms ?? STABLE_MS)) return;
    before.handed = true;
    const title = name.replace(SOUND, '');
    try {
      await this.#options.ready({ folder: path, title, fingerprint: look.fingerprint });
    } catch (thrown) {
      before.handed = false;
      log.warn({ err: toError(thrown) }, 'what was dropped could not be taken');
    }
  }
}

/** Names, sizes, times and places of everything below a path, without following links. Throws nothing: what vanishes meanwhile is `gone`. */
export async function lookAt(path: string, sparse: boolean): Promise<Look> {
  const hash = createHash('sha256');
  const found = { files: 0, sound: 0, partial: false };
  const walk = async (at: string, below: string, depth: number): Promise<void> => {
    const stat = await lstat(at, { bigint: true });
    if (stat.isDirectory()) {
      if (depth >= MOST_DEPTH) return;
      for (const name of (await readdir(at)).toSorted())
        await walk(join(at, name), below === '' ? name : `${below}/${name}`, depth + 1);
      return;
    }
    if (++found.files > MOST_FILES) throw new Error('too many files');
    hash.update(`${below}\0${stat.size}\0${stat.mtimeNs}\0${stat.ino}\0${stat.mode}\n`);
    if (PARTIAL.test(at)) found.partial = true;
    if (!stat.isFile()) return;
    if (SOUND.test(at)) found.sound++;
    const hollow = stat.size > SPARSE_FROM_BYTES && stat.blocks * 512n < stat.size;
    if (sparse && hollow) found.partial = true;
  };
  try {
    await walk(path, '', 0);
  } catch {
    return { state: 'gone' };
  }
  if (found.partial) return { state: 'partial' };
  return found.sound === 0 ? { state: 'silent' } : { state: 'whole', fingerprint: hash.digest('hex') };
}
