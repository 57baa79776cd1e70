import { type FSWatcher, watch } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { toError } from '../../base/index.js';
import { type Bytes, joinBytes, splitPath } from '../file-names.js';

export interface FolderWatchOptions {
  /** Something in this folder may have changed. */
  onTouched(folder: Bytes): void;
  /** Watching is not possible, or no longer (no inotify watches left). Told once; everything is unwatched by then. */
  onFailed(error: Error): void;
}

/** Network and user-space file systems, where changes made elsewhere are not told. */
const SILENT_TYPES = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997, 0x65735546]);

/** Whether changes to this folder can come without notice: another machine writes there. */
export async function isSilent(root: Uint8Array): Promise<boolean> {
  const { type } = await statfs(Buffer.from(root));
  return SILENT_TYPES.has(type >>> 0);
}

interface Watched {
  readonly mark: string;
  readonly watcher: FSWatcher;
}

/**
 * Watches folders, not files: one inotify watch each, about 1 kB. The scan puts the watch on a folder before it looks inside, so that
 * nothing falls between. Which file changed does not matter: its folder is scanned again.
 */
export class FolderWatch {
  #options: FolderWatchOptions;
  #watched = new Map<string, Watched>();
  #over = false;

  constructor(options: FolderWatchOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#watched.size;
  }

  /** Watches a folder; `mark` names the very folder (device and inode), as another may stand in its place later. */
  cover(root: Bytes, folder: Bytes, mark: string): void {
    if (this.#over) return;
    const key = folder.toString('latin1');
    if (this.#watched.get(key)?.mark === mark) return;
    this.uncover(folder);
    try {
      // Only the key is kept for as long as the watch lives: a small Buffer holds on to the 8 kB it was cut from.
      const watcher = watch(joinBytes(root, folder), { encoding: 'buffer' }, (_event, name) => {
        if (name?.[0] !== 0x2e) this.#options.onTouched(folderOf(key));
      });
      watcher.on('error', () => {
        this.uncover(folderOf(key));
        this.#options.onTouched(splitPath(folderOf(key)).folder);
      });
      this.#watched.set(key, { mark, watcher });
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return;
      this.close();
      this.#options.onFailed(toError(error));
    }
  }

  uncover(folder: Bytes): void {
    const key = folder.toString('latin1');
    this.#watched.get(key)?.watcher.close();
    this.#watched.delete(key);
  }

  close(): void {
    this.#over = true;
    for (const { watcher } of this.#watched.values()) watcher.close();
    this.#watched.clear();
  }
}

function folderOf(key: string): Bytes {
  return Buffer.from(key, 'latin1');
}
