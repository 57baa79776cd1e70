import { readFile, realpath, stat, statfs } from 'node:fs/promises';
import { isAbsolute, sep } from 'node:path';
import { AppError } from '../../base/index.js';

/** Where exports may go. Everything else is closed. */
export interface FolderRules {
  /** Folders that the owner named. */
  readonly exportDirs: readonly string[];
  /** The music and the data of Tutti: no export is written inside, whatever the other rules say. */
  readonly closed: readonly string[];
  /** What is mounted below these is a stick or a card: `/media` and `/run/media` by default. */
  readonly removable?: readonly string[];
  /** What the kernel says of mounts: `/proc/self/mountinfo` by default. */
  readonly mountinfo?: string;
  /** What stays free in the folders of the owner; on sticks it is 4 MB. */
  readonly reserveBytes: number;
}

export interface ExportFolder {
  /** Absolute, links resolved. */
  readonly path: string;
  /** Of the file system: another one at the same place is another folder. */
  readonly device: string;
  readonly free_bytes: number;
  readonly max_file_bytes: number;
  /** What has to stay free. */
  readonly reserve_bytes: number;
}

/** Folders and the manifest need room too. */
const SPARE_BYTES = 4 * 1024 * 1024;
const MSDOS_MAGIC = 0x4d44;
/** 4 GB less one byte. */
const FAT_MAX_FILE = 2 ** 32 - 1;

/** The folders and sticks that may be written to now, links resolved. */
export async function exportRoots(rules: FolderRules): Promise<string[]> {
  const { removable = ['/media', '/run/media'], mountinfo = '/proc/self/mountinfo' } = rules;
  const table = await readFile(mountinfo, 'latin1').catch(() => '');
  const mounted = mountPoints(table).filter((point) => removable.some((above) => isBelow(point, above)));
  const closed = await realPaths(rules.closed);
  const found = new Set(await realPaths([...rules.exportDirs, ...mounted]));
  return [...found].filter((path) => !closed.some((no) => path === no || isBelow(path, no)));
}

/** A folder that somebody named, if it may be written to: one of the roots, or a folder that is there inside one. Throws ERR_NOT_ALLOWED. */
export async function openFolder(rules: FolderRules, folder: string): Promise<ExportFolder> {
  const closed = await realPaths(rules.closed);
  const roots = await exportRoots(rules);
  const [path] = isAbsolute(folder) && !folder.includes('\0') ? await realPaths([folder]) : [];
  const isOpen = path !== undefined && roots.some((root) => path === root || isBelow(path, root));
  if (!isOpen || closed.some((no) => path === no || isBelow(path, no)))
    throw new AppError(
      'ERR_NOT_ALLOWED',
      'Exports may not be written there: choose a stick, or one of the folders in export_dirs',
    );
  const owned = (await realPaths(rules.exportDirs)).some((root) => path === root || isBelow(path, root));
  return { ...(await describe(path)), reserve_bytes: owned ? rules.reserveBytes : SPARE_BYTES };
}

/** Free space counts what others than root may use. */
export async function describe(path: string): Promise<Omit<ExportFolder, 'reserve_bytes'>> {
  const [{ dev }, system] = await Promise.all([stat(path, { bigint: true }), statfs(path)]);
  return {
    path,
    device: String(dev),
    free_bytes: system.bavail * system.bsize,
    max_file_bytes: system.type === MSDOS_MAGIC ? FAT_MAX_FILE : Number.MAX_SAFE_INTEGER,
  };
}

/** Mount points that can be written to, from mountinfo, whose bytes are given as Latin-1: names need not be text. */
export function mountPoints(table: string): string[] {
  return table.split('\n').flatMap((line) => {
    const [fields = '', rest = ''] = line.split(' - ');
    const [, , , , point, options] = fields.split(' ');
    if (point === undefined || options === undefined || rest.startsWith('autofs ')) return [];
    return options.split(',').includes('rw') ? [unescaped(point)] : [];
  });
}

/** Spaces and the like stand there as octal numbers of bytes. */
function unescaped(text: string): string {
  const bytes = text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

export function isBelow(path: string, above: string): boolean {
  const start = above.endsWith(sep) ? above : above + sep;
  return path.startsWith(start) && path.length > start.length;
}

/** Of those that are folders. */
async function realPaths(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const real = await realpath(path).catch(() => undefined);
      if (real === undefined) return [];
      return (await stat(real)).isDirectory() ? [real] : [];
    }),
  );
  return found.flat();
}
