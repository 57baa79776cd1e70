import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { kindOf } from '../examine/kinds.js';

/** One album of a folder that arrived. */
export interface AlbumGroup {
  /** Below the folder that arrived; '' = all that is left of it once the other groups are taken out. */
  readonly dirs: readonly string[];
  /** For people. */
  readonly title: string;
}

/** Deeper is no album, and more folders are no delivery: what is beyond stays with the folder above it. */
const MAX_DEPTH = 8;
const MAX_FOLDERS = 5000;
const DISC = /^(?:cd|dis[ck]|dvd|vinyl|lp)[\s._-]*\d{1,2}(?:\D.*)?$/i;
const TITLED_DISC = /^(.+?)[\s._-]*[[(]?\s*(?:cd|dis[ck])[\s._-]*\d{1,2}\s*[\])]?$/i;

/**
 * Which albums a folder holds, by where its music lies: folders of discs belong together, every other folder with music is an album, and
 * music that lies beside folders is one more. In the order in which they can be taken out, the innermost first.
 */
export async function splitFolder(root: string, title: string): Promise<AlbumGroup[]> {
  const folders = await foldersWithMusic(root);
  const groups = new Map<string, string[]>();
  for (const [key, dirs] of byAlbum(folders)) groups.set(key, dirs);
  if (groups.size < 2) return [{ dirs: [''], title }];
  return [...groups.values()]
    .toSorted((one, other) => depthOf(other) - depthOf(one) || compare(one[0] ?? '', other[0] ?? ''))
    .map((dirs) => ({ dirs, title: titleOf(dirs, title) }));
}

function byAlbum(folders: readonly string[]): Map<string, string[]> {
  const titled = new Map<string, number>();
  for (const dir of folders) {
    const key = discTitle(dir);
    if (key !== undefined) titled.set(key, (titled.get(key) ?? 0) + 1);
  }
  const groups = new Map<string, string[]>();
  for (const dir of folders) {
    const key = discTitle(dir);
    if (key !== undefined && (titled.get(key) ?? 0) > 1) {
      groups.set(key, [...(groups.get(key) ?? []), dir]);
      continue;
    }
    const home = dir !== '' && DISC.test(nameOf(dir)) ? parentOf(dir) : dir;
    groups.set(`/${home}`, [home]);
  }
  return groups;
}

/** `Artist/Album (Disc 2)` -> what it shares with the other discs; undefined for what is no such name. */
function discTitle(dir: string): string | undefined {
  const stem = TITLED_DISC.exec(nameOf(dir))?.[1];
  return stem === undefined ? undefined : `${parentOf(dir)}/${stem.normalize('NFC').toLowerCase()} /disc`;
}

async function foldersWithMusic(root: string): Promise<string[]> {
  const found: string[] = [];
  const waiting: { readonly dir: string; readonly depth: number }[] = [{ dir: '', depth: 0 }];
  for (let at = 0; at < waiting.length && at < MAX_FOLDERS; at++) {
    const { dir, depth } = waiting[at]!;
    const entries = await entriesOf(join(root, dir));
    if (entries.some((entry) => !entry.isDirectory() && kindOf(entry.name) === 'audio')) found.push(dir);
    if (depth >= MAX_DEPTH) continue;
    for (const entry of entries)
      if (entry.isDirectory())
        waiting.push({ dir: dir === '' ? entry.name : `${dir}/${entry.name}`, depth: depth + 1 });
  }
  return found;
}

/** A name that is no text cannot be opened by it: what lies there stays with the folder above. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return (await readdir(folder, { withFileTypes: true })).toSorted((a, b) => compare(a.name, b.name));
  } catch {
    return [];
  }
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
const nameOf = (dir: string): string => dir.slice(dir.lastIndexOf('/') + 1);
const parentOf = (dir: string): string => dir.slice(0, Math.max(0, dir.lastIndexOf('/')));
const depthOf = ([dir = '']: readonly string[]): number => (dir === '' ? 0 : dir.split('/').length);

function titleOf(dirs: readonly string[], title: string): string {
  const [dir = ''] = dirs;
  if (dir === '') return title;
  return dirs.length > 1 ? (TITLED_DISC.exec(nameOf(dir))?.[1] ?? nameOf(dir)) : nameOf(dir);
}
