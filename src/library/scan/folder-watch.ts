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

/** What is known of a folder is kept on its watcher, and all share their listeners: two thirds of the memory of 12,500 folders. */
type Watched = FSWatcher & { readonly key: string; readonly mark: string };

/**
 * Watches folders, not files: one inotify watch each, about 1 kB. The scan puts the watch on a folder before it looks inside, so that
 * nothing falls between. Which file changed does not matter: its folder is scanned again.
 */
export class FolderWatch {
  #options: FolderWatchOptions;
  #watched = new Map<string, Watched>();
  #over = false;
  readonly #changed: (this: Watched, event: string, name: string | Buffer | null) => void;
  readonly #failed: (this: Watched) => void;

  constructor(options: FolderWatchOptions) {
    this.#options = options;
    const gone = (folder: Bytes): void => this.uncover(folder);
    this.#changed = function (_event, name) {
      if (name?.[0] !== 0x2e) options.onTouched(folderOf(this.key));
    };
    this.#failed = function () {
      gone(folderOf(this.key));
      options.onTouched(splitPath(folderOf(this.key)).folder);
    };
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
      const watcher = watch(joinBytes(root, folder), { encoding: 'buffer' });
      const watched = Object.assign(watcher, { key, mark });
      watched.on('change', this.#changed).on('error', this.#failed);
      this.#watched.set(key, watched);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return;
      this.close();
      this.#options.onFailed(toError(error));
    }
  }

  uncover(folder: Bytes): void {
    const key = folder.toString('latin1');
    this.#watched.get(key)?.close();
    this.#watched.delete(key);
  }

  close(): void {
    this.#over = true;
    for (const watched of this.#watched.values()) watched.close();
    this.#watched.clear();
  }
}

function folderOf(key: string): Bytes {
  return Buffer.from(key, 'latin1');
}
