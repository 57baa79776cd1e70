import { statfs } from 'node:fs/promises';
import { basename, relative, sep } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { toError } from '../../base/index.js';
import { type Bytes, toBytes } from '../file-names.js';

export interface FolderWatchOptions {
  /** Real path of the music folder. */
  readonly root: string;
  /** Something in this folder may have changed. */
  onTouched(folder: Bytes): void;
  /** Watching is not possible, or no longer. Told once. */
  onFailed(error: Error): void;
}

/** Network and user-space file systems, where changes made elsewhere are not told. */
const SILENT_TYPES = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997, 0x65735546]);

/** Whether changes to this folder can come without notice: another machine writes there. */
export async function isSilent(root: string): Promise<boolean> {
  const { type } = await statfs(root);
  return SILENT_TYPES.has(type >>> 0);
}

/**
 * Watches folders only: one inotify watch and no memory per file. Which file changed does not matter, its folder is scanned again.
 */
export class FolderWatch {
  /** Resolves when every folder has its watch; also after a failure. */
  readonly ready: Promise<void>;
  #options: FolderWatchOptions;
  #watcher: FSWatcher;
  #failed = false;

  constructor(options: FolderWatchOptions) {
    this.#options = options;
    this.#watcher = watch(options.root, {
      ignoreInitial: true,
      followSymlinks: false,
      ignorePermissionErrors: true,
      atomic: false,
      ignored: (path, stats) =>
        (stats !== undefined && !stats.isDirectory()) ||
        (path !== options.root && basename(path).startsWith('.')),
    });
    this.ready = new Promise((resolve) => {
      this.#watcher.on('ready', resolve);
      this.#watcher.on('error', (error) => {
        this.#fail(toError(error));
        resolve();
      });
    });
    this.#watcher.on('raw', (_event, name, details: unknown) => {
      const watched = (details as { readonly watchedPath?: unknown } | null)?.watchedPath;
      if (typeof watched === 'string' && !name?.startsWith('.')) this.#touch(watched);
    });
    this.#watcher.on('addDir', (path) => this.#touch(path));
    this.#watcher.on('unlinkDir', (path) => this.#touch(path, true));
  }

  #touch(path: string, parent = false): void {
    const inside = relative(this.#options.root, path);
    if (inside === '..' || inside.startsWith(`..${sep}`)) return;
    const parts = inside === '' ? [] : inside.split(sep);
    if (parent) parts.pop();
    this.#options.onTouched(toBytes(parts.join('/')));
  }

  #fail(error: Error): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.onFailed(error);
  }

  async close(): Promise<void> {
    this.#failed = true;
    await this.#watcher.close();
  }
}
