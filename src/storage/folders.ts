import { mkdir } from 'node:fs/promises';
import { isDiskRefusal, toError, type Logger } from '../base/index.js';

/**
 * Makes a folder that is needed later. A disk that refuses keeps nobody from starting: what wants to keep something there fails then, each for
 * itself. Only what belongs to somebody else is thrown.
 */
export async function prepareFolder(folder: string, log: Logger, mode = 0o777): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode });
  } catch (error) {
    if (!isDiskRefusal(error)) throw error;
    log.error({ error: toError(error).message }, 'a folder could not be made');
  }
}
