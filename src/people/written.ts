import { AppError } from '../base/index.js';
import type { Db } from '../storage/index.js';

/** Runs `work` in a transaction that is on disk when this returns. Throws ERR_DISK when the disk refuses, and what `work` threw. */
export function written<T>(db: Db, work: () => T): T {
  let thrown: AppError | undefined;
  try {
    return db.transaction(() => {
      try {
        return work();
      } catch (error) {
        if (error instanceof AppError) thrown = error;
        throw error;
      }
    });
  } catch (cause) {
    throw thrown ?? new AppError('ERR_DISK', 'it could not be written to disk', { cause });
  }
}
