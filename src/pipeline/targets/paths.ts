import type { PathMapping } from '../../protocol/index.js';

const SLASHES = /[\\/]+/;
const trimmed = (path: string): string => path.replace(/(?<=.)[\\/]+$/, '');

/** Whether `path` is `folder` or inside it. A border is a slash of either kind: `/music` has `/music/a`, not `/musical`. */
export function isInside(path: string, folder: string): boolean {
  const from = trimmed(folder);
  if (from === '') return true;
  if (!path.startsWith(from)) return false;
  const next = path[from.length];
  return next === undefined || next === '/' || next === '\\' || /[\\/]$/.test(from);
}

/** The folder among them that has `path`, the longest when there are several. */
export function longestAround<T>(
  path: string,
  folders: readonly T[],
  of: (folder: T) => string,
): T | undefined {
  const around = folders.filter((folder) => isInside(path, of(folder)));
  return around.toSorted((a, b) => trimmed(of(b)).length - trimmed(of(a)).length)[0];
}

/** The same file, whichever way slashes lean and accents are written. */
export function samePath(a: string, b: string): boolean {
  const plain = (path: string): string => path.normalize('NFC').split(SLASHES).join('/');
  return plain(a) === plain(b);
}

/**
 * Ours -> theirs: the longest mapping whose `ours` is around `path` wins. Below `C:\` and the like the rest is written with backslashes.
 * Undefined when mappings are given and none of them fits.
 */
export function mapPath(path: string, mappings: readonly PathMapping[]): string | undefined {
  const mapping = longestAround(path, mappings, ({ ours }) => ours);
  if (!mapping) return undefined;
  const rest = path
    .slice(trimmed(mapping.ours).length)
    .split(SLASHES)
    .filter((part) => part !== '');
  const slash = mapping.theirs.includes('\\') && !mapping.theirs.includes('/') ? '\\' : '/';
  const start = trimmed(mapping.theirs);
  if (rest.length === 0) return start;
  const joint = start === '' || /[\\/:]$/.test(start) ? '' : slash;
  return `${start}${joint}${rest.join(slash)}`;
}

/** A folder of the library that is to be looked at, and the folders that were noted and are inside it. Below the music folder; `` = all of it. */
export interface Bundle {
  readonly folder: string;
  readonly noted: readonly string[];
}

/** So many folders are one scan of everything. */
const MOST_BUNDLES = 20;
const parentOf = (folder: string): string => folder.slice(0, Math.max(0, folder.lastIndexOf('/')));

/**
 * Few folders for many: what lies inside another is looked at with it, albums of one artist become the artist, and very many become the
 * whole library. `allowed` says of a folder that it may stand for others: not when the target has it nowhere.
 */
export function bundle(noted: readonly string[], allowed: (folder: string) => boolean): Bundle[] {
  const under = (folder: string, inside: string): boolean =>
    folder === '' || inside === folder || inside.startsWith(`${folder}/`);
  const families = new Map<string, number>();
  for (const folder of noted) {
    const parent = parentOf(folder);
    if (parent !== '') families.set(parent, (families.get(parent) ?? 0) + 1);
  }
  const raised = noted.map((folder) => {
    const parent = parentOf(folder);
    return (families.get(parent) ?? 0) > 1 && allowed(parent) ? parent : folder;
  });
  const tops = [...new Set(raised)].filter(
    (folder, _, all) => !all.some((other) => other !== folder && under(other, folder)),
  );
  const folders = tops.length > MOST_BUNDLES && allowed('') ? [''] : tops;
  return folders.map((folder) => ({ folder, noted: noted.filter((inside) => under(folder, inside)) }));
}
