import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of ours that somebody else should have too. */
export interface OwnFile {
  /** Below the music folder. */
  readonly path: string;
  readonly title: string;
  readonly size_bytes: number;
}

/** Formats that every server knows: only those can prove anything. */
const AUDIO = /\.(flac|mp3|m4a|ogg|opus|wav|aiff?|aac)$/i;
const MOST_DEPTH = 6;
const MOST_FOLDERS = 500;

/** Audio files in a folder of the library, or in the first folders below it that have some: its first and its last. Empty when it is gone. */
export async function ownFiles(
  musicDir: string,
  folder: string,
  titleOf: (path: string) => string | undefined = () => undefined,
): Promise<OwnFile[]> {
  const paths = await firstAudio(musicDir, folder);
  const chosen = [...new Set([paths[0], paths.at(-1)])].filter((path) => path !== undefined);
  const files = await Promise.all(
    chosen.map(async (path) => {
      const about = await stat(join(musicDir, path)).catch(() => undefined);
      return about?.isFile()
        ? { path, title: titleOf(path) ?? guess(path), size_bytes: about.size }
        : undefined;
    }),
  );
  return files.filter((file) => file !== undefined);
}

/** Goes down the first folders first: a library has more artists than are worth a look. */
async function firstAudio(musicDir: string, folder: string): Promise<string[]> {
  let looked = 0;
  const look = async (path: string, depth: number): Promise<string[]> => {
    if (depth > MOST_DEPTH || ++looked > MOST_FOLDERS) return [];
    const { files, folders } = await namesIn(musicDir, path);
    if (files.length > 0) return files;
    for (const below of folders) {
      const found = await look(below, depth + 1);
      if (found.length > 0) return found;
    }
    return [];
  };
  return look(folder, 0);
}

async function namesIn(musicDir: string, folder: string): Promise<{ files: string[]; folders: string[] }> {
  const entries = await readdir(join(musicDir, folder), { withFileTypes: true }).catch(() => []);
  const plain = entries.filter(({ name }) => !name.startsWith('.'));
  const below = (kept: typeof plain): string[] =>
    kept.map(({ name }) => (folder === '' ? name : `${folder}/${name}`)).toSorted();
  return {
    files: below(plain.filter((entry) => entry.isFile() && AUDIO.test(entry.name))),
    folders: below(plain.filter((entry) => entry.isDirectory())),
  };
}

/** `CD1/03 - So What.flac` -> `So What`. */
function guess(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(AUDIO, '');
  const title = name.replace(/^\d{1,3}([-.]\d{1,3})?[\s._-]+/, '').trim();
  return title === '' ? name : title;
}

/** The folder itself or the nearest above it that is there: whoever shall forget what is gone looks there. */
export async function nearestFolder(musicDir: string, folder: string): Promise<string> {
  for (let path = folder; path !== ''; path = path.slice(0, Math.max(0, path.lastIndexOf('/')))) {
    const about = await stat(join(musicDir, path)).catch(() => undefined);
    if (about?.isDirectory()) return path;
  }
  return '';
}
