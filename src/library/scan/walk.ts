import type { Dirent } from 'node:fs';
import { lstat, opendir, realpath, stat } from 'node:fs/promises';
import { toError } from '../../base/index.js';
import { type Bytes, bytes, extensionOf, joinBytes, ROOT, splitPath } from '../file-names.js';
import { AUDIO_EXTENSIONS } from '../tags/sniff.js';
import type { FoundFile } from './catalog.js';

/** One folder as it is on disk now. */
export interface Listing {
  readonly folder: Bytes;
  /** Another file system begins here. */
  readonly mounted: boolean;
  readonly audio: FoundFile[];
  readonly images: FoundFile[];
  readonly playlists: FoundFile[];
  readonly subfolders: Bytes[];
  /** Entries of any kind, hidden ones too. */
  readonly entries: number;
  readonly notes: { readonly name: Bytes; readonly reason: string }[];
}

export interface Unreadable {
  readonly folder: Bytes;
  readonly reason: string;
}

const IMAGES = new Set(['jpg', 'jpeg', 'png', 'webp', 'gif']);
const NOT_MUSIC = new Set([
  '@eadir',
  'lost+found',
  '#recycle',
  '$recycle.bin',
  'system volume information',
  '#snapshot',
]);
const AT_ONCE = 32;
const byBytes = (a: Bytes, b: Bytes): number => a.compare(b);

export interface WalkOptions {
  /** Real path of the music folder. */
  readonly root: Bytes;
  /** Goes down into a subfolder? Links are never followed: what they name is either scanned where it is, or outside. */
  readonly enter: (folder: Bytes) => boolean;
  /** Called before a folder is listed; `mark` names the very folder. */
  readonly onEnter: (folder: Bytes, mark: string) => void;
  readonly signal: AbortSignal;
}

/** Lists folders, `start` first, then what is below, in the order of names. One folder at a time: memory does not grow with the tree. */
export async function* walk(start: Bytes, options: WalkOptions): AsyncGenerator<Listing | Unreadable> {
  const device = await deviceAbove(start, options);
  const stack = device === undefined ? [] : [{ folder: start, above: device }];
  for (let next = stack.pop(); next; next = stack.pop()) {
    options.signal.throwIfAborted();
    const { folder, above } = next;
    try {
      const own = await lstat(joinBytes(options.root, folder));
      if (!own.isDirectory()) continue;
      options.onEnter(folder, `${own.dev}:${own.ino}`);
      const listing = await list(folder, own.dev !== above, options.root);
      yield listing;
      const below = listing.subfolders.map((name) => joinBytes(folder, name)).filter(options.enter);
      for (const sub of below.reverse()) stack.push({ folder: sub, above: own.dev });
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT' || code === 'ENOTDIR') continue;
      if (code === undefined || options.signal.aborted) throw error;
      yield { folder, reason: inWords(code, toError(error)) };
    }
  }
}

/** The file system that a folder's parent is on; undefined when the parent is gone. */
async function deviceAbove(folder: Bytes, options: WalkOptions): Promise<number | undefined> {
  const parent = folder.length === 0 ? ROOT : splitPath(folder).folder;
  try {
    return (await stat(joinBytes(options.root, parent))).dev;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function list(folder: Bytes, mounted: boolean, root: Bytes): Promise<Listing> {
  const path = joinBytes(root, folder);
  const listing: Listing = {
    folder,
    mounted,
    audio: [],
    images: [],
    playlists: [],
    subfolders: [],
    entries: 0,
    notes: [],
  };
  const names: Bytes[] = [];
  let entries = 0;
  const unfinished = new Set<string>();
  // The types of Node say string; with this encoding names are Buffers.
  for await (const entry of await opendir(path, { encoding: 'buffer' as BufferEncoding, bufferSize: 128 })) {
    entries++;
    const name = bytes(entry.name);
    if (name[0] === 0x2e || NOT_MUSIC.has(name.toString('latin1').toLowerCase())) continue;
    if (entry.isDirectory()) listing.subfolders.push(name);
    else if (extensionOf(name) === 'aria2') unfinished.add(name.toString('latin1').slice(0, -6));
    else if (kindOf(name) !== undefined || entry.isSymbolicLink())
      await sort(entry, name, names, listing, root);
  }
  const finished = names.filter((name) => !unfinished.has(name.toString('latin1'))).sort(byBytes);
  for (let at = 0; at < finished.length; at += AT_ONCE)
    await Promise.all(finished.slice(at, at + AT_ONCE).map((name) => addFile(listing, name, path)));
  for (const kind of ['audio', 'images', 'playlists'] as const)
    listing[kind].sort((a, b) => a.name.compare(b.name));
  listing.subfolders.sort(byBytes);
  return { ...listing, entries };
}

async function sort(
  entry: Dirent,
  name: Bytes,
  names: Bytes[],
  listing: Listing,
  root: Bytes,
): Promise<void> {
  if (entry.isFile()) {
    names.push(name);
    return;
  }
  if (!entry.isSymbolicLink()) return;
  const reason = await aboutLink(joinBytes(joinBytes(root, listing.folder), name), kindOf(name), root);
  if (reason !== undefined) listing.notes.push({ name, reason });
}

/** Why a link is not taken; undefined when what it names is found without it, or is no music. */
async function aboutLink(path: Bytes, kind: Kind | undefined, root: Bytes): Promise<string | undefined> {
  try {
    const target = await realpath(path, { encoding: 'buffer' });
    if (target.equals(root)) return undefined;
    if (
      target
        .subarray(0, root.length + 1)
        .equals(joinBytes(root, Buffer.from('/')).subarray(0, root.length + 1))
    )
      return undefined;
    if (kind !== 'audio' && !(await stat(target)).isDirectory()) return undefined;
    return 'a link to a place outside the music folder is not followed';
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ELOOP') return 'a link that leads back to itself';
    return kind === 'audio' ? 'a link that leads nowhere' : undefined;
  }
}

type Kind = 'audio' | 'images' | 'playlists';

function kindOf(name: Bytes): Kind | undefined {
  const extension = extensionOf(name);
  if (Object.hasOwn(AUDIO_EXTENSIONS, extension)) return 'audio';
  if (IMAGES.has(extension)) return 'images';
  return extension === 'm3u' || extension === 'm3u8' ? 'playlists' : undefined;
}

async function addFile(listing: Listing, name: Bytes, path: Bytes): Promise<void> {
  const kind = kindOf(name);
  if (!kind) return;
  try {
    const found = await lstat(joinBytes(path, name));
    if (found.isFile())
      listing[kind].push({
        folder: listing.folder,
        name,
        size: found.size,
        mtimeUs: Math.round(found.mtimeMs * 1000),
      });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT') listing.notes.push({ name, reason: inWords(code ?? '', toError(error)) });
  }
}

function inWords(code: string, error: Error): string {
  if (code === 'EACCES' || code === 'EPERM') return 'the server may not look in here (permissions)';
  if (code === 'EIO') return 'the disk reports an error here';
  return `cannot be read: ${code === '' ? error.message : code}`;
}
