import { watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import { toError, type Clock, type Logger, type Timer } from '../base/index.js';

export interface WatchedFile {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Logger;
  changed(this: void): void;
}

/** Editors write a file in several steps. */
const SETTLED_MS = 250;

/**
 * Says when a file was written, replaced, made or removed, once it has been left alone for a moment. Its folder is watched, for editors put a new
 * file in the place of the old one. Where that is not possible the log says so; SIGHUP works all the same. Gives what ends it.
 */
export function watchFile({ file, clock, log, changed }: WatchedFile): () => void {
  const name = basename(file);
  let timer: Timer | undefined;
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(dirname(file), { persistent: false }, (_what, seen) => {
      if (seen !== null && seen !== name) return;
      timer?.cancel();
      timer = clock.after(SETTLED_MS, changed);
    });
    watcher.on('error', (error) =>
      log.warn({ file, reason: error.message }, 'the config file is not watched'),
    );
  } catch (error) {
    // A gateway on a machine of its own may have neither file nor folder.
    const none = (error as NodeJS.ErrnoException).code === 'ENOENT';
    log[none ? 'info' : 'warn']({ file, reason: toError(error).message }, 'the config file is not watched');
  }
  return () => {
    timer?.cancel();
    watcher?.close();
  };
}
