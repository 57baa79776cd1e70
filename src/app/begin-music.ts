import { deferred, toError } from '../base/index.js';
import type { Library } from '../library/index.js';
import type { Store } from '../state/index.js';
import type { Base } from './base.js';
import type { MusicFolder } from './music-folder.js';
import { MUSIC_AWAY, replaceNotices } from './notices.js';
import type { OpenedPipeline } from './open-pipeline.js';

export interface MusicParts {
  /** Resolves when the house is to end again. */
  readonly leaving?: Promise<unknown> | undefined;
  readonly store: Store;
  readonly library: Pick<Library, 'start'>;
  readonly folder: Pick<MusicFolder, 'look'>;
  readonly pipeline: Pick<OpenedPipeline, 'recover' | 'start'>;
}

/** A house waits no longer for the disk its music is on. */
const PATIENCE_MS = 5_000;
const AWAY =
  'The disk with the music has not answered yet: is the network disk on? The music comes when it does; all else works.';

/**
 * What was begun in the music folder is ended, then it is looked through. A file server that does not answer keeps no house from starting, and no
 * alarm from ringing: its music comes when it does.
 */
export async function beginMusic(
  { clock, log, closers }: Pick<Base, 'clock' | 'log' | 'closers'>,
  { library, folder, pipeline, store, leaving }: MusicParts,
): Promise<void> {
  let closed = false;
  closers.add(() => void (closed = true));
  const begin = async (): Promise<void> => {
    await pipeline.recover();
    if (!closed) await folder.look(false);
    if (!closed) await library.start();
    if (!closed) pipeline.start();
  };
  const late = deferred<boolean>();
  const timer = clock.after(PATIENCE_MS, () => late.resolve(true));
  const begun = begin();
  // Who is asked to end says nothing of a disk that had no time to answer.
  void leaving?.then(() => late.resolve(false));
  try {
    if (!(await Promise.race([begun.then(() => false), late.promise]))) return;
  } finally {
    timer.cancel();
  }
  log.error({}, 'the music folder does not answer, the house starts without it');
  replaceNotices(store, MUSIC_AWAY, [{ notice_id: MUSIC_AWAY, level: 'warning', message: AWAY }]);
  begun.then(
    () => {
      log.info({}, 'the music folder answers');
      if (!closed) replaceNotices(store, MUSIC_AWAY, []);
    },
    (error: unknown) => log.error({ error: toError(error).message }, 'the music could not be begun'),
  );
}
