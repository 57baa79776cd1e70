import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Gate } from '../../protocol/index.js';
import { gate, quoted } from '../sentences.js';

/** A plain file of a candidate. */
export interface Found {
  /** Below the folder. */
  readonly path: string;
  readonly stat: BigIntStats;
}

export interface Walked {
  /** By path, as bytes. Empty when there are too many. */
  readonly files: readonly Found[];
  readonly gates: readonly Gate[];
}

/** More than the longest audio book has; nothing larger is one album. */
export const MAX_FILES = 2000;
/** What is looked at before giving up: a folder of a million names costs no more than this. */
const MAX_ENTRIES = 20_000;
const MAX_DEPTH = 8;
/** Of each cause so many are told; the others are counted. */
const MAX_GATES = 20;
const text = new TextDecoder('utf-8', { fatal: true });

/** The plain files below a folder. Links are never followed, and nothing but plain files is ever opened. */
export async function walkFolder(folder: string, signal: AbortSignal): Promise<Walked> {
  const walk = new Walk(folder, signal);
  await walk.enter('', 0);
  return walk.end();
}

class Walk {
  readonly #files: Found[] = [];
  readonly #gates: Gate[] = [];
  #unsaid = 0;
  #entries = 0;

  constructor(
    readonly folder: string,
    readonly signal: AbortSignal,
  ) {}

  get #isFull(): boolean {
    return this.#files.length > MAX_FILES || this.#entries > MAX_ENTRIES;
  }

  async enter(below: string, depth: number): Promise<void> {
    const { names, folders } = await this.#list(below, depth);
    if (this.#isFull) return;
    this.#findTwins([...names, ...folders], below);
    for (const name of names) await this.#add(below === '' ? name : `${below}/${name}`);
    for (const name of folders) {
      const path = below === '' ? name : `${below}/${name}`;
      if (depth >= MAX_DEPTH) this.#say('path_unsafe', `The folder ${quoted(path)} is nested too deep`);
      else await this.enter(path, depth + 1);
    }
  }

  async #list(below: string, depth: number): Promise<{ names: string[]; folders: string[] }> {
    const names: string[] = [];
    const folders: string[] = [];
    try {
      // The types of Node say string; with this encoding names are Buffers.
      const encoding = 'buffer' as BufferEncoding;
      for await (const entry of await opendir(join(this.folder, below), { encoding })) {
        this.signal.throwIfAborted();
        this.#entries++;
        if (this.#isFull) break;
        const name = this.#nameOf(entry, below);
        if (name !== undefined) (entry.isDirectory() ? folders : names).push(name);
      }
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      // The folder itself is another matter: without it there is nothing to look at.
      if (depth === 0 || (code !== 'EACCES' && code !== 'EPERM' && code !== 'EIO')) throw error;
      this.#say('broken_file', `The folder ${quoted(below)} cannot be read (${code})`);
    }
    return { names, folders };
  }

  #nameOf(entry: Dirent, below: string): string | undefined {
    const raw: unknown = entry.name;
    try {
      return raw instanceof Uint8Array ? text.decode(raw) : String(raw);
    } catch {
      this.#say(
        'path_unsafe',
        `A name in ${below === '' ? 'the folder' : quoted(below)} is not text (UTF-8)`,
      );
      return undefined;
    }
  }

  async #add(path: string): Promise<void> {
    if (this.#isFull) return;
    const stat = await lstat(join(this.folder, path), { bigint: true });
    if (stat.isFile()) this.#files.push({ path, stat });
    else if (stat.isSymbolicLink())
      this.#say('special_file', `${quoted(path)} is a link to another place, and links are not followed`);
    else this.#say('special_file', `${quoted(path)} is no plain file (a pipe, a socket or hardware)`);
  }

  /** Names that are one name on a stick, a share or a Mac. */
  #findTwins(names: readonly string[], below: string): void {
    const seen = new Map<string, string>();
    for (const name of names.toSorted()) {
      const key = name.normalize('NFC').toLowerCase();
      const twin = seen.get(key);
      if (twin === undefined) seen.set(key, name);
      else {
        const where = below === '' ? '' : ` in ${quoted(below)}`;
        this.#say(
          'path_unsafe',
          `${quoted(twin)} and ${quoted(name)}${where} have the same name wherever case or accents do not count`,
        );
      }
    }
  }

  #say(name: Gate['gate'], sentence: string): void {
    if (this.#gates.length < MAX_GATES) this.#gates.push(gate(name, sentence));
    else this.#unsaid++;
  }

  end(): Walked {
    const gates = [...this.#gates];
    if (this.#unsaid > 0)
      gates.push(gate('special_file', `There are ${this.#unsaid} more places like these`));
    if (this.#isFull) {
      gates.push(
        gate(
          'several_albums',
          `The folder holds more than ${MAX_FILES} files, which is no album. Take it apart and add the albums one by one`,
        ),
      );
      return { files: [], gates };
    }
    const files = this.#files.toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
    return { files, gates };
  }
}
