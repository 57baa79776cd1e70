import { realpathSync, watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
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
 * Says when a file was written, replaced, made or removed, once it has been left alone for a moment; of a link, also the file that it means. Folders
 * are watched, for editors put a new file in the place of the old one. Where that is not possible the log says so; SIGHUP works all the same. Gives
 * what ends it.
 */
export function watchFile({ file, clock, log, changed }: WatchedFile): () => void {
  let timer: Timer | undefined;
  const seen = (): void => {
    timer?.cancel();
    timer = clock.after(SETTLED_MS, () => {
      follow();
      changed();
    });
  };
  const end = watchName(file, log, seen);
  let meant: { readonly file: string | undefined; end(this: void): void } | undefined;
  const follow = (): void => {
    const real = behindLink(file);
    if (meant?.file === real) return;
    meant?.end();
    meant = { file: real, end: real === undefined ? () => undefined : watchName(real, log, seen) };
  };
  follow();
  return () => {
    timer?.cancel();
    end();
    meant?.end();
  };
}

/** The file that is meant by a link, or in a folder that is one; undefined where there is no link. */
function behindLink(file: string): string | undefined {
  try {
    const real = realpathSync(file);
    return real === resolve(file) ? undefined : real;
  } catch {
    return undefined;
  }
}

function watchName(file: string, log: Logger, seen: () => void): () => void {
  const name = basename(file);
  try {
    const watcher = watch(dirname(file), { persistent: false }, (_what, changed) => {
      if (changed === null || changed === name) seen();
    });
    watcher.on('error', (error) =>
      log.warn({ file, reason: error.message }, 'the config file is not watched'),
    );
    return () => watcher.close();
  } catch (error) {
    // A gateway on a machine of its own may have neither file nor folder.
    const none = (error as NodeJS.ErrnoException).code === 'ENOENT';
    log[none ? 'info' : 'warn']({ file, reason: toError(error).message }, 'the config file is not watched');
    return () => undefined;
  }
}
