import { deferred, toError } from '../base/index.js';
import type { Library } from '../library/index.js';
import type { Base } from './base.js';
import type { OpenedPipeline } from './open-pipeline.js';

export interface MusicParts {
  readonly library: Pick<Library, 'start'>;
  readonly pipeline: Pick<OpenedPipeline, 'recover' | 'start'>;
}

/** A house waits no longer for the disk its music is on. */
const PATIENCE_MS = 5_000;

/**
 * What was begun in the music folder is ended, then it is looked through. A file server that does not answer keeps no house from starting, and no
 * alarm from ringing: its music comes when it does.
 */
export async function beginMusic(
  { clock, log, closers }: Pick<Base, 'clock' | 'log' | 'closers'>,
  { library, pipeline }: MusicParts,
): Promise<void> {
  let closed = false;
  closers.add(() => void (closed = true));
  const begin = async (): Promise<void> => {
    await pipeline.recover();
    if (!closed) await library.start();
    if (!closed) pipeline.start();
  };
  const late = deferred<boolean>();
  const timer = clock.after(PATIENCE_MS, () => late.resolve(true));
  const begun = begin();
  try {
    if (!(await Promise.race([begun.then(() => false), late.promise]))) return;
  } finally {
    timer.cancel();
  }
  log.error({}, 'the music folder does not answer, the house starts without it');
  begun.then(
    () => log.info({}, 'the music folder answers'),
    (error: unknown) => log.error({ error: toError(error).message }, 'the music could not be begun'),
  );
}
