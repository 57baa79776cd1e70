import { AppError } from '../base/index.js';

/** What a disk says, for people; absent: as it says it. */
const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: make room, then try again',
  EDQUOT: 'The disk is full: make room, then try again',
  EFBIG: 'The disk takes no file as long as this: choose another one',
  EROFS: 'The disk can only be read: choose another one',
  EIO: 'The disk reports errors: replace it',
  EACCES: 'Tutti may not do this there',
  EPERM: 'Tutti may not do this there',
  ENOTDIR: 'This is not a folder',
  EEXIST: 'Something else has this name',
  EISDIR: 'This is a folder, and no file',
};

/** What a disk said, as an error for people; every other error as it is. */
export function worded(thrown: unknown): unknown {
  if (thrown instanceof AppError || !(thrown instanceof Error) || !('code' in thrown)) return thrown;
  const words = WORDS[String(thrown.code)];
  if (words === undefined) return thrown;
  const path = 'path' in thrown && typeof thrown.path === 'string' ? ` (${thrown.path})` : '';
  return new AppError('ERR_DISK', words + path, { cause: thrown });
}

/** Does something, and says in words what a disk refused. */
export async function inWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw worded(error);
  }
}
