import { AppError, type Logger } from '../base/index.js';

const REFUSED = new Set(['ERR_DISK', 'ENOSPC', 'EDQUOT', 'EROFS', 'EFBIG']);

/**
 * The last net below everything that writes in the background: that a disk is full ends what wanted to write, never the server and its music. Every
 * other error that nobody has caught is a bug and ends the process, as without this. Gives what takes the net away.
 */
export function outliveTheDisk(log: Logger): () => void {
  const caught = (error: unknown): void => {
    if (isRefusal(error)) log.error({ err: error }, 'something in the background could not be kept');
    else {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    }
  };
  process.on('uncaughtException', caught);
  return () => void process.off('uncaughtException', caught);
}

/** Also what an error of ours was made of: streams and promises wrap them. */
function isRefusal(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const code = thrown instanceof AppError || 'code' in thrown ? String(thrown.code) : '';
  return REFUSED.has(code);
}
